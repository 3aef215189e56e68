const test = require("node:test");
const assert = require("node:assert/strict");
const { shown, exact, percent, ticks, tickText, rangeOf } = require("./load.js")(
  ["scales"],
  ["shown", "exact", "percent", "ticks", "tickText", "rangeOf"],
);

test("numbers are written with four digits that count, and a minus", () => {
  assert.equal(shown(-0.08934), "\u22120.0893");
  assert.equal(shown(1234567.8), "1.2e6");
  assert.equal(shown(0), "0");
  assert.equal(shown(NaN), "NaN");
  assert.equal(shown(-Infinity), "\u2212\u221e");
  assert.equal(shown([1.5, -2]), "1.500 \u2212 2.000i");
  assert.equal(shown(0.00012), "1.2e\u22124");
});

test("exact text is read back to the last bit", () => {
  for (const v of [0.1, 1 / 3, -1e-300, 12345.678, 2 ** 60]) assert.equal(Number(exact(v)), v);
  assert.equal(exact([1, -2]), "1-2j");
});

test("percent rounds half up and has no value where there is none", () => {
  assert.equal(percent(1.0488), "105\u202f%");
  assert.equal(percent(-0.0488), "\u22125\u202f%");
  assert.equal(percent(NaN), "no value");
});

test("ticks are round, inside, and not too many", () => {
  assert.deepEqual([...ticks(0, 10, 5)], [0, 2, 4, 6, 8, 10]);
  assert.deepEqual([...ticks(-0.31, 0.29, 4)], [-0.2, 0, 0.2]);
  assert.equal(tickText(0.2 + 0.1), "0.3");
});

test("a range covers what is finite", () => {
  const [low, high] = rangeOf([[1, NaN, 3], [-1]], { room: 0 });
  assert.deepEqual([low, high], [-1, 3]);
  assert.deepEqual([...rangeOf([[NaN]])], [-1, 1]);
});
