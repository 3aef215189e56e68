// Numbers as text, ticks, colours, and the SVG that every figure needs.

const MINUS = "\u2212",
  THIN = "\u202f";

function shown(value, digits = 4) {
  if (Array.isArray(value)) {
    const [re, im] = value;
    return `${shown(re, digits)} ${im < 0 || Object.is(im, -0) ? MINUS : "+"} ${shown(Math.abs(im), digits)}i`;
  }
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value < 0 ? `${MINUS}\u221e` : "\u221e";
  const a = Math.abs(value);
  if (a === 0) return "0";
  let text;
  if (a >= 10 ** (digits + 2) || a < 10 ** (1 - digits))
    text = a
      .toExponential(Math.max(digits - 3, 1))
      .replace("e+", "e")
      .replace("e-", `e${MINUS}`);
  else text = a.toFixed(Math.max(0, digits - Math.max(0, Math.floor(Math.log10(a)) + 1)));
  return (value < 0 ? MINUS : "") + text;
}

// As Python reads it, with every digit.
const exact = (value) =>
  Array.isArray(value) ? `${value[0]}${value[1] < 0 || Object.is(value[1], -0) ? "" : "+"}${value[1]}j` : String(value);

const percent = (v) => (Number.isFinite(v) ? `${Math.round(v * 100)}${THIN}%`.replace("-", MINUS) : "no value");

function ticks(low, high, most) {
  const raw = (high - low) / Math.max(most, 1),
    power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999999);
  const out = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++)
    out.push(Number((i * step).toPrecision(12)));
  return out;
}

// A tick's number, already round.
function tickText(v) {
  const a = Math.abs(v),
    text =
      a !== 0 && (a < 1e-3 || a >= 1e6)
        ? Number(v.toPrecision(3)).toExponential().replace("e+", "e")
        : String(Number(v.toPrecision(6)));
  return text.replaceAll("-", MINUS);
}

const linear = (d0, d1, r0, r1) => (v) => r0 + ((v - d0) / (d1 - d0 || 1)) * (r1 - r0);

// Lowest and highest of what can be drawn, with a little room; zero always among them if asked.
function rangeOf(lists, { zero = false, room = 0.06 } = {}) {
  let low = zero ? 0 : Infinity,
    high = zero ? 0 : -Infinity;
  for (const list of lists)
    for (const v of list)
      if (Number.isFinite(v)) {
        if (v < low) low = v;
        if (v > high) high = v;
      }
  if (low > high) return [-1, 1];
  const more = (high - low || Math.abs(high) || 1) * room;
  return [low - more, high + more];
}

const svgOf = (width, height, label, ...children) =>
  s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label }, ...children);

// A line through points; a gap wherever a value is missing.
function pathOf(xs, ys) {
  let d = "",
    pen = false;
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(ys[i])) {
      pen = false;
      continue;
    }
    d += `${pen ? "L" : "M"}${xs[i].toFixed(2)} ${ys[i].toFixed(2)}`;
    pen = true;
  }
  return d;
}

// Lowest and highest value in each of `bins` equal stretches, as one upright stroke each.
function strokesOf(xs, ys) {
  const bins = new Map();
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(ys[i])) continue;
    const pixel = Math.round(xs[i]),
      bin = bins.get(pixel);
    if (!bin) bins.set(pixel, [ys[i], ys[i]]);
    else {
      if (ys[i] < bin[0]) bin[0] = ys[i];
      if (ys[i] > bin[1]) bin[1] = ys[i];
    }
  }
  let d = "";
  for (const [pixel, [a, b]] of bins) d += `M${pixel} ${(a - 0.5).toFixed(1)}V${(b + 0.5).toFixed(1)}`;
  return d;
}

const colour = (c) => `var(--line${c % 6})`;
const dashes = (c) => ["", "6 3", "2 2", "6 2 2 2"][Math.floor(c / 6) % 4];

// Blue below zero, red above, faint near it.
function weightColour(value, largest) {
  const v = typeof value === "number" ? value : Math.hypot(...value);
  const share = Math.round(Math.min(Math.abs(v) / (largest || 1), 1) * 60);
  return `color-mix(in srgb, var(${v < 0 ? "--below" : "--above"}) ${Number.isFinite(share) ? share : 0}%, var(--paper))`;
}

// Axis ticks along the bottom of a figure.
function axis(scale, values, y, text = tickText) {
  return s(
    "g",
    { class: "axis" },
    ...values.flatMap((v) => [
      s("line", { x1: scale(v), x2: scale(v), y1: y, y2: y + 4 }),
      s("text", { x: scale(v), y: y + 15, "text-anchor": "middle" }, text(v)),
    ]),
  );
}
