// Section 5, what the data cannot tell: eigenvalues, the kernels they do not see, and Push.

function drawEigenvalues(page) {
  const { M, store } = page,
    box = document.getElementById("eigenvalues"),
    { told } = M.facts,
    group = groupOf(M.p, store.now.o),
    { values, shape } = M.arrays.eigenvalues;
  const count = shape[1],
    own = Array.from(values.subarray(group * count, (group + 1) * count)),
    cut = told.cuts[group],
    rank = told.ranks[group];
  const width = box.clientWidth,
    height = 190,
    left = 52,
    top = Math.max(own[0], 1e-300),
    least =
      rank === count
        ? own[count - 1] / 5
        : Math.max(Math.min(cut / 30, own[count - 1] > 0 ? own[count - 1] : cut), top * 1e-18);
  const y = linear(Math.log10(least), Math.log10(top) + 0.3, height - 24, 8),
    each = (width - left - 6) / count,
    svg = svgOf(width, height, `Eigenvalues: ${rank} of ${count} above the cut`);
  const decades = ticks(Math.ceil(Math.log10(least)), Math.floor(Math.log10(top)), 5).filter(Number.isInteger),
    marks = decades.map((v) => [v, `1e${v}`.replace("-", MINUS)]);
  if (decades.length < 2) marks.splice(0, 1, ...[top, own[count - 1]].map((v) => [Math.log10(v), shown(v, 2)]));
  for (const [v, text] of marks)
    svg.append(
      s("line", { class: "grid", x1: left, x2: width, y1: y(v), y2: y(v) }),
      s("text", { class: "note", x: left - 5, y: y(v) + 4, "text-anchor": "end" }, text),
    );
  own.forEach((v, i) => {
    const tall = Math.max(height - 24 - y(Math.log10(Math.max(v, least))), 1.5);
    svg.append(
      s("rect", {
        x: left + i * each,
        width: Math.max(each - (each > 4 ? 2 : 0), 0.6),
        y: height - 24 - tall,
        height: tall,
        fill: i < rank ? "var(--line0)" : "var(--faint)",
      }),
    );
  });
  if (cut > least)
    svg.append(
      s("line", {
        x1: left,
        x2: width,
        y1: y(Math.log10(cut)),
        y2: y(Math.log10(cut)),
        stroke: "var(--above)",
        "stroke-dasharray": "5 4",
        "stroke-width": 1.4,
      }),
      s("text", { class: "note", x: width - 4, y: y(Math.log10(cut)) - 4, "text-anchor": "end" }, "rounding of x"),
    );
  svg.append(
    s(
      "text",
      { class: "note", x: left, y: height - 8 },
      `${rank} told${count > rank ? `, ${count - rank} not` : ""}, of ${count} directions`,
    ),
  );
  show(box, h("h3", {}, "How strongly the data excite each direction"), svg);
  document.getElementById("untold-heading").textContent = told.headings[group];
}

function drawHidden(page) {
  const { M, store } = page,
    box = document.getElementById("hidden"),
    kept = M.arrays.hidden,
    { told } = M.facts,
    group = groupOf(M.p, store.now.o);
  const [, count, width, seen] = kept.shape,
    hidden = told.ranks[group] < told.unknowns,
    all = told.unknowns - told.ranks[group],
    size2 = width * seen * M.parts;
  const wide = box.clientWidth,
    columns = Math.min(count, wide < 500 ? 2 : 3),
    each = Math.floor((wide - 12 * (columns - 1)) / columns),
    rows = Math.min(seen, 8),
    row = Math.max(14, Math.min(26, 90 / rows));
  const maps = Array.from({ length: hidden ? Math.min(count, all) : Math.min(count, 3) }, (_, i) => {
    const at = (group * count + i) * size2,
      svg = svgOf(each, row * rows + 4, `Kernel ${i + 1}`),
      cell2 = each / width,
      weight = (j, c) => kept.values[at + (j * seen + c) * M.parts];
    let largest = 0;
    for (let a = 0; a < size2; a++) largest = Math.max(largest, Math.abs(kept.values[at + a]));
    for (let c = 0; c < rows; c++)
      for (let j = 0; j < width; j++) {
        const v = weight(j, c) / largest,
          tall = Math.max(Math.abs(v) * (row / 2 - 1), 0.5);
        svg.append(
          s("rect", {
            x: j * cell2,
            width: Math.max(cell2 - (cell2 > 4 ? 1 : 0), 0.5),
            y: c * row + row / 2 - (v > 0 ? tall : 0),
            height: tall,
            class: `bar ${v < 0 ? "below" : "above"}`,
          }),
        );
      }
    return svg;
  });
  const grid = h("div", { class: "chips", style: "gap:10px 12px" }, ...maps);
  show(
    box,
    h(
      "h3",
      {},
      hidden
        ? `Kernels the data do not see (${maps.length} of ${all}; one row a channel, one bar a tap)`
        : "Kernels the data see least (one row a channel, one bar a tap)",
    ),
    grid,
  );
}

// Largest change of this output against the unpushed kernel.
function drawPush(page) {
  const { M, store } = page,
    { o, n, push } = store.now,
    slider = document.getElementById("push"),
    text = document.getElementById("push-text"),
    group = groupOf(M.p, o);
  if (Number(slider.value) !== push) slider.value = push;
  if (!M.slotOf.has(o)) {
    text.textContent = "The weights of this output are not in this page.";
    return;
  }
  if (!push) {
    text.textContent = "Move it, and watch the kernel, the shares and the output.";
    return;
  }
  const ts = storedOutputs(M),
    now = totalOf(M, o, partsAt(M, n, o, ts)),
    used = M.weights;
  const state = { ...store.now, push: 0 };
  useKernel(M, state);
  const before = totalOf(M, o, partsAt(M, n, o, ts));
  M.weights = used;
  let change = 0,
    square = 0,
    finite = 0;
  for (let i = 0; i < now.length; i++) {
    const off = Math.abs(now[i] - before[i]);
    if (Number.isFinite(off)) {
      change = Math.max(change, off);
      square += off * off;
      finite++;
    }
  }
  const hidden = M.facts.told.ranks[group] < M.facts.told.unknowns;
  const shares = page.shares.share.length > 1 ? ` ${shareHeading(page)}.` : "";
  text.textContent = hidden
    ? `Weights moved by ${shown(Math.abs(push) * 100, 3)}% of the kernel's norm; the output by at most ${shown(change, 2)}.${shares}`
    : `The output moved by up to ${shown(change, 3)}, its mean squared change is ${shown(square / Math.max(finite, 1), 3)}.${shares}`;
  text.dataset.change = change;
}

PARTS.push(
  {
    name: "eigenvalues",
    key: (page) => (page.M.facts.told ? [groupOf(page.M.p, page.store.now.o)] : 0),
    draw: (page) => page.M.facts.told && (drawEigenvalues(page), drawHidden(page)),
  },
  {
    name: "push",
    begin: ({ M, store }) => {
      if (M.facts.told) {
        const slider = document.getElementById("push");
        slider.addEventListener("input", () => store.set({ push: Number(slider.value) }));
      }
    },
    key: (page) => [page.kernelKey, page.store.now.o, page.store.now.n],
    draw: (page) => page.M.facts.told && drawPush(page),
  },
);
