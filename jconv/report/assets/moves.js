// Mouse, touch and keys for the window, the output and the view: all three reach the same state.

function movesOf(page) {
  const { M, store } = page,
    { p } = M,
    slider = document.getElementById("window");
  const to = (t) => store.set({ t: Math.min(Math.max(t, 0), p.outputLength - 1), view: following(t) });
  // A view that was zoomed by hand goes along when the window leaves it.
  const following = (t) => {
    const { view } = store.now;
    if (!view) return null;
    const at = outputAt(p, t),
      wide = view[1] - view[0];
    return at < view[0] || at > view[1] ? [at - wide / 2, at + wide / 2] : view;
  };
  page.moveTo = to;
  const key = (event) => {
    const { t, o } = store.now,
      page10 = Math.max(1, Math.ceil(spanOf(p) / (p.transposed ? 1 : p.stride)));
    const steps = {
      ArrowLeft: event.shiftKey ? -10 : -1,
      ArrowRight: event.shiftKey ? 10 : 1,
      PageUp: -page10,
      PageDown: page10,
      Home: -t,
      End: p.outputLength,
    };
    if (event.key in steps) {
      event.preventDefault();
      to(t + steps[event.key]);
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      store.set({ o: (o + (event.key === "ArrowDown" ? 1 : p.outputs - 1)) % p.outputs });
    } else if (event.key === "+" || event.key === "-" || event.key === "0") {
      event.preventDefault();
      zoom(event.key);
    } else if (event.key === "Escape") store.set({ pin: "" });
  };
  slider.addEventListener("keydown", key);
  document.getElementById("output").addEventListener("keydown", key);

  const inputs = document.getElementById("inputs"),
    output = document.getElementById("output");
  const position = (box, event) => {
    const at = event.clientX - box.getBoundingClientRect().left,
      [a, b] = page.view;
    return a + ((at - LEFT) / (box.clientWidth - RIGHT - LEFT)) * (b - a);
  };
  const touches = new Map();
  // A drag draws what it must; once it pauses or ends, all the rest.
  let pause = 0;
  const rest = () => {
    clearTimeout(pause);
    store.moving = false;
    store.redraw();
  };
  const slide = () => {
    clearTimeout(pause);
    pause = setTimeout(rest, 150);
    store.moving = true;
  };
  for (const box of [inputs, output]) {
    let from = null;
    box.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      touches.set(event.pointerId, event.clientX);
      const held = event.target.closest("[data-name]");
      from = {
        x: event.clientX,
        at: position(box, event),
        t: store.now.t,
        view: page.view,
        held,
        moved: false,
        zoom: event.offsetY > box.clientHeight - 20,
      };
      page.held = page.view;
      if (event.target === slider) slider.focus();
    });
    box.addEventListener("pointermove", (event) => {
      if (!touches.has(event.pointerId)) return;
      if (touches.size === 2) {
        pinch(box, event);
        return;
      }
      touches.set(event.pointerId, event.clientX);
      if (!from || (!from.moved && Math.abs(event.clientX - from.x) < 3)) return;
      if (!from.moved) {
        try {
          box.setPointerCapture(event.pointerId);
        } catch {
          /* gone already */
        }
      }
      from.moved = page.dragged = true;
      slide();
      const shift = position(box, event) - from.at;
      if (from.zoom) {
        page.held = null;
        const edge = Math.max(
          4,
          from.view[1] -
            from.view[0] +
            ((from.x - event.clientX) / box.clientWidth) * 2 * (from.view[1] - from.view[0]),
        );
        store.set({ view: [from.at - edge / 2, from.at + edge / 2] });
      } else to(nearestOutput(p, outputAt(p, from.t) + shift));
    });
    const end = (event) => {
      touches.delete(event.pointerId);
      if (from && !from.moved && event.type === "pointerup" && !from.held) to(nearestOutput(p, from.at));
      from = null;
      page.held = null;
      rest();
      setTimeout(() => {
        page.dragged = false;
      });
    };
    box.addEventListener("pointerup", end);
    box.addEventListener("pointercancel", end);
    box.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        zoom(event.deltaY < 0 ? "+" : "-", position(box, event));
      },
      { passive: false },
    );
  }
  function pinch(box, event) {
    const before = [...touches.values()],
      wide = Math.abs(before[0] - before[1]);
    touches.set(event.pointerId, event.clientX);
    const after = [...touches.values()],
      now = Math.abs(after[0] - after[1]);
    if (wide > 5 && now > 5) scale(wide / now, position(box, { clientX: (after[0] + after[1]) / 2 }));
  }
  function scale(factor, around) {
    const [a, b] = page.view,
      [low, high] = extentOf(p),
      at = around ?? Math.min(Math.max(outputAt(p, store.now.t), a), b);
    const wide = Math.min(Math.max((b - a) * factor, Math.min(8, high - low)), high - low + 1),
      share = (at - a) / (b - a);
    const from = Math.min(Math.max(at - wide * share, low - 0.5), high + 0.5 - wide);
    store.set({ view: [from, from + wide] });
  }
  function zoom(key, around) {
    if (key === "0") store.set({ view: null });
    else scale(key === "+" ? 0.5 : 2, around);
  }
  for (const button of document.querySelectorAll("[data-zoom]"))
    button.addEventListener("click", () =>
      button.dataset.zoom === "all"
        ? store.set({ view: extentOf(p).map((v, i) => v + (i ? 0.5 : -0.5)) })
        : zoom(button.dataset.zoom),
    );
  for (const button of document.querySelectorAll("[data-move]"))
    button.addEventListener("click", () => to(store.now.t + Number(button.dataset.move)));
}
