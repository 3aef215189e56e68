// One state, kept in the address so that a link restores it. Views are functions of it and redraw when it changes.

const FIRST = {
  o: 0,
  t: 0,
  c: 0,
  j: 0,
  n: 0,
  pin: "",
  view: null,
  step: null,
  push: 0,
  f: null,
  edits: {},
  guide: null,
  layer: null,
  at: null,
  local: null,
  cell: null,
  all: false,
};

function written(state, first) {
  const parts = [];
  for (const key of ["o", "t", "c", "j", "n", "step", "push", "f", "guide", "layer", "at", "local", "cell"])
    if (state[key] !== null && state[key] !== first[key])
      parts.push(`${key}=${Number(Number(state[key]).toPrecision(7))}`);
  if (state.pin) parts.push(`pin=${encodeURIComponent(state.pin)}`);
  if (state.view) parts.push(`view=${state.view.map((v) => Math.round(v * 100) / 100).join("..")}`);
  const edits = Object.entries(state.edits).map(([at, value]) => `${at}:${value}`);
  if (edits.length) parts.push(`edits=${edits.join(";")}`);
  return parts.join("&");
}

// What a link says, as far as it makes sense here; the rest is as at first.
function read(hash, first, p) {
  const state = { ...first, edits: {} },
    given = new URLSearchParams(hash.replace(/^#/, ""));
  const whole = { o: p.outputs, t: p.outputLength, c: p.inputs, j: p.width, n: p.batch };
  for (const [key, end] of Object.entries(whole)) {
    const value = Number(given.get(key) ?? NaN);
    if (Number.isInteger(value) && value >= 0 && value < end) state[key] = value;
  }
  for (const key of ["step", "push", "f", "guide", "layer", "at", "local", "cell"]) {
    const value = given.get(key);
    if (value !== null && value !== "" && Number.isFinite(Number(value))) state[key] = Number(value);
  }
  if (given.get("pin")) state.pin = given.get("pin");
  const view = (given.get("view") ?? "").split("..").map(Number);
  if (view.length === 2 && view.every(Number.isFinite) && view[0] < view[1]) state.view = view;
  for (const edit of (given.get("edits") ?? "").split(";").filter(Boolean)) {
    const [at, value] = edit.split(":");
    if (/^\d+$/.test(at) && Number.isFinite(Number(value))) state.edits[at] = Number(value);
  }
  return state;
}

function stateOf(first, p, draw) {
  let waiting = false,
    ours = "";
  const hash = () => {
    try {
      return location.hash;
    } catch {
      return "";
    }
  };
  const store = {
    now: read(hash(), first, p),
    first,
    set(changes) {
      Object.assign(store.now, changes);
      store.redraw();
    },
    reset() {
      Object.assign(store.now, { step: null, push: 0, edits: {} });
      store.redraw();
    },
    redraw() {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        draw();
        store.remember();
      });
    },
    // A notebook's sandboxed frame has no address of its own: there the state lives in memory alone.
    // While something is dragged the address waits: each change of it costs a millisecond.
    remember() {
      if (store.moving || ours === written(store.now, first)) return;
      ours = written(store.now, first);
      try {
        history.replaceState(null, "", `#${ours}`);
      } catch {
        /* sandboxed */
      }
    },
    link() {
      return `${location.href.split("#")[0]}#${written(store.now, first)}`;
    },
  };
  addEventListener("hashchange", () => {
    if (hash().slice(1) !== ours) {
      store.now = read(hash(), first, p);
      store.redraw();
    }
  });
  return store;
}

// Sections after the first: each says what it depends on (`key`), and is drawn only when that changes.
const PARTS = [];
