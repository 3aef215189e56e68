// One output: its sum with every product, which of them lead, and its numbers by name.

// All that makes y[t, o] of entry n of the batch; null where samples or weights are not in the page. Objects of products
// are made when they are asked for: 25,664 of them a move cost more than the sum.
function termsOf(M, n, t, o) {
  const { p } = M,
    taps = tapsOf(p, t);
  if (!M.slotOf.has(o) || taps.some((tap) => tap.index >= 0 && sampleSlot(M, tap.index) < 0)) return null;
  const rows = taps.map((tap) => (tap.index < 0 ? -1 : sampleIndex(M, n, sampleSlot(M, tap.index), 0)));
  const productAt = (c, ci, i) => {
    const x = rows[i] < 0 ? zeroOf(M) : numberAt(M.x, rows[i] + c, M.parts),
      w = numberAt(M.weights, weightIndex(M, taps[i].j, ci, o), M.parts);
    return { ...taps[i], c, ci, x, w, value: times(x, w) };
  };
  const sizes = new Float64Array(taps.length * p.seen),
    js = taps.map(({ j }) => j);
  let y = biasOf(M, o) ?? zeroOf(M),
    absolute = size(y);
  const channels = channelsOf(p, o).map((c, ci) => {
    const [sum, sizesSum] =
      M.parts === 1 ? realSum(M, rows, js, c, ci, o, sizes) : complexSum(M, taps, productAt, c, ci, sizes);
    let products = null;
    absolute += sizesSum;
    y = plus(y, sum);
    return {
      c,
      ci,
      sum,
      get products() {
        return (products ??= taps.map((_, i) => productAt(c, ci, i)));
      },
    };
  });
  const largestX = () => {
    let most = 0;
    for (const row of rows)
      for (const { c } of channels) {
        const x = row < 0 ? 0 : size(numberAt(M.x, row + c, M.parts));
        if (x > most && x < Infinity) most = x;
      }
    return most;
  };
  return { n, t, o, taps, channels, bias: biasOf(M, o), y, absolute, sizes, count: sizes.length, productAt, largestX };
}

// Of one channel the sum of its products, and that of their sizes, which go into `sizes`.
function realSum(M, rows, js, c, ci, o, sizes) {
  const { x, weights } = M,
    tap = M.p.seen * M.outputs.length,
    first = weightIndex(M, 0, ci, o);
  let sum = 0,
    absolute = 0;
  for (let i = 0; i < rows.length; i++) {
    const product = (rows[i] < 0 ? 0 : x[rows[i] + c]) * weights[first + js[i] * tap],
      large = Math.abs(product);
    sum += product;
    absolute += large;
    sizes[ci * rows.length + i] = large;
  }
  return [sum, absolute];
}

function complexSum(M, taps, productAt, c, ci, sizes) {
  let sum = zeroOf(M),
    absolute = 0;
  taps.forEach((_, i) => {
    const { value } = productAt(c, ci, i);
    sum = plus(sum, value);
    absolute += sizes[ci * taps.length + i] = size(value);
  });
  return [sum, absolute];
}

// How many of `sizes`, largest first, add up to `wanted`: counted in bins, of which only the last one is sorted, in
// half a millisecond for 25,664 where sorting all took two.
function countOf(sizes, wanted, largest) {
  if (!(wanted < Infinity)) return wanted === Infinity ? 1 : 0;
  const bins = 1024,
    counts = new Int32Array(bins),
    sums = new Float64Array(bins),
    binOf = (value) => Math.min(bins - 1, Math.floor((value / largest) * bins));
  if (!largest) return 0;
  for (let i = 0; i < sizes.length; i++) {
    const bin = binOf(sizes[i]);
    counts[bin]++;
    sums[bin] += sizes[i];
  }
  let most = 0,
    sofar = 0,
    bin = bins - 1;
  for (; bin >= 0 && sofar + sums[bin] < wanted; bin--) {
    most += counts[bin];
    sofar += sums[bin];
  }
  const last = sizes.filter((value) => binOf(value) === bin).sort();
  for (let i = last.length - 1; i >= 0 && sofar < wanted; i--, most++) sofar += last[i];
  return most;
}

// How many of the products, largest first, make four fifths of the absolute sum; the largest five; the largest size.
function leadingOf(terms) {
  const { sizes, taps, channels, productAt } = terms,
    first = [];
  let largest = 0,
    all = 0;
  for (let i = 0; i < sizes.length; i++) {
    const value = sizes[i];
    all += value;
    if (value > largest && value < Infinity) largest = value;
    if (first.length === 5 && !(value > sizes[first[4]])) continue;
    const place = first.findIndex((each) => sizes[each] < value);
    first.splice(place < 0 ? first.length : place, 0, i);
    first.length = Math.min(first.length, 5);
  }
  const biggest = first.map((i) => {
    const ci = Math.floor(i / taps.length);
    return productAt(channels[ci].c, ci, i % taps.length);
  });
  return { most: countOf(sizes, 0.8 * all, largest), biggest, largest };
}

// Every number of one output by name: its value and the names it comes from and goes to.
function graphOf(M, terms, shown) {
  const { p } = M,
    { t, o } = terms,
    graph = new Map();
  const put = (name, value, kind) =>
    graph.get(name) ?? graph.set(name, { name, value, kind, from: [], to: [] }).get(name);
  const join = (child, parent) => {
    parent.from.push(child.name);
    if (!child.to.includes(parent.name)) child.to.push(parent.name);
  };
  const y = put(M.names.y(t, o), terms.y, "y");
  if (terms.bias !== null) join(put(M.names.bias(o), terms.bias, "bias"), y);
  for (const channel of terms.taps.length ? terms.channels : []) {
    const { c, ci, sum } = channel;
    const total = put(M.names.sum(t, c, o), sum, "sum");
    join(total, y);
    if (shown && !shown.has(c)) continue;
    for (const { j, at, index, pad, x, w, value } of channel.products) {
      const sample = put(pad ? M.names.pad(at, c) : M.names.x(at, c), x, pad ? "pad" : "x");
      if (pad && index >= 0 && !sample.from.length) join(put(M.names.x(index, c), x, "x"), sample);
      const product = put(M.names.product(t, j, c, o), value, "product");
      join(sample, product);
      join(put(M.names.k(p, j, ci, o), w, "k"), product);
      join(product, total);
    }
  }
  return graph;
}
