// Section 2, what each channel adds over time.

function drawParts(page) {
  const { M, store, xs } = page,
    { p } = M,
    { o, t } = store.now,
    box = document.getElementById("parts");
  if (!M.slotOf.has(o)) {
    box.replaceChildren();
    document.getElementById("parts-key").replaceChildren();
    return;
  }
  const ts = timesInView(page),
    { parts, total } = page.seriesAt(ts),
    { drawn, rest } = leadingChannels(page),
    channels = channelsOf(p, o),
    real = (part) => ts.map((_, i) => part[i * M.parts]);
  const lines = drawn.map((ci) => ({ c: channels[ci], values: real(parts[ci]), name: channelName(page, ci) }));
  if (rest.length)
    lines.push({
      c: -1,
      values: ts.map((_, i) => rest.reduce((sum, ci) => sum + parts[ci][i * M.parts], 0)),
      name: `${rest.length} others`,
    });
  const whole = real(total),
    width = document.getElementById("inputs").clientWidth,
    height = 190,
    bias = M.bias ? [biasOf(M, o)].flat()[0] : null;
  const limits = rangeOf([whole, ...lines.map(({ values }) => values), [bias ?? 0]], { zero: true }),
    ys = linear(...limits, height - 26, 6);
  const at = ts.map((i) => outputAt(p, i)),
    svg = svgOf(width, height, "What each channel adds to the output over time");
  for (const v of ticks(...limits, 4))
    svg.append(
      s("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: ys(v), y2: ys(v) }),
      s("text", { class: "note", x: LEFT - 5, y: ys(v) + 4, "text-anchor": "end" }, tickText(v)),
    );
  for (const { c, values } of lines)
    svg.append(
      curve(at, values, xs, ys, c < 0 ? "var(--faint)" : colour(c), {
        "stroke-dasharray": c < 0 ? "1 2" : dashes(c),
        "stroke-width": 2,
      }),
    );
  if (bias !== null)
    svg.append(
      s("line", {
        x1: LEFT,
        x2: width - RIGHT,
        y1: ys(bias),
        y2: ys(bias),
        stroke: "var(--muted)",
        "stroke-dasharray": "1 3",
        "stroke-width": 2,
      }),
    );
  svg.append(curve(at, whole, xs, ys, "var(--ink)", { "stroke-width": 1.3 }));
  if (page.pair && lines.length > 1) {
    const [u, v] = page.pair.map((ci) => real(parts[ci])),
      mean = (list) => list.reduce((sum, x) => sum + x, 0) / list.length,
      [mu, mv] = [mean(u), mean(v)];
    const product = u.map((x, i) => (x - mu) * (v[i] - mv)),
      scale = Math.max(...product.map(Math.abs)) || 1,
      most = Math.min(Math.abs(limits[0]), Math.abs(limits[1])) || limits[1];
    svg.append(
      s("path", {
        d: `${pathOf(
          at.map(xs),
          product.map((x) => ys((x / scale) * most)),
        )}`,
        fill: "none",
        stroke: "var(--line3)",
        "stroke-width": 2.4,
        opacity: 0.75,
      }),
    );
  }
  svg.append(
    s("line", { class: "drop", x1: xs(outputAt(p, t)), x2: xs(outputAt(p, t)), y1: 0, y2: height - 22 }),
    timeAxis(page, height - 20, width),
  );
  box.replaceChildren(svg);
  const entry = (stroke, dash, name) => {
    const line = svgOf(26, 8, "");
    line.setAttribute("aria-hidden", "true");
    line.append(s("line", { x1: 0, x2: 26, y1: 4, y2: 4, stroke, "stroke-width": 2.5, "stroke-dasharray": dash }));
    return h("span", {}, line, name);
  };
  const pair = page.pair
    ? [
        entry(
          "var(--line3)",
          "",
          `${page.pair.map((ci) => channelName(page, ci)).join(" times ")}, means removed, scaled: where it is above 0 they work together`,
        ),
      ]
    : [];
  document
    .getElementById("parts-key")
    .replaceChildren(
      ...lines.map(({ c, name }) => entry(c < 0 ? "var(--faint)" : colour(c), c < 0 ? "1 2" : dashes(c), name)),
      ...(bias === null ? [] : [entry("var(--muted)", "1 3", "bias")]),
      entry("var(--ink)", "", `${M.facts.names.outputs[o]}, the sum`),
      ...pair,
    );
}
