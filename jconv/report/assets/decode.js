// The page's arrays: text of base64 -> bytes -> numbers, and where each sample and weight lies among them.

const WORDS = { f4: Float32Array, f8: Float64Array, i4: Int32Array, i2: Int16Array, u1: Uint8Array };

async function inflated(text) {
  const letters = atob(text.trim());
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Bytes of equal significance lie side by side: this puts each number's bytes together again.
function unshuffled(bytes, at, count, size) {
  const out = new Uint8Array(count * size);
  for (let b = 0; b < size; b++)
    for (let i = 0, from = at + b * count; i < count; i++) out[i * size + b] = bytes[from + i];
  return out;
}

function unpack(index, bytes) {
  const arrays = {};
  let at = 0;
  for (const { name, codec, shape, scale, offset, steps } of index) {
    const Word = WORDS[codec],
      size = Word.BYTES_PER_ELEMENT;
    const count = shape.reduce((a, b) => a * b, 1);
    let values = new Word(unshuffled(bytes, at, count, size).buffer);
    at += count * size;
    if (steps) for (let i = count / shape[0]; i < count; i++) values[i] += values[i - count / shape[0]];
    if (scale !== undefined) values = Float64Array.from(values, (v) => v * scale + offset);
    arrays[name] = { values, shape };
  }
  return arrays;
}

// The run as the other files read it. `weights` is the kernel in use; `base` the run's own.
function modelOf(facts, arrays) {
  const p = facts.problem,
    values = (name) => arrays[name] && arrays[name].values;
  const ranges = [];
  let slot = 0;
  for (const [from, count] of facts.x.ranges) {
    ranges.push({ from, count, slot });
    slot += count;
  }
  const outputs = facts.kernel.outputs;
  return {
    p,
    facts,
    arrays,
    ranges,
    kept: slot,
    parts: p.complex ? 2 : 1,
    x: values("x"),
    base: Float64Array.from(values("kernel")),
    weights: Float64Array.from(values("kernel")),
    baseBias: values("bias") && Float64Array.from(values("bias")),
    bias: values("bias") && Float64Array.from(values("bias")),
    outputs,
    names,
    slotOf: new Map(outputs.map((o, i) => [o, i])),
  };
}

// Where a sample lies in `x`, or -1 where only its envelope is kept.
function sampleSlot(M, i) {
  for (const r of M.ranges) if (i >= r.from && i < r.from + r.count) return r.slot + i - r.from;
  return -1;
}

const numberAt = (values, at, parts) => (parts === 1 ? values[at] : [values[2 * at], values[2 * at + 1]]);

const sampleIndex = (M, n, slot, c) => (n * M.kept + slot) * M.p.inputs + c;

const weightIndex = (M, j, ci, o) => (j * M.p.seen + ci) * M.outputs.length + M.slotOf.get(o);

const biasOf = (M, o) => (M.bias ? numberAt(M.bias, o, M.parts) : null);
