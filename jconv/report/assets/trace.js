// Any number lights up where it came from and where it goes; a click pins it, and it can be copied as Python.

function spell(page, name) {
  const { M, graph } = page,
    node = graph?.get(name),
    value = (each) => shown(graph.get(each).value);
  if (!node) {
    const element = document.querySelector(`[data-name="${CSS.escape(name)}"]`);
    return element ? `${name} = ${element.dataset.value} (outside this window)` : "";
  }
  const result = ` = ${shown(node.value)}`,
    there = node.from.filter((each) => graph.has(each));
  if (node.kind === "product")
    return `${name} = ${there.map((each) => `${each} ${value(each)}`).join(" \u00d7 ")}${result}`;
  if (node.kind === "sum")
    return there.length
      ? `${name} = ${there.slice(0, 4).map(value).join(" + ")}${there.length > 4 ? ` + \u2026 (${there.length} products)` : ""}${result}`
      : `${name}${result}`;
  if (node.kind === "y")
    return `${name} = ${there
      .slice(0, 5)
      .map((each) => `${each} ${value(each)}`)
      .join(" + ")}${there.length > 5 ? ` + \u2026 (${there.length} terms)` : ""}${result}`;
  if (node.kind === "pad")
    return there.length
      ? `${name} lies outside the signal: a copy of ${there[0]}${result}`
      : `${name} lies outside the signal: zero`;
  const [a] = name.match(/-?\d+/g).map(Number),
    when = node.kind === "x" && M.facts.rate ? ` at ${timeText(M, a)}` : "";
  return `${name}${when}${result}${M.facts.unit && node.kind === "x" ? ` ${M.facts.unit}` : ""}: goes into ${node.to.length} product${node.to.length === 1 ? "" : "s"} of this sum`;
}

// The same number as Python gives it.
function pythonOf(page, name) {
  const { M, terms, store, graph } = page,
    { p } = M,
    node = graph?.get(name),
    { t, o, n } = terms ?? store.now;
  const value = node?.value ?? document.querySelector(`[data-name="${CSS.escape(name)}"]`)?.dataset.value;
  const end = `  # ${typeof value === "string" ? value : exact(value)}`,
    at = name.match(/-?\d+/g).map(Number);
  const kind = name.slice(0, name.indexOf("["));
  const sample = (i, c) => `${pythonX(p, n)}${i}, ${c}]`,
    weight = (j, c) => `kernel[${kernelIndex(p, j, c - groupOf(p, o) * p.seen, o).join(", ")}]`;
  if (kind === "x") return `${sample(...at)}${end}`;
  if (kind === "k") return `kernel[${at.join(", ")}]${end}`;
  if (kind === "bias") return `bias[${at[0]}]${end}`;
  if (kind === "pad")
    return node.from.length ? `${sample(...node.from[0].match(/\d+/g).map(Number))}${end}` : `0.0${end}`;
  if (kind === "sum") return `${pythonSum(p, n, t, o, [at[1]])}${end}`;
  if (kind === "product") {
    const tap = tapsOf(p, t).find(({ j }) => j === at[1]);
    return `${tap.index < 0 ? "0.0" : sample(tap.index, at[2])} * ${weight(at[1], at[2])}${end}`;
  }
  const sum = pythonSum(p, n, t, o, channelsOf(p, o));
  return `${sum}${M.bias ? ` + bias[${o}]` : ""}${end}`;
}

// Mark a number and all that it comes from or goes to.
function lightUp(selector, graph, name) {
  const related = new Set();
  const walk = (each, key) => {
    const node = graph?.get(each);
    for (const next of node?.[key] ?? [])
      if (!related.has(next)) {
        related.add(next);
        walk(next, key);
      }
  };
  if (name) {
    walk(name, "from");
    walk(name, "to");
  }
  for (const element of document.querySelectorAll(selector)) {
    const own = element.dataset.name;
    element.classList.toggle("lit", own === name);
    element.classList.toggle("related", related.has(own));
  }
}

function light(page, name) {
  if (name || page.lit) lightUp("#explorer [data-name]", page.graph, name);
  page.lit = Boolean(name);
  const pinned = page.store.now.pin === name && name;
  const said =
    (name && spell(page, name)) || (page.terms ? spell(page, names.y(page.store.now.t, page.store.now.o)) : "");
  document.getElementById("traced").textContent = `${pinned ? "pinned: " : ""}${said}`;
  page.named = name || (page.terms ? names.y(page.store.now.t, page.store.now.o) : "");
  document.getElementById("python").textContent = page.named ? pythonOf(page, page.named) : "";
}

const pinOf = (page) => {
  const { pin } = page.store.now;
  return pin && (page.graph?.has(pin) || document.querySelector(`[data-name="${CSS.escape(pin)}"]`)) ? pin : "";
};

async function copied(text, button) {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    const area = built(h("textarea", { class: "offscreen", "aria-hidden": "true" }, text));
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    button.focus({ preventScroll: true });
  }
  const before = button.dataset.text ?? (button.dataset.text = button.textContent);
  button.textContent = done ? "copied" : "select and copy it by hand";
  setTimeout(() => (button.textContent = before), 1500);
}

function tracing(page) {
  const { store } = page,
    box = document.getElementById("explorer");
  const named = (event) => event.target.closest?.("[data-name]");
  box.addEventListener("pointerover", (event) => {
    const element = named(event);
    if (event.pointerType !== "touch") light(page, element ? element.dataset.name : pinOf(page));
  });
  box.addEventListener("pointerleave", () => light(page, pinOf(page)));
  box.addEventListener("focusin", (event) => {
    const element = named(event);
    if (element) light(page, element.dataset.name);
  });
  box.addEventListener("focusout", () => light(page, pinOf(page)));
  const pin = (element) => store.set({ pin: store.now.pin === element.dataset.name ? "" : element.dataset.name });
  box.addEventListener("click", (event) => {
    const element = named(event);
    if (element && !page.dragged) pin(element);
  });
  box.addEventListener("keydown", (event) => {
    const element = named(event);
    if (event.key === "Escape" && store.now.pin) {
      event.preventDefault();
      store.set({ pin: "" });
    }
    if (!element) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      pin(element);
    }
    if (!event.defaultPrevented || event.key.startsWith("Arrow")) roam(event, element);
  });
  document
    .getElementById("copy-python")
    .addEventListener("click", (event) => copied(document.getElementById("python").textContent, event.currentTarget));
  document.getElementById("copy-link").addEventListener("click", (event) => copied(store.link(), event.currentTarget));
}

// Arrow keys walk over the numbers of a table, and from its end into the next one.
function roam(event, element) {
  const row = element.closest("tr"),
    way = event.key;
  if (!way.startsWith("Arrow") || event.defaultPrevented) return;
  const box = element.closest("#sum, #kernel, #spelled, #local");
  if (!box) return;
  const cells = [...box.querySelectorAll("[data-name]")].filter((each) => each.hasAttribute("tabindex")),
    at = cells.indexOf(element);
  let next = null;
  if (way === "ArrowRight") next = cells[at + 1];
  else if (way === "ArrowLeft") next = cells[at - 1];
  else if (row) {
    const column = [...row.children].indexOf(element),
      rows = [...row.parentElement.children],
      to = rows[rows.indexOf(row) + (way === "ArrowDown" ? 1 : -1)];
    next = to?.children[column]?.dataset?.name ? to.children[column] : null;
  }
  event.preventDefault();
  if (!next) return;
  for (const each of cells) each.setAttribute("tabindex", each === next ? 0 : -1);
  next.focus();
}
