// What the page is to show, as plain objects: `s` and `h` write one, and `show` makes an element's content say so. It
// touches only what differs from what it showed before, for when the window moves most of every figure stays.

class Sketch {
  constructor(tag, svg, attributes, children) {
    Object.assign(this, { tag, svg, attributes, children: [] });
    this.append(...children);
  }
  // What is absent keeps its place, so that its neighbours are still compared with themselves.
  append(...children) {
    for (const child of children) this.children.push(child ?? "");
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
}

function s(tag, attributes = {}, ...children) {
  const given = {};
  for (const name in attributes) if (attributes[name] !== undefined) given[name] = attributes[name];
  return new Sketch(tag, true, given, children);
}

function h(tag, attributes = {}, ...children) {
  const given = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || (value === false && !name.startsWith("aria-"))) continue;
    given[name] = value === true && !name.startsWith("aria-") ? "" : value;
  }
  return new Sketch(tag, false, given, children);
}

// The element of a sketch; what is an element already stays one.
function built(child) {
  if (child instanceof Node) return child;
  if (!(child instanceof Sketch)) return document.createTextNode(child);
  const element = child.svg
    ? document.createElementNS("http://www.w3.org/2000/svg", child.tag)
    : document.createElement(child.tag);
  dress(element, {}, child.attributes);
  for (const each of child.children) element.append(built(each));
  return element;
}

// Attributes, and functions as handlers of events.
function dress(element, before, now) {
  for (const name in now) {
    const value = now[name];
    if (before[name] === value) continue;
    if (typeof value === "function") element[name] = value;
    else element.setAttribute(name, value);
    // Also after someone typed or chose there.
    if (name === "value" && element.value !== String(value)) element.value = value;
    if (name === "selected") element.selected = true;
  }
  for (const name in before)
    if (!(name in now)) {
      if (typeof before[name] === "function") element[name] = null;
      else element.removeAttribute(name);
    }
}

// An element that shows the children `before` shows `now`, child by child.
function turn(element, before, now) {
  let node = element.firstChild;
  now.forEach((child, i) => {
    const old = before[i],
      next = node?.nextSibling;
    if (i >= before.length) element.append(built(child));
    else if (child !== old) {
      if (child instanceof Sketch && old instanceof Sketch && child.tag === old.tag && child.svg === old.svg) {
        dress(node, old.attributes, child.attributes);
        turn(node, old.children, child.children);
      } else if (typeof child === "object" || typeof old === "object") node.replaceWith(built(child));
      else node.data = child;
    }
    node = next;
  });
  while (node) {
    const next = node.nextSibling;
    node.remove();
    node = next;
  }
}

const SHOWN = new WeakMap();

function show(box, ...children) {
  const now = children.map((child) => child ?? ""),
    before = SHOWN.get(box);
  if (before) turn(box, before, now);
  else box.replaceChildren(...now.map(built));
  SHOWN.set(box, now);
}

// What `make` gave the last time, as long as `key` says the same: a part of a figure on which the window has no say.
function asBefore(page, name, key, make) {
  const text = JSON.stringify(key),
    old = page.before.get(name);
  if (old?.text === text) return old.value;
  const value = make();
  page.before.set(name, { text, value });
  return value;
}
