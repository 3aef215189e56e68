// Section 1, the sum where products are many: a strip of bars for each channel, and the largest spelled out.

// Too many products for digits: a strip of bars for each channel, and the largest five spelled out.
function bars(page) {
  const { M, store, terms, graph } = page,
    box = document.getElementById("sum"),
    { t, o } = terms;
  const strip = Math.max(box.clientWidth - (box.clientWidth < 500 ? 196 : 258), 120),
    products = terms.channels.flatMap((channel) => channel.products);
  const largest = Math.max(...products.map(({ value }) => size(value)).filter(Number.isFinite), 1e-300),
    shownChannels = page.shown;
  const largestX = Math.max(...products.map(({ x }) => size(x)).filter(Number.isFinite), 1e-300);
  const sizes = products.map(({ value }) => size(value)).sort((a, b) => b - a),
    all = sizes.reduce((a, b) => a + b, 0);
  let most = 0,
    sofar = 0;
  while (most < sizes.length && sofar < 0.8 * all) sofar += sizes[most++];
  const ranked = [...terms.channels].sort((u, v) => size(v.sum) - size(u.sum) || u.c - v.c);
  const top = ranked.slice(0, MOST_ROWS),
    rest = ranked.slice(MOST_ROWS);
  if (rest.some(({ c }) => c === store.now.c)) {
    const at = rest.findIndex(({ c }) => c === store.now.c);
    [top[MOST_ROWS - 1], rest[at]] = [rest[at], top[MOST_ROWS - 1]];
  }
  const row = ({ c, products: own, sum }) => {
    const high = 50,
      middle = 33,
      reach = 16,
      svg = svgOf(strip, high, `Products of ${M.facts.names.inputs[c]}, one bar a tap`),
      each = strip / Math.max(own.length, 1);
    if (!own.length) svg.append(s("text", { x: 4, y: 20, class: "note" }, "no tap meets a sample"));
    svg.append(
      s("line", { class: "zero", x1: 0, x2: strip, y1: middle, y2: middle }),
      s("line", { class: "zero", x1: 0, x2: strip, y1: 8, y2: 8 }),
    );
    const bar = (v, scale, at, far, i, extra) => {
      const tall = Math.max((Math.min(Math.abs(v) / scale, 1) || 0) * far, 0.6);
      return s("rect", {
        x: i * each,
        width: Math.max(each - (each > 4 ? 1 : 0), 0.6),
        y: v < 0 ? at : at - tall,
        height: tall,
        ...extra,
      });
    };
    if (shownChannels.has(c))
      own.forEach((product, i) => {
        const v = typeof product.value === "number" ? product.value : size(product.value),
          u = typeof product.x === "number" ? product.x : size(product.x);
        svg.append(
          marked(
            bar(u, largestX, 8, 7, i, { class: "bar sample", fill: product.pad ? "var(--faint)" : colour(c) }),
            graph.get(product.pad ? names.pad(product.at, c) : names.x(product.at, c)),
          ),
          marked(
            bar(v, largest, middle, reach, i, { class: `bar ${M.parts === 2 ? "sized" : v < 0 ? "below" : "above"}` }),
            graph.get(names.product(t, product.j, c, o)),
          ),
        );
      });
    else svg.append(s("text", { x: 4, y: 13, class: "note" }, "choose the channel to see its bars"));
    const name = h(
      "button",
      { class: "plain", "aria-pressed": c === store.now.c, onclick: () => store.set({ c }) },
      swatch(c),
      clipped(M.facts.names.inputs[c], 14),
    );
    return h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, svg), cell(graph.get(names.sum(t, c, o))));
  };
  const biggest = [...products].sort((u, v) => size(v.value) - size(u.value)).slice(0, 5);
  const list = h(
    "p",
    { class: "largest" },
    "Largest: ",
    ...biggest.flatMap(({ c, j, value }, i) => {
      const node = graph.get(names.product(t, j, c, o)),
        text = `${M.p.seen > 1 ? `${M.facts.names.inputs[c]}, ` : ""}tap ${j}: ${shown(value)}`;
      return [i ? "; " : "", node ? marked(h("span", { tabindex: -1, class: "number" }, text), node) : text];
    }),
  );
  const out = [
    h(
      "p",
      { class: "hint" },
      `${most.toLocaleString("en")} of ${sizes.length.toLocaleString("en")} products make 80${THIN}% of the absolute sum. One bar a tap, tap 0 first: the sample above, its product below${M.parts === 2 ? ", absolute values" : ""}.`,
    ),
    h("table", { class: "strips" }, ...top.map(row)),
    list,
  ];
  if (rest.length) {
    const sum = rest.reduce((a, b) => plus(a, b.sum), zeroOf(M));
    const details = h(
      "details",
      { open: store.now.others ?? false, ontoggle: (event) => (store.now.others = event.target.open) },
      h("summary", {}, `${rest.length} other${rest.length > 1 ? "s" : ""}: ${shown(sum)}`),
      h("table", { class: "strips" }, ...rest.map(row)),
    );
    out.push(details);
  }
  return out;
}
