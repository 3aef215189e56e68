// Arithmetic in float64: whole curves, shares, and the check against jconv's outputs.

const times = (a, b) => (typeof a === "number" ? a * b : [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]);
const plus = (a, b) => (typeof a === "number" ? a + b : [a[0] + b[0], a[1] + b[1]]);
const size = (a) => (typeof a === "number" ? Math.abs(a) : Math.hypot(a[0], a[1]));
const zeroOf = (M) => (M.parts === 1 ? 0 : [0, 0]);

// How far jconv's sum of so many products may lie from this one (Higham, Accuracy and Stability, section 3.1).
function boundOf(M, terms) {
  const { sum, result, tiny } = M.facts.roundoff;
  const n = terms.count + 2,
    factor = M.parts === 2 ? Math.sqrt(8) : 1;
  const bound = Math.min(n, 6 * Math.sqrt(n)) * (sum + 2 ** -53) * factor * terms.absolute + n * tiny;
  return result === sum ? bound : bound + result * (size(terms.y) + bound) + tiny;
}

// What each channel that output o sees adds at the outputs `ts`: per channel a Float64Array (complex: twice as long).
// `absolute`, if given, gets the sums of absolute products, or -1 where samples are not in the page.
function partsAt(M, n, o, ts, absolute) {
  const { p, parts } = M,
    channels = channelsOf(p, o);
  const out = channels.map(() => new Float64Array(ts.length * parts));
  const columns = channels.map((_, ci) =>
    Float64Array.from(
      { length: p.width * parts },
      (_, a) => M.weights[weightIndex(M, Math.floor(a / parts), ci, o) * parts + (a % parts)],
    ),
  );
  const rows = new Int32Array(p.width),
    js = new Int32Array(p.width),
    add = parts === 1 ? addReal : addComplex;
  ts.forEach((t, a) => {
    let count = 0,
      missing = false,
      sizes = 0;
    for (const { j, index } of tapsOf(p, t)) {
      if (index < 0) continue;
      const slot = sampleSlot(M, index);
      missing ||= slot < 0;
      rows[count] = sampleIndex(M, n, slot, 0);
      js[count++] = j;
    }
    channels.forEach((c, ci) => {
      if (missing) out[ci].fill(NaN, a * parts, (a + 1) * parts);
      else sizes += add(out[ci], a, M.x, rows, c, columns[ci], js, count);
    });
    if (absolute) absolute[a] = missing ? -1 : sizes;
  });
  return out;
}

// The sum of one channel's products goes into `out`; what their sizes add up to is given back.
function addReal(out, a, x, rows, c, w, js, count) {
  let sum = 0,
    sizes = 0;
  for (let i = 0; i < count; i++) {
    const product = x[rows[i] + c] * w[js[i]];
    sum += product;
    sizes += Math.abs(product);
  }
  out[a] = sum;
  return sizes;
}

function addComplex(out, a, x, rows, c, w, js, count) {
  let re = 0,
    im = 0,
    sizes = 0;
  for (let i = 0; i < count; i++) {
    const at = 2 * (rows[i] + c),
      j = 2 * js[i];
    re += x[at] * w[j] - x[at + 1] * w[j + 1];
    im += x[at] * w[j + 1] + x[at + 1] * w[j];
    sizes += Math.hypot(x[at], x[at + 1]) * Math.hypot(w[j], w[j + 1]);
  }
  out[2 * a] = re;
  out[2 * a + 1] = im;
  return sizes;
}

function totalOf(M, o, parts) {
  const total = new Float64Array(parts[0].length),
    bias = [biasOf(M, o) ?? 0].flat();
  for (let a = 0; a < total.length; a++) {
    total[a] = bias[a % M.parts] ?? 0;
    for (const part of parts) total[a] += part[a];
  }
  return total;
}

// Norm, own variance and covariance share of each channel, and the covariances of all pairs over the variance of y.
function sharesOf(M, o, parts) {
  const wide = M.parts,
    finite = [];
  for (let a = 0; a < parts[0].length; a += wide) if (parts.every((part) => Number.isFinite(part[a]))) finite.push(a);
  const centred = parts.map((part) => {
    const out = new Float64Array(finite.length * wide);
    for (let b = 0; b < wide; b++) {
      let mean = 0;
      for (const a of finite) mean += part[a + b] / finite.length;
      finite.forEach((a, i) => (out[i * wide + b] = part[a + b] - mean));
    }
    return out;
  });
  const dot = (u, v) => {
    let s = 0;
    for (let i = 0; i < u.length; i++) s += u[i] * v[i];
    return s / finite.length;
  };
  const y = new Float64Array(finite.length * wide);
  for (const part of centred) for (let i = 0; i < y.length; i++) y[i] += part[i];
  const variance = dot(y, y),
    norms = parts.map((_, ci) => {
      let s = 0;
      for (let j = 0; j < M.p.width; j++) s += size(numberAt(M.weights, weightIndex(M, j, ci, o), wide)) ** 2;
      return Math.sqrt(s);
    });
  const total = norms.reduce((a, b) => a + b, 0);
  return {
    norm: norms.map((v) => v / total),
    own: centred.map((part) => dot(part, part) / variance),
    share: centred.map((part) => dot(part, y) / variance),
    pairs: (a, b) => dot(centred[a], centred[b]) / variance,
    variance,
    sampled: finite.length,
  };
}

// Recomputes the outputs that jconv left in the page. The worst is the one nearest to, or farthest past, its bound.
function checkedOutputs(M) {
  const { values: at } = M.arrays.checked_at,
    y = M.arrays.checked.values,
    series = new Map();
  const report = { count: at.length / 3, failed: 0, skipped: 0, difference: 0, allowed: 0, worst: -1, name: "" };
  for (let i = 0; i < report.count; i++) {
    const key = `${at[3 * i]},${at[3 * i + 2]}`;
    if (!series.has(key)) series.set(key, []);
    series.get(key).push(i);
  }
  const { weights, bias } = M;
  M.weights = M.base;
  M.bias = M.baseBias;
  for (const [key, places] of series) {
    const [n, o] = key.split(",").map(Number),
      ts = places.map((i) => at[3 * i + 1]),
      absolute = new Float64Array(ts.length);
    const total = totalOf(M, o, partsAt(M, n, o, ts, absolute)),
      own = M.bias ? size(biasOf(M, o)) : 0;
    places.forEach((i, a) => {
      if (absolute[a] === -1) return report.skipped++;
      const count = tapsOf(M.p, ts[a]).length * M.p.seen;
      compare(M, report, names.y(ts[a], o), numberAt(y, i, M.parts), {
        y: numberAt(total, a, M.parts),
        absolute: absolute[a] + own,
        count,
      });
    });
  }
  M.weights = weights;
  M.bias = bias;
  return report;
}

function compare(M, report, name, theirs, terms) {
  const mine = terms.y,
    bound = boundOf(M, terms);
  const equal = [theirs].flat().every((v, b) => Object.is(v, [mine].flat()[b]));
  const off = equal ? 0 : size(M.parts === 1 ? theirs - mine : [theirs[0] - mine[0], theirs[1] - mine[1]]);
  const bad = !(off <= bound) && !equal && !(Number.isNaN(size(theirs)) && Number.isNaN(size(mine)));
  if (bad) report.failed++;
  const ratio = bad ? (Number.isFinite(off / bound) ? off / bound : Infinity) : off / (bound || 1);
  if (ratio > report.worst) Object.assign(report, { worst: ratio, difference: off, allowed: bound, name });
}
