const test = require("node:test");
const assert = require("node:assert/strict");
const names = ["tapsOf", "paddedFrom", "outputAt", "nearestOutput", "extentOf", "kernelIndex", "channelsOf", "pythonIndices", "pythonSum"];
const loaded = require("./load.js")(["window"], names);
const { tapsOf, paddedFrom, outputAt, nearestOutput, extentOf, kernelIndex, channelsOf, pythonIndices, pythonSum } = loaded;

const problem = (more) => ({
  length: 10, outputLength: 8, width: 3, inputs: 2, outputs: 2, seen: 2, stride: 1, dilation: 1, groups: 1, low: 0,
  mode: "zeros", transposed: false, complex: false, batch: 1, axes: 2, ...more,
});
const read = (p, t) => Array.from(tapsOf(p, t), ({ j, index }) => [j, index]);

test("stride, dilation and padding", () => {
  assert.deepEqual(read(problem(), 4), [[0, 4], [1, 5], [2, 6]]);
  assert.deepEqual(read(problem({ stride: 2, dilation: 3, low: 2 }), 1), [[0, 0], [1, 3], [2, 6]]);
  assert.deepEqual(read(problem({ low: 1 }), 0), [[0, -1], [1, 0], [2, 1]]);
});

test("padding modes take the values that numpy.pad gives", () => {
  const line = (mode, length) => Array.from({ length: 12 }, (_, i) => paddedFrom({ mode, length }, i - 6));
  assert.deepEqual(line("reflect", 3), [2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1]);
  assert.deepEqual(line("circular", 3), [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  assert.deepEqual(line("replicate", 3), [0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2]);
  assert.deepEqual(line("reflect", 1), Array(12).fill(0));
});

test("a transposed convolution reads the inputs that paint an output", () => {
  const p = problem({ transposed: true, stride: 2, length: 4, outputLength: 9 });
  assert.deepEqual(read(p, 0), [[0, 0]]);
  assert.deepEqual(read(p, 1), [[1, 0]]);
  assert.deepEqual(read(p, 2), [[0, 1], [2, 0]]);
  assert.deepEqual(read(p, 8), [[2, 3]]);
});

test("an output stands where it is found again", () => {
  for (const more of [{}, { stride: 3, dilation: 2, low: 4 }, { transposed: true, stride: 2 }]) {
    const p = problem(more);
    for (let t = 0; t < p.outputLength; t++) assert.equal(nearestOutput(p, outputAt(p, t)), t);
  }
  assert.deepEqual([...extentOf(problem({ low: 2, outputLength: 12 }))], [-2, 11]);
});

test("groups: which channels an output sees, and which weight is which", () => {
  const p = problem({ inputs: 4, outputs: 6, seen: 2, groups: 2 });
  assert.deepEqual([...channelsOf(p, 2)], [0, 1]);
  assert.deepEqual([...channelsOf(p, 3)], [2, 3]);
  assert.deepEqual([...kernelIndex(p, 1, 0, 5)], [1, 0, 5]);
  assert.deepEqual([...kernelIndex({ ...p, transposed: true }, 1, 0, 5)], [1, 2, 2]);
});

test("Python's indices and sums", () => {
  assert.equal(pythonIndices([41, 42, 43], 98), "41:44");
  assert.equal(pythonIndices([0, 3, 6], 9), "0:7:3");
  assert.equal(pythonIndices([0, 1, 2], 3), ":");
  assert.equal(pythonIndices([2, 1, 0], 9), "[2, 1, 0]");
  assert.equal(pythonSum(problem(), 0, 4, 0, [1]), "x[4:7, 1] @ kernel[:, 1, 0]");
  assert.equal(pythonSum(problem({ axes: 3 }), 2, 4, 0, [0, 1]), "(x[2, 4:7, :] * kernel[:, :, 0]).sum()");
});
