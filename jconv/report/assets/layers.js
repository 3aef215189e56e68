// Section 7, layers: what one output of the chosen layer depends on, layer by layer down to the samples of x.

const MOST_POSITIONS = 200000,
  MOST_DOTS = 600,
  LEVEL = 34;

// Each level from the samples up: its name and length, and where its position p stands on the samples' axis, at + step * p.
function levelsOf(layers, length) {
  const levels = [{ name: "x", length, step: 1, at: 0 }];
  for (const layer of layers) {
    const { step, at } = levels[levels.length - 1],
      middle = ((layer.width - 1) * layer.dilation) / 2 - layer.low;
    levels.push({ name: layer.name, length: layer.length, step: step * layer.stride, at: at + step * middle });
  }
  return levels;
}

// Positions that output t of the level `top` depends on, each level from the samples up. Outside of a level they are
// padding, on which nothing below depends. Of very many, the ends are true and those between evenly spread.
function dependsOn(layers, levels, top, t) {
  const found = [[t]];
  for (let i = top - 1; i >= 0; i--) {
    const { width, stride, dilation, low } = layers[i],
      above = found[0].filter((p) => p >= 0 && p < levels[i + 1].length),
      below = new Set();
    if (above.length * width > MOST_POSITIONS) {
      const first = above[0] * stride - low,
        last = above[above.length - 1] * stride + (width - 1) * dilation - low;
      for (let k = 0; k <= MOST_DOTS; k++) below.add(Math.round(first + ((last - first) * k) / MOST_DOTS));
    } else for (const p of above) for (let j = 0; j < width; j++) below.add(p * stride + j * dilation - low);
    found.unshift([...below].sort((a, b) => a - b));
  }
  return found;
}

// The chosen layer and output: as asked for, or the last layer's output nearest to the window of section 1.
function chosenOutput({ M, store }, levels) {
  const { layer, at, t } = store.now,
    top = layer === null ? levels.length - 1 : Math.min(Math.max(Math.round(layer), 0), levels.length - 2) + 1,
    { length, step, at: first } = levels[top],
    sample = M.p.transposed ? (outputAt(M.p, t) - centre(M.p)) / M.p.stride : outputAt(M.p, t),
    near = at === null ? Math.round((sample - first) / step) : Math.round(at);
  return [top, Math.min(Math.max(near, 0), length - 1)];
}

function drawFunnel(page) {
  const { M } = page,
    { layers } = M.facts,
    levels = levelsOf(layers, M.p.length),
    [top, t] = chosenOutput(page, levels),
    found = dependsOn(layers, levels, top, t),
    box = document.getElementById("funnel"),
    slider = document.getElementById("layer-at"),
    width = box.clientWidth;
  show(
    document.getElementById("layer-choice"),
    ...layers.map(({ name }, i) => h("option", { value: i, selected: i + 1 === top }, name)),
  );
  slider.max = levels[top].length - 1;
  slider.value = t;
  slider.setAttribute("aria-valuetext", `output ${t} of ${levels[top].name}`);
  const times = found.map((positions, i) => positions.map((p) => levels[i].at + levels[i].step * p)),
    ends = times.map((each) => [each[0], each[each.length - 1]]),
    [low, high] = [Math.min(...ends.map(([a]) => a)), Math.max(...ends.map(([, b]) => b))],
    room = Math.max((high - low) * 0.08, 4),
    xs = linear(low - room, high + room, LEFT, width - RIGHT),
    height = LEVEL * found.length + 26,
    ys = (i) => LEVEL * (top - i) + LEVEL / 2;
  const svg = svgOf(width, height, `What output ${t} of ${levels[top].name} depends on, layer by layer`);
  for (let i = 0; i < top; i++) {
    const [[a, b], [c, d]] = [ends[i], ends[i + 1]].map((pair) => pair.map(xs));
    svg.append(
      s("path", {
        d: `M${a} ${ys(i)}L${b} ${ys(i)}L${d} ${ys(i + 1)}L${c} ${ys(i + 1)}Z`,
        class: "funnel",
        fill: colour(i),
        stroke: colour(i),
      }),
    );
  }
  found.forEach((positions, i) => {
    const inside = positions.filter((p) => p >= 0 && p < levels[i].length).length,
      marks = positions.length <= MOST_DOTS ? positions : [];
    svg.append(
      s("text", { x: 4, y: ys(i) + 4, class: "channel" }, clipped(levels[i].name, Math.floor((LEFT - 8) / 7.4))),
      s(
        "g",
        { class: "level", "data-level": i, "data-inside": inside },
        ...marks.map((p, k) => {
          const outside = p < 0 || p >= levels[i].length,
            tint = i ? colour(i - 1) : "var(--ink)";
          return s("circle", {
            cx: xs(times[i][k]),
            cy: ys(i),
            r: outside ? 2.6 : 3,
            fill: outside ? "var(--paper)" : tint,
            stroke: tint,
            "data-at": p,
          });
        }),
      ),
    );
  });
  const rate = M.facts.rate && !M.p.transposed ? M.facts.rate : 1;
  svg.append(
    axis((v) => xs(v * rate), ticks((low - room) / rate, (high + room) / rate, width < 500 ? 4 : 9), height - 22),
    s("text", { x: 4, y: height - 6, class: "note" }, rate === 1 ? "sample" : M.facts.timeUnit),
  );
  show(box, svg);
  document.getElementById("layer-text").textContent = funnelText(levels, found, top, t);
}

function funnelText(levels, found, top, t) {
  const inside = found[0].filter((p) => p >= 0 && p < levels[0].length),
    padded = found
      .slice(0, top)
      .some((positions, i) => positions[0] < 0 || positions[positions.length - 1] >= levels[i].length),
    what = `output ${t} of ${levels[top].name}`;
  if (!inside.length) return `${what} depends on no sample${padded ? ", on padding alone" : ""}`;
  const [first, last] = [inside[0], inside[inside.length - 1]],
    count = last - first + 1,
    left = found[0].length <= MOST_DOTS && inside.length < count ? `, ${count - inside.length} between left out` : "";
  return `${what}: samples ${first} to ${last}${left}${padded ? ", and padding" : ""}`;
}

function beginFunnel({ M, store }) {
  const choice = document.getElementById("layer-choice");
  if (!choice || !M.facts.layers) return;
  choice.addEventListener("change", () => store.set({ layer: Number(choice.value), at: null }));
  document
    .getElementById("layer-at")
    .addEventListener("input", (event) => store.set({ at: Number(event.target.value) }));
}

PARTS.push({
  name: "funnel",
  begin: beginFunnel,
  // While the window of section 1 is dragged the funnel waits.
  key: (page) => {
    const { layer, at, t } = page.store.now;
    if (!page.store.moving || !page.funnelKey) page.funnelKey = [layer, at, at === null ? t : 0];
    return page.funnelKey;
  },
  draw: (page) => page.M.facts.layers && drawFunnel(page),
});
