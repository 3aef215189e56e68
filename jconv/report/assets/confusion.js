// Section 7, classes: how often each true class was taken for each class, and the examples of a cell.

const MOST_BUTTONS = 16;

function drawConfusion(page) {
  const { M, store } = page,
    { classes } = M.facts.confusion,
    { values } = M.arrays.confusion,
    size = classes.length,
    box = document.getElementById("confusion"),
    totals = classes.map((_, i) => values.slice(i * size, (i + 1) * size).reduce((a, b) => a + b, 0));
  const cell = store.now.cell,
    choose = (at) => store.set({ cell: cell === at ? null : at });
  const field = (i, k) => {
    const at = i * size + k,
      rate = totals[i] ? values[at] / totals[i] : 0,
      label = `${classes[i]} taken for ${classes[k]}: ${values[at]}`,
      style = `background:color-mix(in srgb, var(${i === k ? "--line0" : "--above"}) ${Math.round(rate * 60)}%, var(--paper))`,
      pressed = { "aria-pressed": at === cell, "aria-label": label, title: label, onclick: () => choose(at) };
    const text = size <= MOST_BUTTONS ? String(values[at]) : "";
    return h("td", { class: "number", style }, values[at] ? h("button", { class: "plain", ...pressed }, text) : "");
  };
  show(
    box,
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "group", "aria-label": "Confusions" },
      h(
        "table",
        { class: `confusion${size > MOST_BUTTONS ? " small" : ""}` },
        h("tr", {}, h("td"), ...classes.map((name) => h("th", { scope: "col" }, clipped(name, 10)))),
        ...classes.map((name, i) =>
          h("tr", {}, h("th", { scope: "row" }, clipped(name, 14)), ...classes.map((_, k) => field(i, k))),
        ),
      ),
    ),
  );
  show(document.getElementById("confusion-examples"), ...(cell === null ? [] : cellExamples(page, cell)));
}

// The examples of a cell; those that are in the page can be opened.
function cellExamples({ M, store }, cell) {
  const { classes, examples, entries } = M.facts.confusion,
    [i, k] = [Math.floor(cell / classes.length), cell % classes.length],
    count = M.arrays.confusion.values[cell],
    listed = examples.find(([a, b]) => a === i && b === k)?.[2] ?? [];
  const open = (n) => {
    store.set({ n, local: null });
    document.getElementById("explorer").scrollIntoView();
  };
  const items = listed.flatMap((number) => {
    const n = entries.indexOf(number);
    return [
      " ",
      n < 0 || n >= M.p.batch
        ? `${number},`
        : h("button", { "aria-pressed": n === store.now.n, onclick: () => open(n) }, `open ${number}`),
    ];
  });
  const more =
    listed.length < count ? ` ${listed.length ? "and " : ""}${count - listed.length} that are not listed` : "";
  return [h("p", {}, `${classes[i]} taken for ${classes[k]}, ${count} of them:`, ...items, more)];
}

PARTS.push({
  name: "confusion",
  key: ({ M, store }) => (M.facts.confusion ? [store.now.cell, store.now.n] : 0),
  draw: (page) => page.M.facts.confusion && drawConfusion(page),
});
