// Section 1, the sum: every product of one output, the sums of channels, the running total, and the line that spells it.

const MOST_DIGITS = 24,
  MOST_MARKS = 600,
  MOST_ROWS = 6;

// An element that is a number: name, value, where it comes from and where it goes.
function marked(element, node) {
  if (!node) return element;
  element.setAttribute("data-name", node.name);
  element.setAttribute("data-value", exact(node.value));
  element.setAttribute("data-from", node.from.join(" "));
  element.setAttribute("data-to", node.to.join(" "));
  return element;
}

const cell = (node, tag = "td", digits = 4) =>
  marked(h(tag, { tabindex: -1, class: "number" }, shown(node.value, digits)), node);

// The channels whose products are in the page: all if few, else the chosen one and the largest sums that fit.
function channelsShown(terms, chosen) {
  const each = Math.max(terms.taps.length, 1),
    room = Math.max(1, Math.floor(MOST_MARKS / each));
  const ranked = [...terms.channels].sort((u, v) => size(v.sum) - size(u.sum) || u.c - v.c).map(({ c }) => c);
  const out = new Set(ranked.slice(0, room));
  if (terms.channels.some(({ c }) => c === chosen) && !out.has(chosen)) {
    if (out.size === room) out.delete(ranked[room - 1]);
    out.add(chosen);
  }
  return out;
}

function drawSum(page) {
  const { M, store, terms, graph } = page,
    box = document.getElementById("sum"),
    { t, o } = store.now;
  if (!terms) {
    show(box, h("p", { class: "hint" }, missingText(page)));
    return;
  }
  if (!terms.count) show(box, h("p", {}, `No input reaches y[${t}, ${o}]: it is the bias alone.`));
  else show(box, ...(terms.count <= MOST_DIGITS ? cards(page) : bars(page)));
  reachable(box, ".number");
}

// One of the numbers is reached by Tab, and from there the arrow keys walk.
function reachable(box, selector) {
  if (!box.querySelector(`${selector}[tabindex="0"]`)) box.querySelector(selector)?.setAttribute("tabindex", 0);
}

function missingText({ M, store }) {
  const { t, o } = store.now;
  if (!M.slotOf.has(o))
    return `The weights of output ${o} are not in this page, to keep it small. It holds outputs ${M.outputs.join(", ")} exactly; jconv.report.page(..., outputs=[${o}]) adds this one.`;
  const [a, b] = windowEnds(M.p, t);
  return `Only the envelope of samples ${a} to ${b} is in this page, to keep it small. jconv.report.page(..., around=[${t}]) adds them.`;
}

function cards(page) {
  const { M, terms, graph } = page;
  const room = page.widths.sum - 110,
    across = terms.taps.length <= Math.min(8, Math.floor(room / (M.parts === 2 ? 150 : 66)));
  return terms.channels.map(({ c, products, sum, ci }) => {
    const { t, o } = terms,
      rows = products.map((product) => ({
        tap: `${M.names.tap(product)}${product.pad ? `, ${product.index < 0 ? "zero" : `copy of ${product.index}`}` : ""}`,
        pad: product.pad,
        x: graph.get(product.pad ? M.names.pad(product.at, c) : M.names.x(product.at, c)),
        w: graph.get(M.names.k(M.p, product.j, ci, o)),
        value: graph.get(M.names.product(t, product.j, c, o)),
      }));
    const head = h("caption", {}, swatch(c), M.facts.names.inputs[c]),
      total = graph.get(M.names.sum(t, c, o));
    const table = h(
      "table",
      {
        class: `products${across ? "" : " down"}${M.parts === 2 ? " complex" : ""}`,
        role: "grid",
        "aria-label": `Products of ${M.facts.names.inputs[c]}`,
      },
      head,
    );
    const line = (label, cells, ...more) =>
      h("tr", { role: "row" }, h("th", { scope: "row" }, label), ...cells, ...more);
    const empty = () => h("td", { role: "gridcell" });
    if (across)
      table.append(
        h(
          "tr",
          { class: "taps", role: "row" },
          h("td"),
          ...rows.map((row) => h("th", { scope: "col", class: row.pad ? "pad" : "" }, row.tap)),
          h("th", { scope: "col" }, "sum"),
        ),
        line(
          "x",
          rows.map((row) => cell(row.x)),
          empty(),
        ),
        line(
          "\u00d7 weight",
          rows.map((row) => cell(row.w)),
          empty(),
        ),
        line(
          "= product",
          rows.map((row) => cell(row.value)),
          cell(total),
        ),
      );
    else
      table.append(
        h(
          "tr",
          { class: "taps", role: "row" },
          h("td"),
          ...["x", "\u00d7 weight", "= product"].map((word) => h("th", { scope: "col" }, word)),
        ),
        ...rows.map((row) => line(row.tap, [cell(row.x), cell(row.w), cell(row.value)])),
        line("sum", [empty(), empty(), cell(total)]),
      );
    return table;
  });
}

const swatch = (c) => {
  const line = svgOf(22, 8, "");
  line.setAttribute("aria-hidden", "true");
  line.append(
    s("line", { x1: 0, x2: 22, y1: 4, y2: 4, stroke: colour(c), "stroke-width": 3, "stroke-dasharray": dashes(c) }),
  );
  return line;
};
