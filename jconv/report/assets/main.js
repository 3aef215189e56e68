// Start: decode, check, draw; then draw again, once a frame, what a change of state touches.

async function start() {
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const bytes = await inflated(document.getElementById("arrays").textContent);
  const M = modelOf(facts, unpack(facts.arrays, bytes)),
    page = { M, before: new Map() };
  document.documentElement.classList.add("live");
  let drawn = {};
  page.store = stateOf({ ...FIRST, ...facts.first }, M.p, () => draw(page, drawn));
  page.seriesAt = (ts) => seriesAt(page, ts);
  movesOf(page);
  tracing(page);
  editing(page);
  speaking(page);
  for (const part of PARTS) part.begin?.(page);
  document.getElementById("reset").addEventListener("click", () => page.store.reset());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.activeElement === document.body) page.store.reset();
  });
  document
    .getElementById("copy-command")
    ?.addEventListener("click", (event) => copied(document.getElementById("command").textContent, event.currentTarget));
  draw(page, drawn);
  showBadge(checkedOutputs(M));
  const again = () => {
    drawn = {};
    page.before.clear();
    draw(page, drawn);
  };
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) {
      width = innerWidth;
      again();
    }
  });
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => (each.open = true)));
  if (parent !== window)
    new ResizeObserver(() =>
      parent.postMessage({ jconvPageHeight: document.documentElement.scrollHeight }, "*"),
    ).observe(document.body);
  document.body.dataset.ready = "true";
}

function draw(page, drawn) {
  const { M, store } = page,
    state = store.now,
    kernel = kernelKey(state);
  measure(page);
  if (page.kernelKey !== kernel) {
    useKernel(M, state);
    page.kernelKey = kernel;
  }
  page.untouched = state.step === null && !state.push && !Object.keys(state.edits).length;
  page.terms = termsOf(M, state.n, state.t, state.o);
  page.shown = page.terms && channelsShown(page.terms, state.c);
  page.graph = page.terms && graphOf(M, page.terms, many(page) ? new Set() : page.shown);
  sharesNow(page, kernel);
  page.sinusoid = sinusoidOf(page);
  drawBanner(page);
  drawInputs(page);
  drawSum(page);
  drawRunning(page);
  drawFormula(page);
  drawOutput(page);
  drawKernel(page);
  asBefore(page, "choices", [state.n, state.c, state.all], () => choices(page));
  asBefore(page, "outputs", [state.o, state.c], () => drawOutputs(page));
  drawHeadline(page);
  light(page, pinOf(page));
  for (const part of PARTS) {
    const key = JSON.stringify(part.key(page));
    if (drawn[part.name] === key) continue;
    drawn[part.name] = key;
    part.draw(page);
  }
}

// All widths at once, before anything is written: a width read between two writes costs a layout of the page.
function measure(page) {
  const wide = (id) => document.getElementById(id).clientWidth;
  page.widths = {};
  for (const id of ["inputs", "sum", "running", "kernel", "output"]) page.widths[id] = wide(id);
}

// Shares of the output's channels under the kernel in use: the run's own from Python, else recomputed here.
function sharesNow(page, kernel) {
  const { M, store } = page,
    { o, n } = store.now,
    key = `${kernel}|${o}|${n}`;
  if (page.sharesKey === key) return;
  page.sharesKey = key;
  page.pairs = null;
  const kept = M.arrays,
    O = M.p.outputs,
    seen = M.p.seen;
  const column = (name) => Array.from({ length: seen }, (_, ci) => kept[name].values[ci * O + o]);
  page.run = {
    norm: column("norm"),
    own: column("own"),
    share: column("share"),
    low: kept.low && column("low"),
    high: kept.high && column("high"),
  };
  page.shares = page.run;
  if (page.untouched || !M.slotOf.has(o)) return;
  page.shares = { ...sharesOf(M, o, partsAt(M, n, o, storedOutputs(M))), low: null, high: null };
}

// Parts and total of the chosen output, computed again only where kernel, output or times changed.
function seriesAt(page, ts) {
  const { o, n } = page.store.now,
    key = `${page.kernelKey}|${o}|${n}|${ts[0]}|${ts[ts.length - 1]}|${ts.length}`;
  if (page.series?.key !== key) {
    const parts = partsAt(page.M, n, o, ts);
    page.series = { key, parts, total: totalOf(page.M, o, parts) };
  }
  return page.series;
}

// Outputs whose samples are in the page, evenly thinned to what a frame can compute.
function storedOutputs(M) {
  if (M.stored) return M.stored;
  const { p } = M,
    every = [],
    most = Math.max(64, Math.min(20000, Math.floor(2e7 / (p.width * p.seen))));
  for (const { from, count } of M.ranges) {
    const a = nearestOutput(p, inputAt(p, from)),
      b = nearestOutput(p, inputAt(p, from + count - 1));
    for (let t = a; t <= b; t++) every.push(t);
  }
  const step = Math.max(1, Math.ceil(every.length / most));
  return (M.stored = every.filter((_, i) => i % step === 0));
}

function drawHeadline(page) {
  const { M, store, terms } = page,
    { t, o } = store.now,
    text = document.getElementById("headline");
  if (!terms) {
    text.textContent = `output ${o} at ${t}`;
    return;
  }
  const ranked = [...terms.channels].sort((u, v) => size(v.sum) - size(u.sum)),
    most = ranked[0];
  const lead =
    M.p.seen > 1 && terms.count ? `, most of it from ${M.facts.names.inputs[most.c]} (${shown(most.sum, 3)})` : "";
  text.textContent = `y[${t}, ${o}] = ${shown(terms.y)} is the sum of ${terms.count.toLocaleString("en")} product${terms.count === 1 ? "" : "s"}${terms.bias === null ? "" : " and a bias"}${lead}`;
}

function showBadge(report) {
  const badge = document.getElementById("badge"),
    { count, failed, skipped, difference, allowed, name } = report,
    done = count - skipped;
  badge.classList.toggle("good", !failed && done > 0);
  badge.classList.toggle("bad", failed > 0);
  badge.textContent = failed
    ? `Not confirmed: this page recomputed ${done.toLocaleString("en")} outputs from x and kernel, and ${failed.toLocaleString("en")} differ from jconv's by more than rounding allows; the worst is ${name}, by ${shown(difference, 3)} where ${shown(allowed, 3)} is allowed.`
    : done
      ? `Checked: this page recomputed ${done.toLocaleString("en")} outputs from x and kernel, and all agree with jconv's within rounding; the nearest to its limit, ${name}, differs by ${shown(difference, 3)} of ${shown(allowed, 3)}.`
      : "Not checked: none of jconv's outputs could be recomputed from what this page holds.";
}

// One polite line for screen readers, once the movement stops.
function speaking(page) {
  const line = document.getElementById("spoken"),
    redraw = page.store.redraw;
  let timer = 0;
  page.store.redraw = () => {
    redraw();
    clearTimeout(timer);
    timer = setTimeout(() => {
      line.textContent = page.terms ? `${names.y(page.store.now.t, page.store.now.o)} is ${shown(page.terms.y)}` : "";
    }, 300);
  };
  const { store } = page;
  store.set = (changes) => {
    Object.assign(store.now, changes);
    store.redraw();
  };
  store.reset = () => store.set({ step: null, push: 0, edits: {} });
}

// Which entry of a batch, and which channels have a lane.
function choices({ M, store }) {
  const box = document.getElementById("choices"),
    { p } = M,
    asked = [];
  if (p.batch > 1)
    asked.push(
      h(
        "label",
        {},
        "example ",
        h("input", {
          type: "number",
          min: 0,
          max: M.facts.x.batch - 1,
          value: store.now.n,
          onchange: (event) => {
            const n = Math.round(Number(event.target.value));
            if (n >= 0 && n < M.facts.x.batch) store.set({ n });
          },
        }),
        ` of ${M.facts.x.batch}`,
      ),
    );
  if (p.inputs > 3)
    asked.push(
      h(
        "label",
        {},
        "channel ",
        h(
          "select",
          { onchange: (event) => store.set({ c: Number(event.target.value), all: false }) },
          ...M.facts.names.inputs.map((name, c) => h("option", { value: c, selected: c === store.now.c }, name)),
        ),
      ),
    );
  if (p.inputs > 6 && p.inputs <= 64)
    asked.push(
      h(
        "button",
        {
          class: "chip",
          "aria-pressed": Boolean(store.now.all),
          onclick: () => store.set({ all: !store.now.all }),
        },
        `all ${p.inputs} channels`,
      ),
    );
  show(box, ...asked);
}
