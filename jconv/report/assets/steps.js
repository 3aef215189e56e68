// Section 4, response by step and frequency, and errors along directions.

// Response by step and frequency, one row a snapshot.
function drawMap(page) {
  const { M, store } = page,
    { o } = store.now,
    box = document.getElementById("response-map"),
    ci = pairChannel(page),
    width = box.clientWidth,
    left = 56,
    bins = 129;
  if (!M.slotOf.has(o)) return show(box);
  const steps = M.facts.steps,
    key = `${o}|${ci}`,
    height = 190,
    inner = height - 24;
  if (page.mapKey !== key) {
    page.mapKey = key;
    page.map = steps.map((_, i) => {
      const taps = tapsOfPair(M, M.arrays.snapshots.values, ci, o, i);
      return Array.from({ length: bins }, (_, b) =>
        decibels(...responseAt(M.p, taps, gridFrequency(M, Math.round((b / (bins - 1)) * (GRID - 1))), M.parts)),
      );
    });
  }
  const top = Math.max(...page.map.flat()),
    canvas = built(
      h("canvas", {
        width: bins,
        height: 128,
        role: "img",
        "aria-label": "Response by step and frequency, in decibels",
      }),
    ),
    context = canvas.getContext("2d");
  const y = stepScale(M, 0, 127),
    image = context.createImageData(bins, 128);
  for (let row = 0; row < 128; row++) {
    let at = 0;
    steps.forEach((step, i) => {
      if (y(step) <= row + 0.5) at = i;
    });
    for (let b = 0; b < bins; b++) {
      const v = Math.min(Math.max((page.map[at][b] - top + 45) / 45, 0), 1),
        k = (row * bins + b) * 4; // dark purple to yellow, even in lightness
      image.data[k] = 40 + 213 * v ** 1.1;
      image.data[k + 1] = 12 + 218 * v ** 1.3;
      image.data[k + 2] = 84 + 60 * Math.sin(Math.PI * v) - 47 * v;
      image.data[k + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  Object.assign(canvas.style, {
    position: "absolute",
    left: `${left}px`,
    top: "0",
    width: `${width - left - 12}px`,
    height: `${inner}px`,
  });
  const svg = svgOf(width, height, "Axes of the map"),
    x = linear(gridFrequency(M, 0), 0.5, left, width - 12),
    down = stepScale(M, 0, inner),
    rate = M.facts.rate ?? 1,
    at = down(steps[chosenStep(M, store)]);
  svg.setAttribute("style", "position:relative");
  for (const step of [steps[0], steps[Math.floor(steps.length / 2)], steps[steps.length - 1]])
    svg.append(
      s(
        "text",
        { class: "note", x: left - 5, y: Math.min(Math.max(down(step) + 4, 10), inner), "text-anchor": "end" },
        String(step),
      ),
    );
  svg.append(
    axis(
      x,
      ticks(gridFrequency(M, 0) * rate, 0.5 * rate, 5).map((v) => v / rate),
      inner,
      (v) => tickText(v * rate),
    ),
    s("line", { x1: left, x2: width - 12, y1: at, y2: at, stroke: "#ffffff", "stroke-width": 3 }),
    s("line", { x1: left, x2: width - 12, y1: at, y2: at, stroke: "#0b5fa5", "stroke-width": 1.5 }),
  );
  const frame = h("div", { style: "position:relative" }, canvas, svg);
  show(
    box,
    h("h3", {}, `Response by step (down) and frequency, ${shown(top - 45, 2)} (dark) to ${shown(top, 2)} dB (bright)`),
    frame,
  );
}

function drawDirections(page) {
  const { M, store } = page,
    box = document.getElementById("directions"),
    kept = M.arrays.direction_errors,
    { o } = store.now;
  if (!kept || o >= kept.shape[0]) return show(box);
  const [, count, lines] = kept.shape,
    width = box.clientWidth,
    height = 190,
    left = 56,
    x = stepScale(M, left, width - 12),
    value = (i, d) => kept.values[(o * count + i) * lines + d];
  const curves = Array.from({ length: lines }, (_, d) =>
    M.facts.steps.map((_, i) => (value(i, d) > 0 ? Math.log10(value(i, d)) : NaN)),
  ).filter((each) => each.some(Number.isFinite));
  const [low0, high] = rangeOf(curves),
    low = Math.max(low0, high - 14),
    y = linear(low, high, height - 24, 8),
    svg = svgOf(width, height, "Error along each direction by step"),
    at = chosenStep(M, store);
  logTicks(svg, low, high, y, left, width);
  curves.forEach((each, d) =>
    svg.append(
      s("path", {
        d: pathOf(
          M.facts.steps.map(x),
          each.map((v) => (v < low ? NaN : y(v))),
        ),
        fill: "none",
        stroke: d === lines - 1 ? "var(--faint)" : colour(d),
        "stroke-width": 1.8,
        "stroke-dasharray": d === lines - 1 ? "2 2" : "",
      }),
    ),
  );
  svg.append(stepAxis(M, x, height - 22), cursor(M, store, x, height - 24));
  picking(page, svg, x);
  const live = curves.filter((each) => Number.isFinite(each[0])),
    done = live.filter((each) => !Number.isFinite(each[at]) || each[at] <= each[0] - 2).length;
  show(
    box,
    h("h3", {}, `Excess error along each direction: ${done} of ${live.length} done (1% left or less)`),
    svg,
    h(
      "div",
      { class: "key" },
      ...curves.map((_, d) =>
        h("span", {}, d === lines - 1 ? "dotted: the rest" : h("span", {}, swatch(d), `${d + 1}`)),
      ),
    ),
  );
}
