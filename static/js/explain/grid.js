// A square of coloured cells that mouse, keyboard and screen reader can go through.

import { gettext, interpolate } from "../shared/i18n.js";

/**
 * @typedef {object} Cell
 * @property {string} color
 * @property {string} words its number, and what it says
 */

/** The rows and cells of an element with the role grid. Arrow keys move, Enter and clicks choose. */
export class HeatGrid {
  #element;
  #onChoose;
  #cells = [];
  #side = 0;
  #current = 0; // the cell that Tab leads to

  /**
   * @param {HTMLElement} element
   * @param {(index: number) => void} onChoose hears which cell, counted row by row
   */
  constructor(element, onChoose) {
    this.#element = element;
    this.#onChoose = onChoose;
    element.addEventListener("click", ({ target }) => this.#chooseAt(target));
    element.addEventListener("keydown", (event) => this.#press(event));
  }

  /**
   * @param {number} side
   * @param {(index: number) => Cell} cellAt
   */
  show(side, cellAt) {
    if (side !== this.#side) this.#build(side);
    this.#element.removeAttribute("aria-busy");
    this.#cells.forEach((element, index) => {
      const { color, words } = cellAt(index);
      element.style.backgroundColor = color;
      const place = { words, row: Math.floor(index / side) + 1, column: (index % side) + 1 };
      element.setAttribute("aria-label", interpolate(gettext("%(words)s, row %(row)s, column %(column)s"), place));
    });
  }

  /** @param {number} index the cell that is marked */
  mark(index) {
    this.#element.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    this.#cells[index].setAttribute("aria-selected", "true");
    this.#moveTo(index);
  }

  #build(side) {
    this.#side = side;
    this.#current = 0;
    const make = (role, children) => {
      const element = document.createElement("div");
      element.setAttribute("role", role);
      element.append(...children);
      return element;
    };
    this.#cells = Array.from({ length: side ** 2 }, () => make("gridcell", []));
    for (const cell of this.#cells) cell.tabIndex = -1;
    const rows = Array.from({ length: side }, (_, y) => make("row", this.#cells.slice(y * side, (y + 1) * side)));
    this.#element.replaceChildren(...rows);
    this.#cells[0].tabIndex = 0;
  }

  #moveTo(index) {
    this.#cells[this.#current].tabIndex = -1;
    this.#cells[index].tabIndex = 0;
    this.#current = index;
  }

  #chooseAt(target) {
    const index = this.#cells.indexOf(target);
    if (index >= 0) this.#onChoose(index);
  }

  #press(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = this.#neighbour(key);
    if (key === "Enter" || key === " ") this.#chooseAt(target);
    else if (next === null) return;
    else {
      this.#moveTo(next);
      this.#cells[next].focus();
    }
    event.preventDefault(); // the page would scroll
  }

  #neighbour(key) {
    const last = this.#side - 1;
    const [row, column] = [Math.floor(this.#current / this.#side), this.#current % this.#side];
    const places = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [row, 0],
      End: [row, last],
    };
    if (!(key in places)) return null;
    const [y, x] = places[key].map((at) => Math.min(Math.max(at, 0), last));
    return y * this.#side + x;
  }
}
