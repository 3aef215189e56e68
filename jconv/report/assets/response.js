// What a kernel does to a frequency, and that in words.

const gridFrequency = (M, i) => (M.parts === 2 ? -0.5 + i / (GRID - 1) : (i / (GRID - 1)) * 0.5);

// Response relative to the window's centre at one frequency, in cycles per position of the axis; a pair [re, im].
function responseAt(p, taps, f, parts) {
  let re = 0,
    im = 0;
  for (let j = 0; j < p.width; j++) {
    const turn = (p.transposed ? -2 : 2) * Math.PI * f * (j * p.dilation - (spanOf(p) - 1) / 2),
      c = Math.cos(turn),
      q = Math.sin(turn);
    const a = taps[j * parts],
      b = parts === 2 ? taps[2 * j + 1] : 0;
    re += a * c - b * q;
    im += a * q + b * c;
  }
  return [re, im];
}

function tapsOfPair(M, values, ci, o, at = 0) {
  const out = new Float64Array(M.p.width * M.parts),
    size = M.base.length;
  for (let j = 0; j < M.p.width; j++)
    for (let b = 0; b < M.parts; b++) out[j * M.parts + b] = values[at * size + weightIndex(M, j, ci, o) * M.parts + b];
  return out;
}

const decibels = (re, im) => 20 * Math.log10(Math.max(Math.hypot(re, im), 1e-12));

function curveOf(M, taps) {
  return Array.from({ length: GRID }, (_, i) => decibels(...responseAt(M.p, taps, gridFrequency(M, i), M.parts)));
}

function frequencyText(M, f) {
  const { rate, timeUnit } = M.facts;
  if (!rate) return `${shown(f, 3)} cycles per sample`;
  return `${shown(f * rate, 3)} ${timeUnit === "s" ? "Hz" : `cycles per ${timeUnit}`}`;
}

const pairChannel = (page) => {
  const channels = channelsOf(page.M.p, page.store.now.o),
    ci = channels.indexOf(page.store.now.c);
  return ci < 0 ? 0 : ci;
};

function peakText(M, taps) {
  const sizes = Array.from({ length: GRID }, (_, i) =>
      Math.hypot(...responseAt(M.p, taps, gridFrequency(M, i), M.parts)),
    ),
    most = Math.max(...sizes),
    least = Math.min(...sizes);
  if (!(most > 0)) return "it lets nothing through";
  if (most - least <= 1e-9 * most) return `it lets every frequency through alike, times ${shown(most, 3)}`;
  const at = sizes.findIndex((v) => v >= most * (1 - 1e-9));
  return `it lets ${frequencyText(M, gridFrequency(M, at))} through most, times ${shown(sizes[at], 3)}`;
}
