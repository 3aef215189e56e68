// Whole numbers only: which sample each tap of each output reads, where it stands on the time axis, and its name.

const spanOf = (p) => (p.width - 1) * p.dilation + 1;

// Of a position outside 0 .. length - 1: the sample whose value it takes, or -1 for zero.
function paddedFrom(p, at) {
  const last = p.length - 1;
  if (p.mode === "replicate") return Math.min(Math.max(at, 0), last);
  if (p.mode === "circular") return ((at % p.length) + p.length) % p.length;
  if (p.mode === "reflect") {
    const period = Math.max(2 * last, 1);
    return Math.abs(((((at + last) % period) + period) % period) - last);
  }
  return -1;
}

// The taps of output t: position read, the sample there (-1: a zero), and whether it is padding.
function tapsOf(p, t) {
  const taps = [];
  for (let j = 0; j < p.width; j++) {
    if (p.transposed) {
      const moved = t + p.low - j * p.dilation,
        at = moved / p.stride;
      if (Number.isInteger(at) && at >= 0 && at < p.length) taps.push({ j, at, index: at, pad: false });
    } else {
      const at = t * p.stride + j * p.dilation - p.low,
        pad = at < 0 || at >= p.length;
      taps.push({ j, at, index: pad ? paddedFrom(p, at) : at, pad });
    }
  }
  return taps;
}

// One axis for inputs and outputs: positions of the finer of the two. An output stands at its window's centre.
const centre = (p) => (spanOf(p) - 1) / 2 - p.low;
const inputAt = (p, i) => (p.transposed ? i * p.stride + centre(p) : i);
const outputAt = (p, t) => (p.transposed ? t : t * p.stride + centre(p));

function nearestOutput(p, position) {
  const t = p.transposed ? position : (position - centre(p)) / p.stride;
  return Math.min(Math.max(Math.round(t), 0), p.outputLength - 1);
}

// Everything there is to see on the axis, padding included.
function extentOf(p) {
  if (p.transposed) return [Math.min(0, inputAt(p, 0)), Math.max(p.outputLength - 1, inputAt(p, p.length - 1))];
  const last = (p.outputLength - 1) * p.stride + spanOf(p) - 1 - p.low;
  return [Math.min(0, -p.low), Math.max(p.length - 1, last)];
}

// First and last position of the window of output t.
function windowEnds(p, t) {
  if (!p.transposed) return [t * p.stride - p.low, t * p.stride - p.low + spanOf(p) - 1];
  const at = tapsOf(p, t).map((tap) => inputAt(p, tap.index));
  return at.length ? [Math.min(...at), Math.max(...at)] : [t, t];
}

const groupOf = (p, o) => Math.floor(o / (p.outputs / p.groups));

function channelsOf(p, o) {
  const first = groupOf(p, o) * p.seen;
  return Array.from({ length: p.seen }, (_, ci) => first + ci);
}

// Indices of a weight in the array that jconv takes: (width, in/groups, out), transposed (width, out/groups, in).
function kernelIndex(p, j, ci, o) {
  if (!p.transposed) return [j, ci, o];
  return [j, o % (p.outputs / p.groups), groupOf(p, o) * p.seen + ci];
}

const names = {
  y: (t, o) => `y[${t},${o}]`,
  x: (i, c) => `x[${i},${c}]`,
  k: (p, j, ci, o) => `k[${kernelIndex(p, j, ci, o)}]`,
  bias: (o) => `bias[${o}]`,
  product: (t, j, c, o) => `product[${t},${j},${c},${o}]`,
  sum: (t, c, o) => `sum[${t},${c},${o}]`,
  pad: (at, c) => `pad[${at},${c}]`,
  tap: ({ j }) => `tap ${j}`,
  each: "tap",
  at: (p, j) => j,
  rest: "bias",
};

// Indices as Python writes them: a slice where they are evenly spaced, else a list.
function pythonIndices(list, end) {
  if (list.length === 1) return `${list[0]}:${list[0] + 1}`;
  const step = list[1] - list[0];
  const even = step > 0 && list.every((v, i) => v === list[0] + i * step);
  if (!even) return `[${list.join(", ")}]`;
  if (step === 1 && list[0] === 0 && list.length === end) return ":";
  return `${list[0]}:${list[list.length - 1] + 1}${step === 1 ? "" : `:${step}`}`;
}

// x as Python has it: (length, in), or with axes for the batch.
function pythonX(p, n) {
  if (p.axes === 2) return "x[";
  return p.axes === 3 ? `x[${n}, ` : `x.reshape(-1, ${p.length}, ${p.inputs})[${n}, `;
}

// The sum over neighbouring channels of one output, as Python that gives it.
function pythonSum(p, n, t, o, channels) {
  const live = tapsOf(p, t).filter((tap) => tap.index >= 0);
  if (!live.length) return "0.0";
  const samples = pythonIndices(
    live.map((tap) => tap.index),
    p.length,
  );
  const taps = pythonIndices(
    live.map((tap) => tap.j),
    p.width,
  );
  const [, a, b] = kernelIndex(p, 0, channels[0] - groupOf(p, o) * p.seen, o);
  if (channels.length === 1) return `${pythonX(p, n)}${samples}, ${channels[0]}] @ kernel[${taps}, ${a}, ${b}]`;
  const columns = pythonIndices(channels, p.inputs);
  const weights = p.transposed ? `${a}, ${columns}` : `:, ${b}`;
  return `(${pythonX(p, n)}${samples}, ${columns}] * kernel[${taps}, ${weights}]).sum()`;
}
