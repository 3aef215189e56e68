// Section 1, the sum where products are many: a strip of bars for each channel, and the largest spelled out.

// Too many products for digits: a strip of bars for each channel, and the largest five spelled out.
function bars(page) {
  const { M, store, terms, graph } = page,
    wide = page.widths.sum,
    { t, o } = terms,
    { most, largest, biggest } = leadingOf(terms),
    scale = { x: terms.largestX() || 1, value: largest || 1 },
    strip = Math.max(wide - (wide < 500 ? 196 : 258), 120);
  const ranked = [...terms.channels].sort((u, v) => size(v.sum) - size(u.sum) || u.c - v.c);
  const top = ranked.slice(0, MOST_ROWS),
    rest = ranked.slice(MOST_ROWS);
  if (rest.some(({ c }) => c === store.now.c)) {
    const at = rest.findIndex(({ c }) => c === store.now.c);
    [top[MOST_ROWS - 1], rest[at]] = [rest[at], top[MOST_ROWS - 1]];
  }
  const row = (channel) => {
    const { c, sum } = channel,
      svg = svgOf(strip, 50, `Products of ${M.facts.names.inputs[c]}, one bar a ${M.names.each}`);
    if (!page.shown.has(c)) svg.append(s("text", { x: 4, y: 13, class: "note" }, "choose the channel to see its bars"));
    else if (!terms.taps.length) svg.append(s("text", { x: 4, y: 20, class: "note" }, "no tap meets a sample"));
    svg.append(
      s("line", { class: "zero", x1: 0, x2: strip, y1: MIDDLE, y2: MIDDLE }),
      s("line", { class: "zero", x1: 0, x2: strip, y1: 8, y2: 8 }),
    );
    if (page.shown.has(c)) svg.append(...(many(page) ? outlines : strips)(page, channel, strip, scale));
    const name = h(
      "button",
      { class: "plain", "aria-pressed": c === store.now.c, onclick: () => store.set({ c }) },
      swatch(c),
      clipped(M.facts.names.inputs[c], 14),
    );
    return h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, svg), cell(graph.get(M.names.sum(t, c, o))));
  };
  const list = h(
    "p",
    { class: "largest" },
    "Largest: ",
    ...biggest.flatMap((product, i) => {
      const { c, j, value } = product,
        node = graph.get(M.names.product(t, j, c, o)),
        text = `${M.p.seen > 1 ? `${M.facts.names.inputs[c]}, ` : ""}${M.names.tap(product)}: ${shown(value)}`;
      return [i ? "; " : "", node ? marked(h("span", { tabindex: -1, class: "number" }, text), node) : text];
    }),
  );
  const out = [
    h(
      "p",
      { class: "hint" },
      `${most.toLocaleString("en")} of ${terms.count.toLocaleString("en")} products make 80${THIN}% of the absolute sum. One bar a ${M.names.each}, the first at the left: the sample above, its product below${M.parts === 2 ? ", absolute values" : ""}.`,
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

const MIDDLE = 33;

// While the window is dragged, many marks are drawn as few paths; when it rests each is an element with a name again.
const many = ({ store, terms }) => store.moving && terms.taps.length > 48;

const sizedLike = (value) => (typeof value === "number" ? value : size(value));

// Place and height of the bars of one channel: of each tap the sample above, and the product below it.
function heightsOf(channel, strip, scale) {
  const each = strip / Math.max(channel.products.length, 1),
    tall = (v, most, far) => Math.max((Math.min(Math.abs(v) / most, 1) || 0) * far, 0.6),
    wide = Math.max(each - (each > 4 ? 1 : 0), 0.6);
  return channel.products.map((product, i) => {
    const [u, v] = [product.x, product.value].map(sizedLike),
      box = (value, most, zero, far) => {
        const high = tall(value, most, far);
        return { x: i * each, width: wide, y: value < 0 ? zero : zero - high, height: high };
      };
    return { product, below: v < 0, sample: box(u, scale.x, 8, 7), bar: box(v, scale.value, MIDDLE, 16) };
  });
}

function strips({ M, terms, graph }, channel, strip, scale) {
  const { c } = channel,
    { t, o } = terms;
  return heightsOf(channel, strip, scale).flatMap(({ product, below, sample, bar }) => [
    marked(
      s("rect", { ...sample, class: "bar sample", fill: product.pad ? "var(--faint)" : colour(c) }),
      graph.get(product.pad ? M.names.pad(product.at, c) : M.names.x(product.at, c)),
    ),
    marked(
      s("rect", { ...bar, class: `bar ${M.parts === 2 ? "sized" : below ? "below" : "above"}` }),
      graph.get(M.names.product(t, product.j, c, o)),
    ),
  ]);
}

function outlines({ M }, channel, strip, scale) {
  const rectangle = ({ x, y, width, height }) =>
      `M${x.toFixed(2)} ${y.toFixed(1)}h${width}v${height.toFixed(1)}h-${width}`,
    all = heightsOf(channel, strip, scale),
    path = (d, attributes) => s("path", { d, ...attributes });
  const samples = (pad) => all.filter(({ product }) => product.pad === pad).map(({ sample }) => rectangle(sample)),
    products = (side) => all.filter(({ below }) => below === side).map(({ bar }) => rectangle(bar));
  return [
    path(samples(false).join(""), { class: "bar sample", fill: colour(channel.c) }),
    path(samples(true).join(""), { class: "bar sample", fill: "var(--faint)" }),
    path(products(false).join(""), { class: `bar ${M.parts === 2 ? "sized" : "above"}` }),
    path(products(true).join(""), { class: `bar ${M.parts === 2 ? "sized" : "below"}` }),
  ];
}
