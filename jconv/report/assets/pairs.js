// Section 2, every pair of channels: where two work together, and where against each other.

// Covariances of all pairs of channels over the variance of the output: numbers if few, a map if many.
function drawPairs(page) {
  const { M, store } = page,
    { o, n } = store.now,
    seen = M.p.seen,
    box = document.getElementById("share-pairs");
  if (seen < 2 || seen > 128 || !M.slotOf.has(o)) return show(box);
  const { pairs } = sharesOf(M, o, partsAt(M, n, o, storedOutputs(M))),
    choose = (a, b) => {
      page.pair = page.pair && page.pair[0] === a && page.pair[1] === b ? null : [a, b];
      store.redraw();
    };
  if (seen <= 12) {
    const cells = (a) =>
      Array.from({ length: seen }, (_, b) => {
        const td = h(
          "td",
          { class: "number" },
          h(
            "button",
            {
              class: "plain",
              "aria-pressed": Boolean(page.pair && page.pair[0] === a && page.pair[1] === b),
              onclick: () => choose(a, b),
            },
            percent(pairs(a, b)),
          ),
        );
        td.setAttribute("style", `background:${weightColour(pairs(a, b), 1.6)}`);
        return td;
      });
    show(
      box,
      h(
        "details",
        { open: Boolean(page.pair) },
        h(
          "summary",
          {},
          "Covariance of every pair, over the variance of the output (click one to see the two work together or against each other)",
        ),
        h(
          "div",
          { class: "scroll" },
          h(
            "table",
            { class: "wide-table pairs" },
            h(
              "tr",
              {},
              h("td"),
              ...Array.from({ length: seen }, (_, b) => h("th", { scope: "col" }, channelName(page, b))),
            ),
            ...Array.from({ length: seen }, (_, a) =>
              h("tr", {}, h("th", { scope: "row" }, channelName(page, a)), ...cells(a)),
            ),
          ),
        ),
      ),
    );
    return;
  }
  const canvas = built(
      h("canvas", {
        width: seen,
        height: seen,
        role: "img",
        "aria-label": "Covariance of every pair of channels",
      }),
    ),
    context = canvas.getContext("2d"),
    text = built(h("p", { class: "hint" }, "Move over the map; click a pair to see both over time."));
  let largest = 0;
  for (let a = 0; a < seen; a++) for (let b = 0; b < seen; b++) largest = Math.max(largest, Math.abs(pairs(a, b)) || 0);
  for (let a = 0; a < seen; a++)
    for (let b = 0; b < seen; b++) {
      context.globalAlpha = Math.min(1, (Math.abs(pairs(a, b)) || 0) / (largest || 1));
      context.fillStyle = pairs(a, b) < 0 ? "#4393c3" : "#d6604d";
      context.fillRect(b, a, 1, 1);
    }
  canvas.style.width = canvas.style.height = "min(100%, 380px)";
  const at = (event) => {
    const r = canvas.getBoundingClientRect();
    return [
      Math.min(seen - 1, Math.floor(((event.clientY - r.top) / r.height) * seen)),
      Math.min(seen - 1, Math.floor(((event.clientX - r.left) / r.width) * seen)),
    ];
  };
  canvas.addEventListener("pointermove", (event) => {
    const [a, b] = at(event);
    text.textContent = `${channelName(page, a)} with ${channelName(page, b)}: ${percent(pairs(a, b))} of the output's variance`;
  });
  canvas.addEventListener("click", (event) => choose(...at(event)));
  show(
    box,
    h(
      "details",
      { open: Boolean(page.pair) },
      h("summary", {}, "Covariance of every pair of channels, over the variance of the output"),
      canvas,
      text,
    ),
  );
}
