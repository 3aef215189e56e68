const test = require("node:test");
const assert = require("node:assert/strict");
const { levelsOf, dependsOn } = require("./load.js")(
  ["scales", "sketch", "window", "decode", "state", "layers"],
  ["levelsOf", "dependsOn"],
);

const layers = [
  { name: "a", width: 3, stride: 2, dilation: 1, low: 0, length: 30 },
  { name: "b", width: 4, stride: 1, dilation: 3, low: 9, length: 30 },
];
const plain = (found) => Array.from(found, (each) => [...each]);

test("a position stands in the middle of what it reads", () => {
  const [x, a, b] = levelsOf(layers, 60);
  assert.deepEqual([x.at, x.step], [0, 1]);
  assert.deepEqual([a.at, a.step], [1, 2], "samples 0 to 2");
  assert.deepEqual([b.at, b.step], [1 + 2 * (4.5 - 9), 2]);
});

test("an output depends on what its layers read, and on nothing below padding", () => {
  const levels = levelsOf(layers, 60);
  assert.deepEqual(plain(dependsOn(layers, levels, 1, 7)), [[14, 15, 16], [7]]);
  assert.deepEqual(plain(dependsOn(layers, levels, 2, 0)), [[0, 1, 2], [-9, -6, -3, 0], [0]]);
});

test("of very many positions the ends are true", () => {
  const many = [
    { name: "a", width: 1000, stride: 1, dilation: 1, low: 0, length: 99001 },
    { name: "b", width: 1000, stride: 1, dilation: 1, low: 0, length: 98002 },
  ];
  const [x] = dependsOn(many, levelsOf(many, 100000), 2, 5);
  assert.equal(x[0], 5);
  assert.equal(x[x.length - 1], 5 + 999 + 999);
  assert.ok(x.length < 1000);
});
