// Section 6, would another seed agree: the chosen pair's kernel from every seed.

const quantile = (sorted, q) => {
  const at = q * (sorted.length - 1),
    i = Math.floor(at);
  return sorted[i] + (at - i) * ((sorted[i + 1] ?? sorted[i]) - sorted[i]);
};

function drawEnsemble(page) {
  const { M, store } = page,
    { o } = store.now,
    box = document.getElementById("ensemble"),
    kept = M.arrays.ensemble,
    ci = pairChannel(page);
  if (!kept || !M.slotOf.has(o)) return box ? show(box) : undefined;
  const count = kept.shape[0],
    width = box.clientWidth,
    height = 230,
    left = 56,
    kernels = Array.from({ length: count }, (_, i) =>
      Array.from({ length: M.p.width }, (_, j) => tapsOfPair(M, kept.values, ci, o, i)[j * M.parts]),
    );
  const sorted = Array.from({ length: M.p.width }, (_, j) => kernels.map((kernel) => kernel[j]).sort((a, b) => a - b)),
    at = (q) => sorted.map((list) => quantile(list, q));
  const truth = M.facts.references.length
    ? Array.from({ length: M.p.width }, (_, j) => tapsOfPair(M, M.arrays.reference0.values, ci, o)[j * M.parts])
    : null;
  const limits = rangeOf([...kernels, truth ?? []], { zero: true }),
    y = linear(...limits, height - 24, 8),
    x = linear(0, Math.max(M.p.width - 1, 1), left, width - 16),
    svg = svgOf(width, height, "Kernels of all seeds");
  const band = (a, b, opacity) =>
    s("path", {
      d: `M${a.map((v, j) => `${x(j).toFixed(1)} ${y(v).toFixed(1)}`).join("L")}L${b
        .map((v, j) => `${x(j).toFixed(1)} ${y(v).toFixed(1)}`)
        .reverse()
        .join("L")}Z`,
      fill: "var(--line0)",
      opacity,
    });
  for (const v of ticks(...limits, 5))
    svg.append(
      s("line", { class: "grid", x1: left, x2: width - 12, y1: y(v), y2: y(v) }),
      s("text", { class: "note", x: left - 5, y: y(v) + 4, "text-anchor": "end" }, tickText(v)),
    );
  svg.append(band(at(0), at(1), 0.14), band(at(0.25), at(0.75), 0.28));
  for (const kernel of kernels)
    svg.append(
      s("path", {
        d: pathOf(
          kernel.map((_, j) => x(j)),
          kernel.map(y),
        ),
        fill: "none",
        stroke: "var(--muted)",
        "stroke-width": 0.7,
        opacity: 0.7,
      }),
    );
  svg.append(
    s("path", {
      d: pathOf(
        sorted.map((_, j) => x(j)),
        at(0.5).map(y),
      ),
      fill: "none",
      stroke: "var(--ink)",
      "stroke-width": 2.2,
    }),
  );
  if (truth)
    svg.append(
      s("path", {
        d: pathOf(
          truth.map((_, j) => x(j)),
          truth.map(y),
        ),
        fill: "none",
        stroke: colour(2),
        "stroke-width": 1.8,
        "stroke-dasharray": "6 4",
      }),
    );
  svg.append(axis(x, ticks(0, M.p.width - 1, 8).filter(Number.isInteger), height - 22, (v) => `tap ${v}`));
  document.getElementById("seeds-heading").textContent = M.facts.ensembleHeadings[M.slotOf.get(o)];
  show(box, h("h3", {}, `From ${M.facts.names.inputs[channelsOf(M.p, o)[ci]]} to ${M.facts.names.outputs[o]}`), svg);
}

PARTS.push({
  name: "ensemble",
  key: (page) => [page.store.now.o, page.store.now.c],
  draw: (page) => page.M.arrays.ensemble && drawEnsemble(page),
});
