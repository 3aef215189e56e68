// Section 1, the two tracks on one time axis: inputs with the window, outputs with the dot of this number.

let LEFT = 66;

const RIGHT = 14;

// The part of the axis in view, as asked for or by itself: all of it, or enough around the window.
function viewOf(M, state, width) {
  const [a, b] = extentOf(M.p);
  if (state.view) return [Math.max(state.view[0], a - 1), Math.min(state.view[1], b + 1)];
  const wanted = Math.max(width < 500 ? 60 : 120, Math.min(spanOf(M.p) * 10, width < 500 ? 240 : 720));
  if (b - a <= wanted) return [a - 0.5, b + 0.5];
  const leaf = Math.round((outputAt(M.p, state.t) - a) / (wanted / 2)) - 1; // so that it stands in the middle half
  const from = Math.min(Math.max(a + leaf * (wanted / 2), a - 0.5), b + 0.5 - wanted);
  return [from, from + wanted];
}

const timeText = (M, position) => {
  const { rate, timeUnit } = M.facts;
  return rate ? `${shown(position / rate, 4)} ${timeUnit}` : `${shown(position, 6)}`;
};

// The channels that have a lane: all if few, else those that add most to this output, the chosen one among them.
function lanesOf(page, most) {
  const { M, store } = page,
    { o, c, all } = store.now,
    seen = channelsOf(M.p, o);
  const every = Array.from({ length: M.p.inputs }, (_, i) => i);
  if (every.length <= most || all) return every.slice(0, 64);
  const share = page.shares ? page.shares.share : [];
  const ranked = seen
    .map((channel, ci) => [channel, Math.abs(share[ci] ?? 0)])
    .sort((u, v) => v[1] - u[1] || u[0] - v[0]);
  const chosen = ranked.slice(0, most).map(([channel]) => channel);
  if (!chosen.includes(c)) chosen[chosen.length - 1] = c;
  return chosen.sort((u, v) => u - v);
}

// Kept samples of a channel inside the view: positions and values (complex: real and imaginary part).
function keptSamples(M, n, c, view) {
  const at = [],
    index = [],
    re = [],
    im = [],
    { p } = M;
  for (const r of M.ranges) {
    const step = p.transposed ? p.stride : 1,
      shift = p.transposed ? centre(p) : 0;
    const from = Math.max(r.from, Math.floor((view[0] - shift) / step) - 1);
    const to = Math.min(r.from + r.count, Math.ceil((view[1] - shift) / step) + 2);
    for (let i = from; i < to; i++) {
      const v = numberAt(M.x, sampleIndex(M, n, r.slot + i - r.from, c), M.parts);
      at.push(inputAt(p, i));
      index.push(i);
      re.push(M.parts === 1 ? v : v[0]);
      if (M.parts === 2) im.push(v[1]);
    }
    if (to > from) {
      at.push(at[at.length - 1] ?? 0);
      index.push(-1);
      re.push(NaN);
      if (M.parts === 2) im.push(NaN);
    }
  }
  return { at, index, re, im };
}

function curve(at, values, xs, ys, stroke, more = {}) {
  const px = at.map(xs),
    py = values.map(ys);
  const dense = px.length > 2 * (Math.max(...[px[px.length - 1], 1]) - Math.min(px[0] ?? 0, 0)) && px.length > 1600;
  return s("path", {
    d: dense ? strokesOf(px, py) : pathOf(px, py),
    fill: "none",
    stroke,
    "stroke-width": 1.6,
    ...more,
  });
}

// Lowest and highest only, of stretches whose samples are not in the page.
function envelope(M, c, view, xs, ys, right) {
  const stored = M.arrays.x_envelope;
  if (!stored) return null;
  const bins = stored.shape[0],
    each = M.p.length / bins,
    group = s("g", { class: "envelope" });
  let first = null;
  for (let b = Math.max(0, Math.floor(view[0] / each)); b < Math.min(bins, view[1] / each + 1); b++) {
    const middle = Math.min(Math.round((b + 0.5) * each), M.p.length - 1);
    if (sampleSlot(M, middle) >= 0) continue;
    const low = stored.values[(b * M.p.inputs + c) * 2],
      high = stored.values[(b * M.p.inputs + c) * 2 + 1];
    const [x0, x1] = [b, b + 1].map((edge) => Math.min(Math.max(xs(inputAt(M.p, edge * each)), LEFT), right));
    if (x1 <= x0) continue;
    first ??= x0;
    group.append(
      s("rect", { x: x0, width: Math.max(x1 - x0, 0.7), y: ys(high), height: Math.max(ys(low) - ys(high), 1) }),
    );
  }
  if (group.children.length)
    group.append(
      s("text", { x: Math.min(first + 4, right - 110), y: ys(0) - 4, class: "note halo" }, "envelope only here"),
    );
  return group;
}

// Round numbers of the unit of time, or of samples.
function timeAxis({ M, view, xs }, y, width) {
  const rate = M.facts.rate ?? 1,
    marks = ticks(view[0] / rate, view[1] / rate, width < 500 ? 4 : 9);
  return axis((v) => xs(v * rate), marks, y, tickText);
}

// Samples, limits and curves of the lanes in view: they stay as they are while the window moves.
function stillLanes(page, lanes, laneHeight, width) {
  const { M, view, xs, store } = page,
    { n, o } = store.now,
    seen = channelsOf(M.p, o),
    env = M.arrays.x_envelope;
  const data = lanes.map((c) => keptSamples(M, n, c, view));
  const limits = data.map((d, i) => {
    const more = env && d.re.length < 2 ? [env.values[lanes[i] * 2], env.values[lanes[i] * 2 + 1]] : [];
    return rangeOf([d.re, d.im, more], { zero: true });
  });
  const common = [Math.min(...limits.map((l) => l[0])), Math.max(...limits.map((l) => l[1]))],
    own = limits.some((l) => common[1] - common[0] > 6 * (l[1] - l[0])),
    dots = (width - LEFT) / (view[1] - view[0]) >= 5;
  const drawn = lanes.map((c, lane) => {
    const top = lane * laneHeight,
      [low, high] = own ? limits[lane] : common,
      off = !seen.includes(c),
      middle = top + laneHeight / 2;
    const ys = linear(low, high, top + laneHeight - 5, top + 5),
      d = data[lane],
      tint = off ? "var(--faint)" : colour(c);
    const curves = s(
      "g",
      { class: "lane" },
      s("line", { class: "zero", x1: LEFT, x2: width - RIGHT, y1: ys(0), y2: ys(0) }),
      envelope(M, c, view, xs, ys, width - RIGHT),
      curve(d.at, d.re, xs, ys, tint, { "stroke-dasharray": dashes(c), class: "signal" }),
      M.parts === 2 ? curve(d.at, d.im, xs, ys, tint, { "stroke-dasharray": "2 3", class: "signal" }) : null,
      s("line", {
        x1: 4,
        x2: 24,
        y1: middle + 10,
        y2: middle + 10,
        stroke: tint,
        "stroke-width": 2.4,
        "stroke-dasharray": dashes(c),
      }),
      s(
        "text",
        { x: 4, y: middle + 4, class: "channel" },
        clipped(M.facts.names.inputs[c], Math.floor((LEFT - 8) / 7.4)),
      ),
      off
        ? s(
            "text",
            { x: width - RIGHT, y: top + 12, class: "note halo", "text-anchor": "end" },
            `${M.facts.names.outputs[o]} is in another group and does not see this`,
          )
        : null,
    );
    return { c, ys, range: [low, high], curves, dots: dots ? samplesOf(page, c, d, ys, tint, width) : [] };
  });
  return { drawn, own };
}

// A dot a sample, with its name: those in the window are drawn by it.
function samplesOf({ M, xs }, c, d, ys, tint, width) {
  const out = [];
  d.index.forEach((i, a) => {
    const at = xs(d.at[a]);
    if (i < 0 || at < LEFT || at > width - RIGHT || !Number.isFinite(d.re[a])) return;
    const name = names.x(i, c),
      value = M.parts === 2 ? [d.re[a], d.im[a]] : d.re[a];
    const dot = s("circle", { cx: at, cy: ys(d.re[a]), r: 2, fill: tint, class: "dot" });
    out.push({ name, dot: marked(dot, { name, value, from: [], to: [] }) });
  });
  return out;
}

function drawInputs(page) {
  const { M, store, terms, graph, widths } = page,
    { p } = M,
    { n, t, o } = store.now,
    width = widths.inputs,
    narrow = width < 500;
  LEFT = leftOf(M, narrow);
  const view = (page.view = page.held ?? viewOf(M, store.now, width)),
    xs = (page.xs = linear(view[0], view[1], LEFT, width - RIGHT)),
    lanes = lanesOf(page, narrow ? 3 : 6),
    laneHeight = lanes.length === 1 ? 96 : lanes.length <= 3 ? 58 : 40,
    low = lanes.length * laneHeight + 2,
    height = lanes.length * laneHeight + 26;
  const { drawn, own } = asBefore(page, "lanes", [view, width, lanes, n, o], () =>
    stillLanes(page, lanes, laneHeight, width),
  );
  const svg = svgOf(width, height, `Input channels ${lanes.map((c) => M.facts.names.inputs[c]).join(", ")} over time`),
    [first, last] = windowEnds(p, t).map(xs);
  svg.append(
    s("rect", { class: "window", x: first - 6, width: last - first + 12, y: 2, height: lanes.length * laneHeight }),
  );
  for (const { c, ys, range, curves, dots } of drawn) {
    svg.append(
      curves,
      page.sinusoid?.c === c
        ? curve(...page.sinusoid.over(view, range), xs, ys, "var(--ink)", {
            "stroke-dasharray": "3 3",
            class: "sinusoid",
          })
        : null,
      s("g", {}, ...dots.map(({ name, dot }) => (graph?.has(name) ? null : dot))),
      s("g", {}, ...ghosts(page, c, xs, ys)),
    );
  }
  svg.append(
    s("path", {
      class: "tooth",
      d: (terms?.taps ?? [])
        .map((tap) => `M${xs(p.transposed ? inputAt(p, tap.index) : tap.at)} ${low - 7}v7`)
        .join(""),
    }),
    asBefore(page, "time axis of inputs", [view, width, low], () => timeAxis(page, low, width)),
    s(
      "text",
      { x: 4, y: height - 9, class: "note" },
      M.facts.rate ? M.facts.timeUnit : p.transposed ? "position" : "sample",
    ),
  );
  show(document.getElementById("lanes"), svg);
  placeWindow(page, first, last, low, own);
}

// Room for the longest name, within what the figure can spare.
const leftOf = (M, narrow) =>
  Math.min(
    narrow ? 66 : 118,
    Math.max(
      58,
      16 + 7.4 * Math.max(...[...M.facts.names.inputs, ...M.facts.names.outputs].map((name) => [...name].length)),
    ),
  );

const clipped = (text, most) => ([...text].length > most ? `${[...text].slice(0, most - 1).join("")}\u2026` : text);
