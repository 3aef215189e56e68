// The kernel in use (the run's or a snapshot's, pushed, edited), its map, and the outputs to choose from.

const snapshotOf = (M, step) => {
  const steps = M.facts.steps;
  if (step === null || !steps) return -1;
  let best = 0;
  steps.forEach((each, i) => {
    if (Math.abs(each - step) < Math.abs(steps[best] - step)) best = i;
  });
  return best;
};

// kernel in use = snapshot(step) + push * (unseen direction as long as the kernel) + edits
function useKernel(M, state) {
  const at = snapshotOf(M, state.step),
    { base } = M,
    snap = M.arrays.snapshots?.values,
    O = M.outputs.length,
    parts = M.parts;
  const weights =
    at < 0 ? Float64Array.from(base) : Float64Array.from(snap.subarray(at * base.length, (at + 1) * base.length));
  const push = M.arrays.push?.values;
  if (push && state.push) {
    const norms = new Float64Array(O);
    for (let i = 0; i < base.length; i++) norms[Math.floor(i / parts) % O] += base[i] ** 2;
    for (let i = 0; i < base.length; i++)
      weights[i] += state.push * Math.sqrt(norms[Math.floor(i / parts) % O]) * push[i];
  }
  for (const [i, value] of Object.entries(state.edits)) if (i < weights.length) weights[i] = value;
  M.weights = weights;
  const biases = M.arrays.snapshot_biases?.values;
  M.bias =
    at < 0 || !biases || !M.baseBias
      ? M.baseBias
      : biases.subarray(at * M.baseBias.length, (at + 1) * M.baseBias.length);
}

const kernelKey = ({ step, push, edits }) => JSON.stringify([step, push, edits]);

function drawBanner({ M, store }) {
  const { step, push, edits } = store.now,
    said = [],
    count = Object.keys(edits).length;
  if (step !== null && M.facts.steps)
    said.push(`weights of step ${M.facts.steps[snapshotOf(M, step)]} of ${M.facts.steps[M.facts.steps.length - 1]}`);
  if (push)
    said.push(
      `pushed by ${shown(push, 3)} of the kernel's norm along what the data ${M.facts.told?.hidden ? "cannot tell" : "tell least"}`,
    );
  if (count) said.push(`${count} weight${count > 1 ? "s" : ""} edited by you`);
  const banner = document.getElementById("banner");
  banner.hidden = !said.length;
  banner.querySelector("span").textContent = `Not the run itself: ${said.join("; ")}.`;
}

function drawKernel(page) {
  const { M, store } = page,
    { o } = store.now,
    box = document.getElementById("kernel");
  document.getElementById("kernel-of").textContent = `Kernel of ${M.facts.names.outputs[o]}`;
  if (!M.slotOf.has(o)) return show(box, thumbnails(M, o, page.widths.kernel));
  show(box, ...weightsOf(page, o, page.widths.kernel));
  reachable(box, "[data-weight]");
}

// The weights of an output as a table if they are few, else as bars, and its bias.
function weightsOf(page, o, room) {
  const { M, store, graph, shown: rows } = page,
    { p } = M;
  const channels = channelsOf(p, o),
    list = channels.map((c, ci) => ({ c, ci })).filter(({ c }) => !rows || rows.has(c));
  let largest = 0;
  for (const { ci } of list)
    for (let j = 0; j < p.width; j++)
      largest = Math.max(largest, size(numberAt(M.weights, weightIndex(M, j, ci, o), M.parts)));
  const node = (j, ci) =>
    graph?.get(M.names.k(p, j, ci, o)) ?? {
      name: M.names.k(p, j, ci, o),
      value: numberAt(M.weights, weightIndex(M, j, ci, o), M.parts),
      from: [],
      to: [],
    };
  const edited = (j, ci) => store.now.edits[weightIndex(M, j, ci, o) * M.parts] !== undefined;
  const few = p.width <= Math.min(6, Math.floor((room - 90) / (M.parts === 2 ? 116 : 44))) && list.length <= 12,
    digits = (room - 88) / p.width < 60 ? 3 : 4,
    body = [];
  if (few) {
    const head = h(
      "tr",
      {},
      h("th", {}, M.names.each),
      ...Array.from({ length: p.width }, (_, j) => h("th", { scope: "col" }, String(M.names.at(p, j)))),
    );
    body.push(
      h(
        "table",
        { class: "map", role: "grid", "aria-label": "Weights" },
        head,
        ...list.map(({ c, ci }) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, swatch(c), clipped(M.facts.names.inputs[c], 8)),
            ...Array.from({ length: p.width }, (_, j) => {
              const td = cell(node(j, ci), "td", digits);
              td.setAttribute("style", `background:${weightColour(node(j, ci).value, largest)}`);
              td.setAttribute("data-weight", weightIndex(M, j, ci, o));
              if (edited(j, ci)) td.setAttribute("class", "number edited");
              return td;
            }),
          ),
        ),
      ),
    );
  } else {
    const width = room,
      left = 62,
      each = (width - left - 2) / p.width,
      high = list.length === 1 ? 74 : list.length <= 4 ? 40 : list.length <= 12 ? 22 : 15;
    const svg = svgOf(
      width,
      high * list.length + 18,
      `Weights of ${M.facts.names.outputs[o]}: one row a channel, one bar a ${M.names.each}`,
    );
    list.forEach(({ c, ci }, row) => {
      const middle = row * high + high / 2;
      svg.append(
        s("text", { x: 2, y: middle + 4, class: "note" }, clipped(M.facts.names.inputs[c], 9)),
        s("line", { class: "zero", x1: left, x2: width, y1: middle, y2: middle }),
      );
      for (let j = 0; j < p.width; j++) {
        const each2 = node(j, ci),
          v = typeof each2.value === "number" ? each2.value : size(each2.value),
          tall = Math.max((Math.abs(v) / (largest || 1)) * (high / 2 - 2), 0.6) || 0.6;
        svg.append(
          marked(
            s("rect", {
              x: left + j * each,
              width: Math.max(each - (each > 4 ? 1 : 0), 0.5),
              y: v < 0 ? middle : middle - tall,
              height: tall,
              class: `bar ${M.parts === 2 ? "sized" : v < 0 ? "below" : "above"}${edited(j, ci) ? " edited" : ""}`,
              tabindex: -1,
              "data-weight": weightIndex(M, j, ci, o),
            }),
            each2,
          ),
        );
      }
    });
    svg.append(
      ...[0, p.width - 1].map((j, i) =>
        s(
          "text",
          { x: left + (j + 0.5) * each, y: high * list.length + 13, class: "note", "text-anchor": i ? "end" : "start" },
          `${M.names.each} ${M.names.at(p, j)}`,
        ),
      ),
    );
    svg.setAttribute("role", "group");
    body.push(
      list.length > 24
        ? h("div", { class: "tall", tabindex: 0, role: "group", "aria-label": "Weights of all channels" }, svg)
        : svg,
    );
  }
  if (list.length < channels.length)
    body.push(h("p", { class: "hint" }, `${list.length} of ${channels.length} channels drawn: the largest sums.`));
  const bias = graph?.get(M.names.bias(o));
  if (bias) body.push(h("p", { class: "bias" }, `${M.names.rest} `, cell(bias, "b")));
  return body;
}
