// Section 2, what each channel adds over time.

// The curves with their axes, and the key: they stay as they are while the window moves.
function stillParts(page, width, height) {
  const { M, store, xs } = page,
    { o } = store.now,
    ts = timesInView(page),
    { parts, total } = page.seriesAt(ts),
    { drawn, rest } = leadingChannels(page),
    channels = channelsOf(M.p, o),
    real = (part) => ts.map((_, i) => part[i * M.parts]);
  const lines = drawn.map((ci) => ({ c: channels[ci], values: real(parts[ci]), name: channelName(page, ci) }));
  if (rest.length)
    lines.push({
      c: -1,
      values: ts.map((_, i) => rest.reduce((sum, ci) => sum + parts[ci][i * M.parts], 0)),
      name: `${rest.length} others`,
    });
  const whole = real(total),
    bias = M.bias ? [biasOf(M, o)].flat()[0] : null,
    limits = rangeOf([whole, ...lines.map(({ values }) => values), [bias ?? 0]], { zero: true }),
    ys = linear(...limits, height - 26, 6),
    at = ts.map((i) => outputAt(M.p, i)),
    group = s("g");
  for (const v of ticks(...limits, 4))
    group.append(
      s("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: ys(v), y2: ys(v) }),
      s("text", { class: "note", x: LEFT - 5, y: ys(v) + 4, "text-anchor": "end" }, tickText(v)),
    );
  for (const { c, values } of lines)
    group.append(
      curve(at, values, xs, ys, c < 0 ? "var(--faint)" : colour(c), {
        "stroke-dasharray": c < 0 ? "1 2" : dashes(c),
        "stroke-width": 2,
      }),
    );
  if (bias !== null)
    group.append(
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
  group.append(curve(at, whole, xs, ys, "var(--ink)", { "stroke-width": 1.3 }));
  if (page.pair && lines.length > 1)
    group.append(
      pairCurve(
        page.pair.map((ci) => real(parts[ci])),
        at.map(xs),
        ys,
        limits,
      ),
    );
  group.append(timeAxis(page, height - 20, width));
  return { group, key: partsKey(page, lines, bias) };
}

// The product of two parts about their means, scaled to the figure.
function pairCurve([u, v], px, ys, limits) {
  const mean = (list) => list.reduce((sum, x) => sum + x, 0) / list.length,
    [mu, mv] = [mean(u), mean(v)],
    product = u.map((x, i) => (x - mu) * (v[i] - mv)),
    scale = Math.max(...product.map(Math.abs)) || 1,
    most = Math.min(Math.abs(limits[0]), Math.abs(limits[1])) || limits[1];
  const py = product.map((x) => ys((x / scale) * most));
  return s("path", { d: pathOf(px, py), fill: "none", stroke: "var(--line3)", "stroke-width": 2.4, opacity: 0.75 });
}

function partsKey(page, lines, bias) {
  const entry = (stroke, dash, name) => {
    const line = svgOf(26, 8, "");
    line.setAttribute("aria-hidden", "true");
    line.append(s("line", { x1: 0, x2: 26, y1: 4, y2: 4, stroke, "stroke-width": 2.5, "stroke-dasharray": dash }));
    return h("span", {}, line, name);
  };
  const out = lines.map(({ c, name }) => entry(c < 0 ? "var(--faint)" : colour(c), c < 0 ? "1 2" : dashes(c), name));
  if (bias !== null) out.push(entry("var(--muted)", "1 3", "bias"));
  out.push(entry("var(--ink)", "", `${page.M.facts.names.outputs[page.store.now.o]}, the sum`));
  if (page.pair) {
    const both = page.pair.map((ci) => channelName(page, ci)).join(" times ");
    out.push(entry("var(--line3)", "", `${both}, means removed, scaled: where it is above 0 they work together`));
  }
  return out;
}

function drawParts(page) {
  const { M, store, xs } = page,
    { o, n, t } = store.now,
    box = document.getElementById("parts"),
    legend = document.getElementById("parts-key");
  if (!M.slotOf.has(o)) {
    show(box);
    show(legend);
    return;
  }
  const width = page.widths.inputs,
    height = 190,
    at = xs(outputAt(M.p, t));
  const { group, key } = asBefore(page, "parts", [page.kernelKey, page.view, page.pair, width, o, n], () =>
    stillParts(page, width, height),
  );
  const drop = s("line", { class: "drop", x1: at, x2: at, y1: 0, y2: height - 22 });
  show(box, svgOf(width, height, "What each channel adds to the output over time", group, drop));
  show(legend, ...key);
}
