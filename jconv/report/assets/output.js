// Section 1, the output on the same time axis: the curve, the target, and the dot that is this number.

// Outputs in view, thinned where they would take more than half a second.
function timesInView({ M, view }) {
  const { p } = M,
    a = nearestOutput(p, view[0] - 1),
    b = nearestOutput(p, view[1] + 1),
    most = Math.max(200, Math.floor(3e7 / (p.width * p.seen)));
  const step = Math.max(1, Math.ceil((b - a + 1) / most));
  return Array.from({ length: Math.floor((b - a) / step) + 1 }, (_, i) => a + i * step);
}

// The curve, its target and its axes: they stay as they are while the window moves.
function stillOutput(page, ts, width, height) {
  const { M, store, xs, view } = page,
    { p } = M,
    { o, n } = store.now;
  const whole = M.slotOf.has(o) ? page.seriesAt(ts).total : new Float64Array(ts.length * M.parts).fill(NaN),
    re = ts.map((_, i) => whole[i * M.parts]),
    im = M.parts === 2 ? ts.map((_, i) => whole[2 * i + 1]) : [];
  const target = M.arrays.target && targetAt(M, n, o, ts);
  const limits = rangeOf([re, im, target ?? []], { zero: true });
  const ys = linear(...limits, height - 30, 6),
    at = ts.map((i) => outputAt(p, i)),
    group = s("g", {}, s("line", { class: "zero", x1: LEFT, x2: width - RIGHT, y1: ys(0), y2: ys(0) }));
  if (target) group.append(curve(at, target, xs, ys, "var(--muted)", { "stroke-dasharray": "5 4" }));
  group.append(curve(at, re, xs, ys, "var(--ink)"));
  if (M.parts === 2) group.append(curve(at, im, xs, ys, "var(--ink)", { "stroke-dasharray": "2 3" }));
  if ((width - LEFT) / ts.length > 6)
    at.forEach(
      (v, i) =>
        Number.isFinite(re[i]) && group.append(s("circle", { cx: xs(v), cy: ys(re[i]), r: 1.9, fill: "var(--ink)" })),
    );
  if (p.transposed)
    ts.slice(0, 400).forEach((i) => {
      const count = tapsOf(p, i).length,
        wide = Math.max((width - LEFT) / (view[1] - view[0]) - 1, 1);
      group.append(
        s("rect", {
          class: "count",
          x: xs(i) - wide / 2,
          width: wide,
          y: height - 25,
          height: 5,
          opacity: Math.min(1, 0.15 + (count / Math.ceil(p.width / p.stride)) * 0.75),
        }),
      );
      if (wide > 16)
        group.append(s("text", { x: xs(i), y: height - 27, class: "note", "text-anchor": "middle" }, String(count)));
    });
  group.append(
    s("text", { x: 4, y: 13, class: "channel" }, clipped(M.facts.names.outputs[o], Math.floor((LEFT - 8) / 7.4))),
  );
  for (const v of ticks(...limits, 3).filter((each) => ys(each) > 24))
    group.append(s("text", { x: LEFT - 5, y: ys(v) + 4, class: "note", "text-anchor": "end" }, tickText(v)));
  group.append(timeAxis(page, height - 20, width));
  return { group, ys };
}

function drawOutput(page) {
  const { M, store, xs, view, terms, graph, kernelKey } = page,
    { t, o, n } = store.now,
    width = page.widths.output,
    height = width < 500 ? 118 : 116;
  const { group, ys } = asBefore(page, "output", [kernelKey, view, width, o, n], () =>
    stillOutput(page, timesInView(page), width, height),
  );
  const svg = svgOf(width, height, `Output ${M.facts.names.outputs[o]} over time`, group);
  if (terms) {
    const at = xs(outputAt(M.p, t)),
      y = [terms.y].flat()[0];
    svg.append(
      s("line", { class: "drop", x1: at, x2: at, y1: 0, y2: height - 22 }),
      marked(
        s("circle", { class: "this", cx: at, cy: ys(Number.isFinite(y) ? y : 0), r: 5.5 }),
        graph.get(names.y(t, o)),
      ),
    );
  }
  show(document.getElementById("output"), svg);
}

function targetAt(M, n, o, ts) {
  const { values, shape } = M.arrays.target,
    [, kept, outputs] = shape,
    slots = M.facts.targetSlots;
  return ts.map((t) => {
    for (const [from, count, slot] of slots)
      if (t >= from && t < from + count)
        return values[((n * kept + slot + t - from) * outputs + M.slotOf.get(o)) * M.parts];
    return NaN;
  });
}
