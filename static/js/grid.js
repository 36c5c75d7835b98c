// The grid: how many its button labels, and digits that are typed over drawings.

import { byId } from "./shared/dom.js";
import { gettext, interpolate } from "./shared/i18n.js";

const grid = byId("grid");
const { label, value } = grid?.dataset ?? {};

const box = (cell) => cell.querySelector("[name=wrong]");
const typed = (cell) => cell.querySelector("[name=typed]");

function count() {
  const cells = [...grid.children];
  const asTyped = cells.filter(typed).length;
  const asShown = cells.filter((cell) => !box(cell).checked && !typed(cell)).length;
  const words = asTyped
    ? gettext("Label %(count)s as %(label)s and %(typed)s as typed")
    : gettext("Label %(count)s as %(label)s");
  byId("press").textContent = interpolate(words, { count: asShown, label, typed: asTyped });
}

function forget(cell) {
  typed(cell)?.remove();
  delete cell.querySelector("label").dataset.typed;
}

/**
 * Label one drawing with another digit than all others.
 * @param {HTMLElement} cell
 * @param {string} digit
 */
function type(cell, digit) {
  forget(cell);
  box(cell).checked = false;
  if (digit !== value) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "typed", value: `${box(cell).value} ${digit}` });
    cell.append(input);
    cell.querySelector("label").dataset.typed = digit;
  }
  const number = [...grid.children].indexOf(cell) + 1;
  byId("grid-status").textContent = interpolate(gettext("Drawing %(number)s will be labelled %(digit)s."), { number, digit });
  count();
}

function attach() {
  let cell = null; // that the pointer or the focus came to last
  for (const name of ["pointerover", "focusin"]) {
    grid.addEventListener(name, ({ target }) => (cell = target.closest("li") ?? cell));
  }
  grid.addEventListener("pointerleave", () => (cell = grid.querySelector("li:focus-within")));
  document.addEventListener("keydown", ({ key, ctrlKey, altKey, metaKey }) => {
    if (cell && /^[0-9]$/.test(key) && !ctrlKey && !altKey && !metaKey) type(cell, key);
  });
  grid.addEventListener("change", ({ target }) => {
    forget(target.closest("li"));
    count();
  });
  // What the browser kept of an earlier visit counts too.
  addEventListener("pageshow", count);
}

if (grid) attach();
