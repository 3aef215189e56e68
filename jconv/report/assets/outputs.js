// Section 1, which output: buttons, a map of all pairs, and sketches of outputs whose weights are not here.

// Of outputs whose weights are not in the page: 32 points of each channel's kernel, rounded to 8 bits.
function thumbnails(M, o, width) {
  const kept = M.arrays.thumbnails;
  if (!kept) return h("p", { class: "hint" }, "The weights of this output are not in this page.");
  const [points, seen, outputs] = kept.shape,
    share = M.arrays.pair_share.values,
    ranked = Array.from({ length: seen }, (_, c) => c)
      .sort((a, b) => share[b * outputs + o] - share[a * outputs + o])
      .slice(0, 8);
  const svg = svgOf(width, ranked.length * 26, "Kernels of the channels with the largest shares, 8 bit");
  ranked.forEach((c, row) => {
    const v = Array.from({ length: points }, (_, i) => kept.values[(i * seen + c) * outputs + o]),
      most = Math.max(...v.map(Math.abs), 1e-300);
    svg.append(
      s("text", { x: 2, y: row * 26 + 17, class: "note" }, clipped(M.facts.names.inputs[channelsOf(M.p, o)[c]], 9)),
      s("path", {
        d: pathOf(
          v.map((_, i) => 66 + (i / (points - 1)) * (width - 70)),
          v.map((u) => row * 26 + 13 - (u / most) * 11),
        ),
        fill: "none",
        stroke: colour(c),
        "stroke-width": 1.5,
      }),
    );
  });
  return h(
    "div",
    {},
    h(
      "p",
      { class: "hint" },
      `8 bit: a sketch of ${points} points. The exact weights: jconv.report.page(..., outputs=[${o}]).`,
    ),
    svg,
  );
}

function drawOutputs({ M, store }) {
  const { p } = M,
    { o } = store.now,
    box = document.getElementById("outputs"),
    most = 16;
  if (p.outputs === 1) return show(box);
  const list =
    p.outputs <= most
      ? Array.from({ length: p.outputs }, (_, i) => i)
      : [...new Set([...M.outputs.slice(0, most), o])].sort((a, b) => a - b);
  const chips = list.map((each) =>
    h(
      "button",
      { class: "chip", "data-o": each, "aria-pressed": each === o, onclick: () => store.set({ o: each, pin: "" }) },
      clipped(M.facts.names.outputs[each], 12),
    ),
  );
  const more =
    p.outputs > most
      ? [
          h(
            "label",
            {},
            "output ",
            h("input", {
              type: "number",
              min: 0,
              max: p.outputs - 1,
              value: o,
              onchange: (event) => {
                const v = Math.round(Number(event.target.value));
                if (v >= 0 && v < p.outputs) store.set({ o: v, pin: "" });
              },
            }),
            ` of ${p.outputs}`,
          ),
        ]
      : [];
  show(
    box,
    h("h3", {}, "Outputs"),
    h("div", { class: "chips" }, ...chips, ...more),
    ...(p.outputs > most && p.seen > 1 ? [pairMap({ M, store })] : []),
  );
}

// Shares of all pairs, a row a channel and a column an output; a click chooses the pair.
function pairMap({ M, store }) {
  const { seen, outputs } = M.p,
    share = M.arrays.share.values,
    { o, c } = store.now,
    canvas = built(
      h("canvas", {
        width: outputs,
        height: seen,
        role: "img",
        "aria-label": "Share of every input channel in every output",
      }),
    );
  const context = canvas.getContext("2d"),
    text = built(
      h(
        "p",
        { class: "hint" },
        "Share of each input (down) in each output (across): click a pair. Keys: the fields for output and channel.",
      ),
    );
  let largest = 1e-300;
  for (const v of share) if (Number.isFinite(v)) largest = Math.max(largest, Math.abs(v));
  for (let i = 0; i < share.length; i++) {
    context.globalAlpha = Math.min(1, (Math.abs(share[i]) || 0) / largest);
    context.fillStyle = share[i] < 0 ? "#4393c3" : "#d6604d";
    context.fillRect(i % outputs, Math.floor(i / outputs), 1, 1);
  }
  context.globalAlpha = 1;
  const ci = channelsOf(M.p, o).indexOf(c);
  Object.assign(canvas.style, {
    width: "100%",
    height: `${Math.min(220, Math.max(60, seen * 4))}px`,
    cursor: "pointer",
    border: "1px solid var(--rule)",
  });
  const at = (event) => {
    const r = canvas.getBoundingClientRect();
    return [
      Math.min(outputs - 1, Math.floor(((event.clientX - r.left) / r.width) * outputs)),
      Math.min(seen - 1, Math.floor(((event.clientY - r.top) / r.height) * seen)),
    ];
  };
  canvas.addEventListener("pointermove", (event) => {
    const [to, from] = at(event);
    text.textContent = `${M.facts.names.inputs[channelsOf(M.p, to)[from]]} in ${M.facts.names.outputs[to]}: ${percent(share[from * outputs + to])}${M.slotOf.has(to) ? "" : " (a sketch here)"}`;
  });
  canvas.addEventListener("click", (event) => {
    const [to, from] = at(event);
    store.set({ o: to, c: channelsOf(M.p, to)[from], pin: "" });
  });
  const frame = h("div", { class: "frame" }, canvas);
  if (ci >= 0) {
    const style = `left:${((o + 0.5) / outputs) * 100}%;top:${((ci + 0.5) / seen) * 100}%`;
    frame.append(h("span", { class: "chosen", style }));
  }
  return h("div", {}, frame, text);
}
