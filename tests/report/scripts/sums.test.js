const test = require("node:test");
const assert = require("node:assert/strict");
const names = ["unpack", "inflated", "modelOf", "termsOf", "leadingOf", "countOf", "graphOf", "boundOf", "partsAt", "totalOf", "sharesOf", "checkedOutputs"];
const loaded = require("./load.js")(["decode", "window", "sums", "terms"], names);
const { modelOf, termsOf, leadingOf, countOf, graphOf, boundOf, partsAt, totalOf, sharesOf, checkedOutputs, unpack } = loaded;

// x (6, 2) and a kernel (2, 2, 1) of whole numbers, so that every sum is exact.
function model(more = {}) {
  const p = {
    length: 6, outputLength: 5, width: 2, inputs: 2, outputs: 1, seen: 2, stride: 1, dilation: 1, groups: 1, low: 0,
    mode: "zeros", transposed: false, complex: false, batch: 1, axes: 2, ...more,
  };
  const array = (values, shape) => ({ values: Float64Array.from(values), shape });
  const arrays = {
    x: array([1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60], [1, 6, 2]), kernel: array([1, 2, 3, 4], [2, 2, 1]), bias: array([0.5], [1]),
    checked_at: { values: Int32Array.from([0, 0, 0, 0, 3, 0]), shape: [2, 3] }, checked: array([107.5, 245.5], [2]),
  };
  const facts = { problem: p, x: { ranges: [[0, 6]] }, kernel: { outputs: [0] }, roundoff: { sum: 2 ** -24, result: 2 ** -24, tiny: 2 ** -126 } };
  return modelOf(facts, arrays);
}

test("one output is its products, channel sums and bias", () => {
  const terms = termsOf(model(), 0, 0, 0);
  assert.equal(terms.y, 0.5 + 1 * 1 + 2 * 3 + 10 * 2 + 20 * 4);
  assert.deepEqual(Array.from(terms.channels, ({ sum }) => sum), [7, 100]);
  assert.equal(terms.absolute, 107.5);
});

test("the leading products, and how many make four fifths", () => {
  const { most, biggest, largest } = leadingOf(termsOf(model(), 0, 0, 0));  // 1, 6, 20, 80
  assert.equal(most, 2, "80 of 107 are less than four fifths, 100 more");
  assert.deepEqual(Array.from(biggest, ({ value, c, j }) => [value, c, j]), [[80, 1, 1], [20, 1, 0], [6, 0, 1], [1, 0, 0]]);
  assert.equal(largest, 80);
});

test("counting in bins is counting in order", () => {
  let seed = 1;
  const draw = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (const power of [0, 1, 8]) {
    const sizes = Float64Array.from({ length: 3000 }, () => Math.round(draw() ** power * 4096)); // whole, so sums are exact
    const sorted = sizes.slice().sort().reverse(), all = sorted.reduce((a, b) => a + b, 0);
    for (const share of [0.1, 0.8, 1]) {
      let most = 0;
      for (let sum = 0; sum < share * all; most++) sum += sorted[most];
      assert.equal(countOf(sizes, share * all, sorted[0]), most);
    }
  }
  assert.equal(countOf(Float64Array.of(0, 0), 0, 0), 0);
  assert.equal(countOf(Float64Array.of(1, Infinity), Infinity, 1), 1);
  assert.equal(countOf(Float64Array.of(1, NaN), NaN, 1), 0);
});

test("the graph leads both ways", () => {
  const M = model(), graph = graphOf(M, termsOf(M, 0, 0, 0));
  assert.deepEqual([...graph.get("y[0,0]").from], ["bias[0]", "sum[0,0,0]", "sum[0,1,0]"]);
  assert.deepEqual([...graph.get("product[0,1,1,0]").from], ["x[1,1]", "k[1,1,0]"]);
  assert.deepEqual([...graph.get("x[1,1]").to], ["product[0,1,1,0]"]);
  assert.equal(graph.get("product[0,1,1,0]").value, 80);
});

test("curves, shares and their sum", () => {
  const M = model(), ts = [0, 1, 2, 3, 4], parts = partsAt(M, 0, 0, ts);
  assert.deepEqual([...totalOf(M, 0, parts)], ts.map((t) => termsOf(M, 0, t, 0).y));
  const { share, own, pairs } = sharesOf(M, 0, parts);
  assert.ok(Math.abs(share[0] + share[1] - 1) < 1e-15);
  assert.ok(Math.abs(share[0] - own[0] - pairs(0, 1)) < 1e-15);
});

test("the check passes what is right, and names what is wrong", () => {
  assert.equal(checkedOutputs(model()).failed, 1, "245.5 is not y[3, 0]");
  const M = model();
  M.arrays.checked.values[1] = termsOf(M, 0, 3, 0).y * (1 + 2 ** -25);
  const report = checkedOutputs(M);
  assert.equal(report.failed, 0);
  assert.ok(report.difference > 0 && report.difference <= report.allowed);
  M.base[2] += 1e-3;
  assert.equal(checkedOutputs(M).failed, 2);
  assert.ok(boundOf(M, termsOf(M, 0, 0, 0)) < 1e-4);
});

test("samples that are not in the page make no number", () => {
  const M = model();
  M.ranges = [{ from: 2, count: 4, slot: 0 }];
  assert.equal(termsOf(M, 0, 0, 0), null);
  assert.ok(Number.isNaN(partsAt(M, 0, 0, [0])[0][0]));
});

test("bytes are put together again, scaled, and added up", () => {
  const planes = Uint8Array.from([1, 2, 0, 255]); // int16 1 and -254, low bytes first
  const { a } = unpack([{ name: "a", codec: "i2", shape: [2], scale: 0.5, offset: 1 }], planes);
  assert.deepEqual([...a.values], [1.5, -126]);
  const steps = unpack([{ name: "a", codec: "i2", shape: [2], scale: 1, offset: 0, steps: true }], Uint8Array.from([1, 2, 0, 0]));
  assert.deepEqual([...steps.a.values], [1, 3]);
});
