// Section 4, how it got there: a scrubber over the steps, and what it moves.

function drawLoss(page) {
  const { M, store } = page,
    box = document.getElementById("loss"),
    loss = M.arrays.loss?.values,
    steps = M.facts.lossSteps,
    width = box.clientWidth,
    height = 180,
    left = 56;
  if (!loss) return show(box);
  const log = (v) => Math.log10(Math.max(v, 1e-300)),
    x = stepScale(M, left, width - 12),
    values = Array.from(loss, (v) => (v > 0 ? log(v) : NaN)),
    [low, high] = rangeOf([values]),
    y = linear(low, high, height - 24, 8);
  const svg = svgOf(width, height, "Loss by step, both logarithmic");
  logTicks(svg, low, high, y, left, width);
  svg.append(
    s("path", { d: pathOf(steps.map(x), values.map(y)), fill: "none", stroke: "var(--ink)", "stroke-width": 1.8 }),
    stepAxis(M, x, height - 22),
    cursor(M, store, x, height - 24),
  );
  picking(page, svg, x);
  show(box, h("h3", {}, "Loss by step"), svg);
}

const stepScale = (M, a, b) => {
  const steps = M.facts.steps,
    scale = linear(Math.log10(steps[0] + 1), Math.log10(steps[steps.length - 1] + 1), a, b);
  return (step) => scale(Math.log10(step + 1));
};
const chosenStep = (M, store) =>
  snapshotOf(M, store.now.step) < 0 ? M.facts.steps.length - 1 : snapshotOf(M, store.now.step);
const cursor = (M, store, x, height) =>
  s("line", {
    x1: x(M.facts.steps[chosenStep(M, store)]),
    x2: x(M.facts.steps[chosenStep(M, store)]),
    y1: 4,
    y2: height,
    stroke: "var(--accent)",
    "stroke-width": 2,
  });

function stepAxis(M, x, y) {
  const last = M.facts.steps[M.facts.steps.length - 1],
    marks = [M.facts.steps[0]];
  for (let power = 1; power < last; power *= 10)
    if (power > M.facts.steps[0] && x(power) - x(marks[marks.length - 1]) > 24 && x(last) - x(power) > 34)
      marks.push(power);
  return axis(x, [...marks, last], y, (v) => String(v));
}

function logTicks(svg, low, high, y, left, width) {
  const whole = ticks(Math.ceil(low), Math.floor(high), 5).filter(Number.isInteger),
    marks = whole.length > 1 ? whole : ticks(low, high, 4);
  for (const v of marks)
    svg.append(
      s("line", { class: "grid", x1: left, x2: width - 12, y1: y(v), y2: y(v) }),
      s(
        "text",
        { class: "note", x: left - 5, y: y(v) + 4, "text-anchor": "end" },
        tickText(Number((10 ** v).toPrecision(2))),
      ),
    );
}

function picking(page, svg, x) {
  const { M, store } = page;
  svg.setAttribute("style", "cursor:pointer");
  svg.setAttribute("onclick", (event) => {
    const at = event.clientX - event.currentTarget.getBoundingClientRect().left,
      distance = M.facts.steps.map((step) => Math.abs(x(step) - at));
    store.set({ step: M.facts.steps[distance.indexOf(Math.min(...distance))] });
  });
}

function drawThen(page) {
  const { M, store } = page,
    { o } = store.now,
    box = document.getElementById("kernel-then"),
    ci = pairChannel(page),
    width = box.clientWidth,
    height = 180,
    left = 56;
  if (!M.slotOf.has(o)) return show(box);
  const snaps = M.arrays.snapshots.values,
    real = (taps) => Array.from({ length: M.p.width }, (_, j) => taps[j * M.parts]);
  const lines = [{ values: real(tapsOfPair(M, snaps, ci, o, 0)), stroke: "var(--muted)", wide: 1 }];
  M.facts.references.forEach((_, i) =>
    lines.push({
      values: real(tapsOfPair(M, M.arrays[`reference${i}`].values, ci, o)),
      stroke: colour(2 + i),
      wide: 1.8,
      dash: "6 4",
    }),
  );
  if (!M.facts.references.length)
    lines.push({ values: real(tapsOfPair(M, M.base, ci, o)), stroke: colour(2), wide: 1.8, dash: "6 4" });
  lines.push({ values: real(tapsOfPair(M, M.weights, ci, o)), stroke: "var(--ink)", wide: 2.2, dots: true });
  const limits = rangeOf(
      lines.map(({ values }) => values),
      { zero: true },
    ),
    y = linear(...limits, height - 24, 8),
    x = linear(0, Math.max(M.p.width - 1, 1), left, width - 16),
    svg = svgOf(width, height, "The kernel at this step, at the start and its goal");
  for (const v of ticks(...limits, 4))
    svg.append(
      s("line", { class: "grid", x1: left, x2: width - 12, y1: y(v), y2: y(v) }),
      s("text", { class: "note", x: left - 5, y: y(v) + 4, "text-anchor": "end" }, tickText(v)),
    );
  for (const { values, stroke, wide, dash, dots } of lines) {
    svg.append(
      s("path", {
        d: pathOf(
          values.map((_, j) => x(j)),
          values.map(y),
        ),
        fill: "none",
        stroke,
        "stroke-width": wide,
        "stroke-dasharray": dash,
      }),
    );
    if (dots && M.p.width <= 64)
      values.forEach((v, j) => svg.append(s("circle", { cx: x(j), cy: y(v), r: 2.4, fill: stroke })));
  }
  svg.append(axis(x, ticks(0, M.p.width - 1, 6).filter(Number.isInteger), height - 22, (v) => `tap ${v}`));
  show(
    box,
    h(
      "h3",
      {},
      `Kernel from ${M.facts.names.inputs[channelsOf(M.p, o)[ci]]}: now, at the start (thin), ${M.facts.goal} (dashed)`,
    ),
    svg,
  );
}

function drawTraining(page) {
  const { M, store } = page,
    at = chosenStep(M, store),
    steps = M.facts.steps,
    slider = document.getElementById("step");
  slider.max = steps.length - 1;
  if (Number(slider.value) !== at) slider.value = at;
  slider.setAttribute("aria-valuetext", `step ${steps[at]}`);
  document.getElementById("step-text").textContent = `step ${steps[at]} of ${steps[steps.length - 1]}`;
  drawLoss(page);
  drawThen(page);
  drawMap(page);
  drawDirections(page);
}

function beginTraining(page) {
  const { M, store } = page,
    slider = document.getElementById("step"),
    play = document.getElementById("play");
  if (!M.facts.steps) {
    slider?.closest("p").remove();
    return;
  }
  const set = (i) => store.set({ step: i === M.facts.steps.length - 1 ? null : M.facts.steps[i] });
  slider.addEventListener("input", () => set(Number(slider.value)));
  play.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "play";
  };
  play.addEventListener("click", () => {
    if (timer) return stop();
    let i = 0;
    play.textContent = "stop";
    timer = setInterval(() => {
      set(i);
      if (++i >= M.facts.steps.length) stop();
    }, 6000 / M.facts.steps.length);
  });
}

PARTS.push({
  name: "training",
  begin: beginTraining,
  key: (page) => (page.M.facts.steps ? [page.kernelKey, page.store.now.o, page.store.now.c] : 0),
  draw: (page) => page.M.facts.steps && drawTraining(page),
});
