// Section 7, local kernels: one output of a network at this input is samples times weights and a rest, in the table of
// section 1. It holds at this input only.

const localNames = (i, exact) => ({
  y: () => `local_y[${i}]`,
  x: (at, c) => `local_x[${i},${at},${c}]`,
  pad: (at, c) => `local_pad[${i},${at},${c}]`,
  k: (p, j, c) => `J[${i},${j},${c}]`,
  bias: () => `${exact ? "rest" : "gap"}[${i}]`,
  product: (t, j, c) => `local_product[${i},${j},${c}]`,
  sum: (t, c) => `local_sum[${i},${c}]`,
  tap: ({ index }) => `sample ${index}`,
  each: "sample",
  at: (p, j) => j - p.low,
  rest: exact ? "rest" : "gap",
});

// The run as if the local kernel were its only one, and stood at this place alone.
function localModel(M, i) {
  const { first, exact } = M.facts.locals[i],
    { values, shape } = M.arrays[`local${i}`],
    [rest] = M.arrays.local_numbers.values.subarray(2 * i);
  const p = {
    ...M.p,
    width: shape[0],
    seen: M.p.inputs,
    groups: 1,
    outputs: 1,
    outputLength: 1,
    stride: 1,
    dilation: 1,
  };
  return {
    ...M,
    p: { ...p, low: -first, mode: "zeros", transposed: false },
    weights: Float64Array.from(values),
    bias: Float64Array.of(rest),
    outputs: [0],
    slotOf: new Map([[0, 0]]),
    names: localNames(i, exact),
    facts: { ...M.facts, rate: null },
  };
}

// As asked for, or the first of the example that is shown.
function chosenLocal({ M, store }) {
  const { locals } = M.facts,
    { local, n } = store.now;
  if (local !== null && locals[Math.round(local)]) return Math.round(local);
  return Math.max(
    0,
    locals.findIndex(({ entry }) => entry === n),
  );
}

// The page as the functions of section 1 read it.
function localPage(page, i) {
  const { store } = page,
    M = localModel(page.M, i),
    terms = termsOf(M, page.M.facts.locals[i].entry, 0, 0),
    shown = terms && channelsShown(terms, store.now.c);
  return {
    M,
    terms,
    shown,
    graph: terms && graphOf(M, terms, shown),
    widths: { sum: document.getElementById("local").clientWidth },
    store: { now: { ...store.now, pin: "", edits: {} }, set: store.set },
  };
}

function drawLocal(page) {
  const i = chosenLocal(page),
    { name, exact, entry } = page.M.facts.locals[i],
    box = document.getElementById("local"),
    text = document.getElementById("local-text"),
    spelled = document.getElementById("local-spelled");
  show(
    document.getElementById("local-choice"),
    ...page.M.facts.locals.map((each, k) => h("option", { value: k, selected: k === i }, each.name)),
  );
  const local = (page.local = localPage(page, i)),
    { terms, M } = local;
  document.getElementById("local-traced").textContent = "";
  if (!terms || entry >= page.M.p.batch) {
    text.textContent = `${name}: its samples are not in this page, to keep it small.`;
    show(box);
    show(spelled);
    return;
  }
  const gave = M.arrays.local_numbers.values[2 * i + 1],
    off = `The network gave ${shown(gave)}; the sum below differs by ${shown(Math.abs(terms.y - gave), 2)}.`;
  text.textContent = exact
    ? `${name}, at this input only, exact: the network is linear around it. ${off}`
    : `${name}, at this input only: gradient, approximate. It leaves a gap of ${shown(terms.bias)} to the output. ${off}`;
  if (!terms.count) show(box, h("p", {}, `No sample moves it: it is the ${M.names.rest} alone.`));
  else if (terms.count <= MOST_DIGITS) show(box, ...cards(local));
  else show(box, ...bars(local), h("div", { class: "weights" }, ...weightsOf(local, 0, local.widths.sum)));
  show(spelled, ...formulaOf(local, name));
  reachable(box, ".number");
}

function beginLocal(page) {
  const box = document.getElementById("layers"),
    choice = document.getElementById("local-choice"),
    traced = document.getElementById("local-traced");
  if (!choice || !page.M.facts.locals) return;
  choice.addEventListener("change", () => page.store.set({ local: Number(choice.value) }));
  const over = (event) => {
    const name = event.target.closest?.("[data-name]")?.dataset.name ?? "";
    if (!page.local?.graph) return;
    lightUp("#layers [data-name]", page.local.graph, name);
    traced.textContent = name && spell(page.local, name);
  };
  for (const kind of ["pointerover", "focusin"]) box.addEventListener(kind, over);
  box.addEventListener("keydown", (event) => {
    const element = event.target.closest("[data-name]");
    if (element) roam(event, element);
  });
}

PARTS.push({
  name: "local",
  begin: beginLocal,
  key: (page) => (page.M.facts.locals ? [chosenLocal(page), page.store.now.c] : 0),
  draw: (page) => page.M.facts.locals && drawLocal(page),
});
