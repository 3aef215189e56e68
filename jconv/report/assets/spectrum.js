// Section 3, which frequencies: the response of one input's kernel in one output, and a sinusoid to lay over the inputs.

const GRID = 257,
  FLOOR = -60;

function drawResponse(page) {
  const { M, store } = page,
    { o } = store.now,
    { p } = M,
    box = document.getElementById("response"),
    ci = pairChannel(page),
    c = channelsOf(p, o)[ci];
  const select = document.getElementById("response-channel");
  show(
    select,
    ...channelsOf(p, o).map((each) => h("option", { value: each, selected: each === c }, M.facts.names.inputs[each])),
  );
  select.closest(".bar-of-controls").hidden = p.seen === 1;
  if (!M.slotOf.has(o)) {
    show(box);
    return;
  }
  const taps = tapsOfPair(M, M.weights, ci, o),
    width = box.clientWidth,
    height = 250,
    left = 46,
    lines = [];
  const steps = M.facts.steps,
    snapshots = M.arrays.snapshots?.values;
  if (steps)
    lines.push({
      name: `step ${steps[0]}`,
      values: curveOf(M, tapsOfPair(M, snapshots, ci, o, 0)),
      stroke: "var(--muted)",
      wide: 1,
      dash: "",
    });
  M.facts.references.forEach((name, i) =>
    lines.push({
      name,
      values: curveOf(M, tapsOfPair(M, M.arrays[`reference${i}`].values, ci, o)),
      stroke: colour(2 + i),
      wide: 1.8,
      dash: "6 4",
    }),
  );
  if (!page.untouched)
    lines.push({
      name: "the run",
      values: curveOf(M, tapsOfPair(M, M.base, ci, o)),
      stroke: "var(--muted)",
      wide: 1.4,
      dash: "2 2",
    });
  lines.push({
    name: page.untouched ? "this kernel" : "kernel in use",
    values: curveOf(M, taps),
    stroke: "var(--ink)",
    wide: 2,
    dash: "",
  });
  const top = Math.max(...lines.flatMap(({ values }) => values)),
    high = Math.ceil((Math.max(top, -50) + 3) / 10) * 10,
    low = high - 10 - Math.min(-FLOOR, 70);
  const f0 = gridFrequency(M, 0),
    x = linear(f0, 0.5, left, width - 12),
    y = linear(low, high, height - 24, 8),
    svg = svgOf(width, height, `Response from ${M.facts.names.inputs[c]} to ${M.facts.names.outputs[o]}`);
  const power = M.arrays.power;
  if (power && !p.transposed) {
    const bins = power.shape[0],
      inputs = p.inputs,
      values = Array.from({ length: bins }, (_, b) => power.values[b * inputs + c]),
      most = Math.max(...values);
    const at = (b) => x(M.parts === 2 ? -0.5 + b / bins : (b / (bins - 1)) * 0.5),
      level = (b) => y(Math.max(low, high - 5 + values[b] - most));
    svg.append(
      s("path", {
        d: `M${at(0)} ${y(low)}${values.map((_, b) => `L${at(b).toFixed(1)} ${level(b).toFixed(1)}`).join("")}L${at(bins - 1)} ${y(low)}Z`,
        fill: "var(--rule)",
        opacity: 0.8,
      }),
    );
  }
  if (p.stride > 1 && !p.transposed) {
    const edge = 0.5 / p.stride;
    for (const [a, b] of M.parts === 2
      ? [
          [-0.5, -edge],
          [edge, 0.5],
        ]
      : [[edge, 0.5]]) {
      let d = "";
      for (let px = x(a) + 4; px < x(b); px += 9)
        d += `M${px.toFixed(1)} ${height - 24}L${Math.min(px + 16, x(b)).toFixed(1)} 8`;
      svg.append(
        s("path", { d, stroke: "var(--faint)", "stroke-width": 0.8 }),
        s("text", { class: "note", x: x(a) + 6, y: 20 }, "folds down"),
      );
    }
  }
  for (const v of ticks(low, high, 5))
    svg.append(
      s("line", { class: "grid", x1: left, x2: width - 12, y1: y(v), y2: y(v) }),
      s("text", { class: "note", x: left - 5, y: y(v) + 4, "text-anchor": "end" }, String(v).replace("-", MINUS)),
    );
  svg.append(s("text", { class: "note", x: 4, y: 16 }, "dB"));
  for (const { values, stroke, wide, dash } of lines)
    svg.append(
      s("path", {
        d: pathOf(
          values.map((_, i) => x(gridFrequency(M, i))),
          values.map((v) => y(Math.max(v, low))),
        ),
        fill: "none",
        stroke,
        "stroke-width": wide,
        "stroke-dasharray": dash,
      }),
    );
  const rate = M.facts.rate ?? 1;
  svg.append(
    axis(
      x,
      ticks(f0 * rate, 0.5 * rate, width < 500 ? 4 : 8).map((v) => v / rate),
      height - 22,
      (v) => tickText(v * rate),
    ),
  );
  if (store.now.f !== null)
    svg.append(
      s("line", {
        x1: x(store.now.f),
        x2: x(store.now.f),
        y1: 8,
        y2: height - 24,
        stroke: "var(--accent)",
        "stroke-width": 1.5,
      }),
    );
  const key = h(
    "div",
    { class: "key" },
    ...lines.map(({ name, stroke, dash, wide }) => {
      const line = svgOf(26, 8, "");
      line.setAttribute("aria-hidden", "true");
      line.append(
        s("line", { x1: 0, x2: 26, y1: 4, y2: 4, stroke, "stroke-width": wide + 0.6, "stroke-dasharray": dash }),
      );
      return h("span", {}, line, name);
    }),
    h(
      "span",
      {},
      M.facts.rate
        ? `frequency in ${M.facts.timeUnit === "s" ? "Hz" : `cycles per ${M.facts.timeUnit}`}`
        : "frequency in cycles per sample",
    ),
  );
  svg.setAttribute("data-db", JSON.stringify([0, 64, 128, 192, 256].map((i) => lines[lines.length - 1].values[i])));
  show(box, svg, key);
  page.responseScale = { x, left, width, f0 };
  document.getElementById("frequencies-heading").textContent =
    `from ${M.facts.names.inputs[c]} to ${M.facts.names.outputs[o]} ${peakText(M, taps)}`;
  const text = document.getElementById("response-text"),
    f = store.now.f;
  if (f === null) {
    text.textContent = "";
    return;
  }
  const [re, im] = responseAt(p, taps, f, M.parts),
    gain = Math.hypot(re, im),
    lead = Math.atan2(im, re) / (2 * Math.PI),
    late = f ? -lead / f : 0;
  const delay =
    Math.abs(late) < 1e-6
      ? "in time"
      : `${M.facts.rate ? (M.facts.timeUnit === "s" ? `${shown(Math.abs(late / M.facts.rate) * 1000, 3)} ms` : `${shown(Math.abs(late / M.facts.rate), 3)} ${M.facts.timeUnit}`) : `${shown(Math.abs(late), 3)} samples`} ${late > 0 ? "late" : "early"}`;
  text.textContent = `${frequencyText(M, f)}: \u00d7${shown(gain, 3)}, ${f ? delay : "the mean"}. Dashed over ${M.facts.names.inputs[c]} above.`;
}

function beginResponse(page) {
  const { M, store } = page,
    box = document.getElementById("response"),
    slider = document.getElementById("frequency");
  document
    .getElementById("response-channel")
    .addEventListener("change", (event) => store.set({ c: Number(event.target.value) }));
  slider.addEventListener("input", () => store.set({ f: gridFrequency(M, Number(slider.value)) }));
  const pick = (event) => {
    const r = box.getBoundingClientRect(),
      { left, width, f0 } = page.responseScale ?? {};
    if (!width) return;
    const share = (event.clientX - r.left - left) / (width - 12 - left),
      i = Math.round(share * (GRID - 1));
    if (i >= 0 && i < GRID) {
      slider.value = i;
      store.set({ f: gridFrequency(M, i) });
    }
  };
  box.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") pick(event);
  });
  box.addEventListener("click", pick);
  if (store.now.f !== null)
    slider.value = Math.round(((store.now.f - gridFrequency(M, 0)) / (0.5 - gridFrequency(M, 0))) * (GRID - 1));
}

// A sinusoid of the chosen frequency over the lane of the chosen channel.
function sinusoidOf(page) {
  const { store, M } = page,
    { f } = store.now;
  if (f === null) return null;
  return {
    c: channelsOf(M.p, store.now.o)[pairChannel(page)],
    over: (view, [low, high]) => {
      const count = 600,
        at = Array.from({ length: count }, (_, i) => view[0] + ((view[1] - view[0]) * i) / (count - 1)),
        middle = outputAt(M.p, store.now.t),
        half = (high - low) * 0.36;
      return [at, at.map((v) => (high + low) / 2 + half * Math.cos(2 * Math.PI * f * (v - middle)))];
    },
  };
}

PARTS.push({
  name: "response",
  begin: beginResponse,
  key: (page) => [page.kernelKey, page.store.now.o, page.store.now.c, page.store.now.f],
  draw: drawResponse,
});
