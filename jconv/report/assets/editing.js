// Editing a weight: keys when it has the focus, or a drag up and down.

// Editing a weight: keys when it has the focus, or a drag up and down.
function editing(page) {
  const { M, store } = page,
    box = document.getElementById("kernel");
  if (M.parts === 2) return;
  const largest = Math.max(...M.base.map(Math.abs).filter(Number.isFinite).slice(0, 65536), 1e-12);
  const set = (at, value) => {
    const edits = { ...store.now.edits };
    if (value === null) delete edits[at];
    else edits[at] = Number(value.toPrecision(9));
    store.set({ edits });
  };
  box.addEventListener("keydown", (event) => {
    const at = event.target.dataset?.weight,
      step = { ArrowUp: 0.01, ArrowDown: -0.01 }[event.key];
    if (at === undefined) return;
    if (step && event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      set(at, M.weights[at] + step * 10 * largest);
    } else if (step) {
      event.preventDefault();
      event.stopPropagation();
      set(at, M.weights[at] + step * largest);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      set(at, null);
    }
  });
  box.addEventListener("pointerdown", (event) => {
    const at = event.target.dataset?.weight;
    if (at === undefined || event.pointerType === "touch") return;
    const from = event.clientY,
      value = M.weights[at],
      weight = at;
    const move = (e) => {
      if (Math.abs(e.clientY - from) > 3) {
        e.preventDefault();
        page.dragged = true;
        set(weight, value + ((from - e.clientY) / 100) * largest);
      }
    };
    const up = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      setTimeout(() => (page.dragged = false));
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
  });
}
