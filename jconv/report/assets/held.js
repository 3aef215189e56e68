// Section 1, the window: the samples that it holds, padding among them, and the slider that moves it.

// The samples of the window: filled on the signal, hollow where the tap reads padding.
function ghosts(page, c, xs, ys) {
  const { M, graph, terms, widths } = page,
    channel = terms?.channels.find((each) => each.c === c),
    out = [];
  if (!channel || !page.shown.has(c)) return out;
  if (many(page)) {
    // Round ends of lines without a length are dots.
    const dots = terms.channels[channel.ci].products.map(({ at, index, x }) => {
      const y = ys(Number.isFinite(sizedLike(x)) ? [x].flat()[0] : 0);
      return `M${xs(M.p.transposed ? inputAt(M.p, index) : at).toFixed(2)} ${y.toFixed(2)}h0`;
    });
    return [s("path", { class: "dots", d: dots.join(""), stroke: colour(c) })];
  }
  for (const { at, index, pad, x } of channel.products) {
    const node = graph.get(pad ? M.names.pad(at, c) : M.names.x(at, c)),
      value = M.parts === 2 ? x[0] : x;
    if (!node) continue;
    const px = xs(M.p.transposed ? inputAt(M.p, index) : at),
      py = ys(Number.isFinite(value) ? value : 0);
    if (pad && index >= 0) {
      const from = Math.min(Math.max(xs(index), LEFT), widths.inputs - RIGHT); // at the edge if it is not in view
      out.push(
        s("path", { class: "origin", d: `M${px} ${py}Q${(px + from) / 2} ${py - 26} ${from} ${py}` }),
        marked(s("circle", { cx: from, cy: py, r: 2.6, fill: colour(c) }), graph.get(M.names.x(index, c))),
      );
    }
    if (pad && index < 0) out.push(s("text", { x: px, y: py - 6, class: "note", "text-anchor": "middle" }, "0"));
    out.push(
      marked(
        s("circle", {
          cx: px,
          cy: py,
          r: 4.2,
          class: pad ? "ghost" : "held",
          fill: pad ? "var(--paper)" : colour(c),
          stroke: colour(c),
        }),
        node,
      ),
    );
    if (!Number.isFinite(value))
      out.push(s("text", { x: px, y: py - 6, class: "note", "text-anchor": "middle" }, shown(value)));
  }
  return out;
}

const COARSE = matchMedia("(pointer: coarse)");

// The slider that is the window: the element stays, so that it keeps the focus while everything else is redrawn.
function placeWindow(page, first, last, height, own) {
  const { M, store, terms, widths } = page,
    { p } = M,
    slider = document.getElementById("window"),
    { t, o } = store.now;
  const middle = (first + last) / 2,
    wide = Math.max(last - first + 14, COARSE.matches ? 44 : 24);
  const from = Math.max(0, Math.min(middle - wide / 2, widths.inputs - 24));
  Object.assign(slider.style, {
    left: `${from}px`,
    width: `${Math.max(24, Math.min(wide, widths.inputs - from))}px`,
    height: `${height}px`,
  });
  slider.hidden = last < LEFT - 20 || first > widths.inputs;
  slider.setAttribute("aria-valuemax", p.outputLength - 1);
  slider.setAttribute("aria-valuenow", t);
  const [a, b] = windowEnds(p, t),
    time = M.facts.rate ? `, ${timeText(M, a)} to ${timeText(M, b)}` : "";
  slider.setAttribute(
    "aria-valuetext",
    `output ${t}, ${p.transposed ? "positions" : "samples"} ${a} to ${b}${time}, value ${terms ? shown(terms.y) : "not in this page"}`,
  );
  document.getElementById("own-scale").hidden = !own;
}
