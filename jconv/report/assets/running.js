// Section 1, from 0 to y: one segment a channel and one for the bias, and the line that spells it.

// From 0 to y, one segment a channel and one for the bias; complex numbers as arrows laid head to tail.
function drawRunning(page) {
  const { M, terms } = page,
    box = document.getElementById("running");
  if (!terms) return show(box);
  const steps = terms.channels.map(({ c, sum }) => ({ c, name: M.facts.names.inputs[c], value: sum }));
  if (steps.length > 8) {
    const ranked = [...steps].sort((u, v) => size(v.value) - size(u.value)),
      rest = ranked.slice(7);
    steps.splice(0, steps.length, ...ranked.slice(0, 7), {
      c: -1,
      name: `${rest.length} others`,
      value: rest.reduce((a, b) => plus(a, b.value), zeroOf(M)),
    });
  }
  if (terms.bias !== null) steps.push({ c: -2, name: "bias", value: terms.bias });
  const width = page.widths.running;
  if (M.parts === 2) return show(box, arrows(steps, terms, Math.min(width, 300)));
  let sum = 0;
  const ends = steps.map(({ value }) => [sum, (sum += value)]),
    all = ends.flat();
  if (!all.every(Number.isFinite))
    return show(
      box,
      h("p", { class: "hint" }, `The running sum is ${shown(terms.y)}: a number that is not finite meets this window.`),
    );
  const [low, high] = rangeOf([all], { zero: true, room: 0.02 }),
    row = 17,
    height = row * steps.length + 20,
    x = linear(low, high, 92, width - 66);
  const svg = svgOf(width, height, `Running sum from 0 to ${shown(terms.y)}`);
  svg.append(s("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: height - 16 }));
  steps.forEach(({ c, name, value }, i) => {
    const [from, to] = ends[i],
      fill = c >= 0 ? colour(c) : c === -2 ? "var(--muted)" : "var(--faint)";
    svg.append(
      s("text", { x: 86, y: i * row + 13, "text-anchor": "end", class: "note" }, clipped(name, 12)),
      s("rect", {
        x: Math.min(x(from), x(to)),
        y: i * row + 3,
        width: Math.max(Math.abs(x(to) - x(from)), 1),
        height: row - 6,
        fill,
      }),
      s("line", { class: "step", x1: x(to), x2: x(to), y1: i * row + 3, y2: (i + 1) * row + 3 }),
      s(
        "text",
        { x: width - 4, y: i * row + 13, "text-anchor": "end", class: "note" },
        `${value < 0 ? "" : "+"}${shown(value)}`,
      ),
    );
  });
  svg.append(
    s(
      "text",
      { x: Math.min(Math.max(x(terms.y), 120), width - 80), y: height - 4, "text-anchor": "middle", class: "total" },
      `= ${shown(terms.y)}`,
    ),
    s(
      "text",
      { x: x(0), y: height - 4, "text-anchor": "middle", class: "note" },
      Math.abs(x(0) - x(terms.y)) > 60 ? "0" : "",
    ),
  );
  show(box, svg);
}

function arrows(steps, terms, side) {
  const points = [[0, 0]];
  for (const { value } of steps) points.push(plus(points[points.length - 1], value));
  const [a, b] = rangeOf([points.map((v) => v[0])], { room: 0.05 }),
    [c, d] = rangeOf([points.map((v) => v[1])], { room: 0.05 });
  const high = side * 0.6,
    scale = Math.min((side - 50) / (b - a), (high - 40) / (d - c));
  const x = (v) => side / 2 + (v - (a + b) / 2) * scale,
    y = (v) => high / 2 - (v - (c + d) / 2) * scale;
  const svg = svgOf(side, high, "Sums of channels as arrows, head to tail, from 0 to y");
  svg.append(
    s("circle", { cx: x(0), cy: y(0), r: 3, fill: "var(--muted)" }),
    s("text", { x: x(0) + 6, y: y(0) - 5, class: "note" }, "0"),
  );
  steps.forEach(({ c: channel }, i) => {
    const [p, q] = [points[i], points[i + 1]],
      stroke = channel >= 0 ? colour(channel) : "var(--muted)",
      turn = Math.atan2(y(q[1]) - y(p[1]), x(q[0]) - x(p[0]));
    const tip = [x(q[0]), y(q[1])],
      wing = (bend) => [tip[0] - 9 * Math.cos(turn + bend), tip[1] - 9 * Math.sin(turn + bend)];
    svg.append(
      s("line", { x1: x(p[0]), y1: y(p[1]), x2: tip[0], y2: tip[1], stroke, "stroke-width": 2.4 }),
      s("path", { d: `M${tip}L${wing(-0.4)}L${wing(0.4)}Z`, fill: stroke }),
    );
  });
  const last = points[points.length - 1];
  svg.append(
    s("line", { class: "step", x1: x(0), y1: y(0), x2: x(last[0]), y2: y(last[1]) }),
    s(
      "text",
      {
        x: x(last[0]) + (last[0] < 0 ? -10 : 10),
        y: y(last[1]) + 4,
        class: "total",
        "text-anchor": last[0] < 0 ? "end" : "start",
      },
      "y",
    ),
  );
  return h(
    "div",
    { class: "arrows" },
    svg,
    h(
      "ul",
      { class: "plain-list" },
      ...steps.map(({ c, name, value }) =>
        h("li", {}, c >= 0 ? swatch(c) : "", `${c >= 0 ? "" : "+ "}${name} ${shown(value)}`),
      ),
      h("li", {}, `y = ${shown(terms.y)} (right: real, up: imaginary)`),
    ),
  );
}

function drawFormula(page) {
  const { t, o } = page.store.now,
    box = document.getElementById("spelled");
  if (page.terms) show(box, ...formulaOf(page, `y[${t}, ${o}]`));
  else show(box, `y[${t}, ${o}] is not in this page`);
}

// One output as the sum of its channels, the smallest of many together.
function formulaOf(page, name) {
  const { M, terms, graph } = page,
    { t, o } = terms,
    small = [...terms.channels].sort((u, v) => size(v.sum) - size(u.sum)),
    most = small.length > 4 ? 3 : 4;
  const kept = new Set(small.slice(0, most).map(({ c }) => c)),
    rest = small.slice(most);
  const pieces = terms.bias === null ? [] : [[M.names.rest, graph.get(M.names.bias(o))]];
  for (const { c } of terms.channels)
    if (kept.has(c) && terms.count) pieces.push([M.facts.names.inputs[c], graph.get(M.names.sum(t, c, o))]);
  const line = pieces.flatMap(([name, node], i) => [
    i ? " + " : "",
    h("span", { class: "term" }, `${name}\u00a0`, cell(node, "b")),
  ]);
  if (rest.length)
    line.push(" + ", `${rest.length} others\u00a0${shown(rest.reduce((a, b) => plus(a, b.sum), zeroOf(M)))}`);
  return [
    h("span", { class: "lhs" }, name),
    " = ",
    ...line,
    pieces.length ? " = " : "",
    cell(graph.get(M.names.y(t, o)), "b"),
  ];
}
