// The six steps: each dims the rest, asks one action, offers a guess first, and never blocks.

const STAGES = [
  ["#inputs", "#formula"],
  ["#inputs", "#sum"],
  ["#sum"],
  ["#sum", "#running", "#formula", "#output"],
  ["#inputs", "#output", "#formula"],
  ["#kernel", "#output", "#formula", "#sum"],
];

function guideQuestion(page, ask) {
  const { M, store, terms } = page;
  if (!terms || !terms.count) return [];
  const answer = built(h("p", { "aria-live": "polite" })),
    reveal = (right, text) => (answer.textContent = `${right ? "Yes" : "Not here"}: ${text}`);
  if (ask === "product") {
    const product = terms.channels
        .flatMap((channel) => channel.products)
        .sort((u, v) => size(v.value) - size(u.value))[0],
      name = M.facts.names.inputs[product.c];
    const text = `the largest product is tap ${product.j} of ${name}: ${shown(product.x)} times ${shown(product.w)} is ${shown(product.value)}.`;
    if (M.parts === 2) return [h("p", {}, `Here numbers are complex; ${text}`)];
    return [
      h("button", { onclick: () => reveal(product.value > 0, text) }, "above 0"),
      " ",
      h("button", { onclick: () => reveal(product.value < 0, text) }, "below 0"),
      answer,
    ];
  }
  if (ask === "channel") {
    const most = [...terms.channels].sort((u, v) => size(v.sum) - size(u.sum))[0],
      list =
        terms.channels.length > 6
          ? [...new Set([most.c, ...terms.channels.slice(0, 5).map(({ c }) => c)])].sort((a, b) => a - b)
          : terms.channels.map(({ c }) => c);
    return [
      ...list.flatMap((c) => [
        h(
          "button",
          { onclick: () => reveal(c === most.c, `${M.facts.names.inputs[most.c]} adds ${shown(most.sum)}.`) },
          M.facts.names.inputs[c],
        ),
        " ",
      ]),
      answer,
    ];
  }
  if (ask === "largest")
    return [
      h(
        "button",
        {
          onclick: () => {
            store.set({ t: M.facts.first.t });
            answer.textContent = `Of ${M.facts.names.outputs[M.facts.first.o]} it is at ${M.facts.first.t}.`;
          },
        },
        "show me",
      ),
      answer,
    ];
  if (ask === "push" && M.facts.told) {
    const slider = built(
      h("input", {
        type: "range",
        min: -1,
        max: 1,
        step: 0.01,
        value: store.now.push,
        "aria-label": "push",
        oninput: (event) => store.set({ push: Number(event.target.value) }),
      }),
    );
    return [slider, built(h("p", { id: "guide-said", "aria-live": "polite" }))];
  }
  return [];
}

function showStep(page) {
  const { store } = page,
    at = store.now.guide,
    box = document.getElementById("guide-step"),
    items = [...document.querySelectorAll("#guide li")],
    explorer = document.getElementById("explorer");
  const on = at !== null && at >= 0 && at < items.length;
  box.hidden = !on;
  for (const element of explorer.querySelectorAll(".time > *, .side > *, .caption"))
    element.classList.toggle(
      "dim",
      on && !STAGES[at].some((selector) => element.matches(selector) || element.querySelector(selector)),
    );
  if (!on) {
    show(box);
    return;
  }
  const { first, widest } = page.M.facts;
  const go = (next) => {
    const push = next === null || next < 5 ? 0 : store.now.push;
    store.set({ guide: next, push, o: next === 5 ? (widest ?? first.o) : store.now.o });
  };
  const buttons = h(
    "p",
    { class: "buttons" },
    at > 0 ? h("button", { onclick: () => go(at - 1) }, "Back") : null,
    h(
      "button",
      { id: "guide-next", onclick: () => go(at + 1 < items.length ? at + 1 : null) },
      at + 1 < items.length ? "Next" : "Done",
    ),
    h("button", { onclick: () => go(null) }, "Leave (Esc)"),
  );
  const text = h(
    "p",
    {},
    `${at + 1} of ${items.length}. `,
    ...[...items[at].childNodes].map((node) => node.cloneNode(true)),
  );
  show(box, text, ...guideQuestion(page, items[at].dataset.ask), buttons);
  if (page.guided !== at) {
    page.guided = at;
    document.getElementById("guide-next").focus({ preventScroll: true });
    document.querySelector(STAGES[at][0]).scrollIntoView({ block: "center" });
  }
}

function beginGuide(page) {
  const { M, store } = page;
  document
    .getElementById("guide-start")
    .addEventListener("click", () =>
      store.set({ guide: 0, o: M.facts.first.o, t: Math.max(0, M.facts.first.t - Math.max(4, 2 * spanOf(M.p))) }),
    );
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && store.now.guide !== null && !event.defaultPrevented) {
      store.set({ guide: null });
      document.getElementById("guide-start").focus();
    }
  });
}

// In the last step: what the shares become, and that the output stays.
function sayPushed(page) {
  const said = document.getElementById("guide-said"),
    pushed = document.getElementById("push-text");
  if (said) said.textContent = page.store.now.push && pushed ? pushed.textContent : `Now: ${shareHeading(page)}.`;
}

PARTS.push({
  name: "guide",
  begin: beginGuide,
  key: ({ store, guided }) => [
    store.now.guide,
    store.now.guide === 1 || store.now.guide === 3 ? store.now.t : 0,
    store.now.o,
  ],
  draw: showStep,
});

PARTS.push({
  name: "guide-said",
  key: (page) => [page.store.now.guide, page.kernelKey, page.store.now.o],
  draw: sayPushed,
});
