// Section 2, who contributes: what each channel adds over time, and its share of the output's variance.

const MOST_LINES = 8;

// The channels drawn one by one, largest share first; the rest go together.
function leadingChannels(page) {
  const { share } = page.shares,
    order = share.map((_, ci) => ci).sort((a, b) => (Math.abs(share[b]) || 0) - (Math.abs(share[a]) || 0) || a - b);
  return order.length <= 12
    ? { drawn: order.sort((a, b) => a - b), rest: [] }
    : { drawn: order.slice(0, MOST_LINES), rest: order.slice(MOST_LINES) };
}

const channelName = (page, ci) => page.M.facts.names.inputs[channelsOf(page.M.p, page.store.now.o)[ci]];

function shareHeading(page) {
  const { share } = page.shares,
    name = page.M.facts.names.outputs[page.store.now.o];
  if (!share.every(Number.isFinite)) return `${name} does not vary, so it has no shares`;
  const order = share.map((_, ci) => ci).sort((a, b) => Math.abs(share[b]) - Math.abs(share[a]) || a - b);
  const said = order.slice(0, 3).map((ci) => `${percent(share[ci])} ${channelName(page, ci)}`);
  if (order.length > 3)
    said.push(`${percent(order.slice(3).reduce((sum, ci) => sum + share[ci], 0))} the other ${order.length - 3}`);
  return `${name} is ${listedWords(said)}`;
}

const listedWords = (items) =>
  items.length === 1 ? items[0] : `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;

function drawShares(page) {
  const { M, store } = page,
    { norm, own, share, low, high } = page.shares,
    { drawn, rest } = leadingChannels(page),
    box = document.getElementById("share-rows");
  const narrow = box.clientWidth < 500,
    ends = rangeOf([share, low ?? [], high ?? [], [0, 1]], { room: 0.03 }),
    wide = narrow ? 120 : Math.min(440, box.clientWidth - 560),
    x = linear(...ends, 4, wide - 4);
  const bar = (value, a, b, c) => {
    const svg = svgOf(
      wide,
      22,
      `Share ${percent(value)}${a === undefined ? "" : `, open between ${percent(a)} and ${percent(b)}`}`,
    );
    for (const v of [0, 1]) svg.append(s("line", { class: "zero", x1: x(v), x2: x(v), y1: 0, y2: 22 }));
    if (Number.isFinite(value))
      svg.append(
        s("rect", {
          x: Math.min(x(0), x(value)),
          width: Math.max(Math.abs(x(value) - x(0)), 1),
          y: 5,
          height: 12,
          fill: c < 0 ? "var(--faint)" : colour(c),
          opacity: 0.85,
        }),
      );
    if (a !== undefined && Number.isFinite(a))
      svg.append(
        s("path", {
          d: `M${x(a)} 11H${x(b)}M${x(a)} 6V16M${x(b)} 6V16`,
          stroke: "var(--ink)",
          "stroke-width": 1.6,
          fill: "none",
        }),
      );
    return svg;
  };
  const channels = channelsOf(M.p, store.now.o),
    sum = (list, of) => of.reduce((total, ci) => total + list[ci], 0);
  const row = (name, values, figure, ci) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, ci === undefined ? name : h("span", {}, swatch(channels[ci]), name)),
      ...values.map((v) => h("td", {}, percent(v))),
      h("td", { class: "figure-column" }, figure),
    );
  const ranged = (ci) => (low ? ` (${percent(low[ci])} to ${percent(high[ci])})` : "");
  const rows = drawn.map((ci) =>
    row(
      channelName(page, ci),
      narrow ? [norm[ci], share[ci]] : [norm[ci], own[ci], share[ci] - own[ci], share[ci]],
      h("span", {}, bar(share[ci], low?.[ci], high?.[ci], channels[ci])),
      ci,
    ),
  );
  if (rest.length)
    rows.push(
      row(
        `${rest.length} others`,
        narrow
          ? [sum(norm, rest), sum(share, rest)]
          : [sum(norm, rest), sum(own, rest), sum(share, rest) - sum(own, rest), sum(share, rest)],
        bar(sum(share, rest), undefined, undefined, -1),
      ),
    );
  const head = narrow
    ? ["", "norm", "share", "share, and what is open"]
    : [
        "",
        "norm of weights",
        "own variance",
        "covariance with others",
        "share",
        low ? "share, and what the data leave open" : "share",
      ];
  const from =
    page.shares === page.run ? "" : " Recomputed for the kernel in use; the open range is the run's own and not drawn.";
  const scale = svgOf(wide, 14, "");
  scale.setAttribute("aria-hidden", "true");
  for (const v of [0, 1])
    scale.append(
      s(
        "text",
        { class: "note", x: Math.min(Math.max(x(v), 8), wide - 18), y: 12, "text-anchor": "middle" },
        percent(v),
      ),
    );
  show(
    box,
    h(
      "table",
      { class: "wide-table" },
      h(
        "tr",
        {},
        ...head.map((word, i) =>
          h(
            word ? "th" : "td",
            { scope: word ? "col" : undefined, class: i + 1 === head.length ? "figure-column" : "" },
            word,
            i + 1 === head.length ? scale : null,
          ),
        ),
      ),
      ...rows,
    ),
    h(
      "p",
      { class: "hint" },
      low
        ? `Open: ${drawn
            .slice(0, 4)
            .map((ci) => `${channelName(page, ci)}${ranged(ci)}`)
            .join("; ")}${drawn.length > 4 ? "; \u2026" : ""}.`
        : from,
    ),
  );
  document.getElementById("contribute-heading").textContent = shareHeading(page);
}

const hasShares = () => document.getElementById("contribute") !== null;

PARTS.push(
  {
    name: "parts",
    key: (page) => [page.kernelKey, page.store.now.o, page.store.now.n, page.store.now.t, page.view, page.pair],
    draw: (page) => hasShares() && drawParts(page),
  },
  {
    name: "share-rows",
    key: (page) => [page.kernelKey, page.store.now.o, page.store.now.n],
    draw: (page) => hasShares() && drawShares(page),
  },
  {
    name: "share-pairs",
    key: (page) => [page.kernelKey, page.store.now.o, page.store.now.n, page.pair],
    draw: (page) => hasShares() && drawPairs(page),
  },
);
