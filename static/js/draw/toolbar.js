// The pens and the eraser to choose from.

import { loadPenWidth, savePenWidth } from "./storage.js";

const ERASER = "eraser";

/** The choice, of which the browser remembers the pen. */
export class Toolbar {
  #tools;
  #pen; // the last that was chosen

  /** @param {HTMLElement} tools holds the radio buttons */
  constructor(tools) {
    this.#tools = tools;
    const pens = [...tools.querySelectorAll(`input:not([value=${ERASER}])`)];
    this.#pen = pens.find(({ value }) => value === loadPenWidth()) ?? pens.find(({ defaultChecked }) => defaultChecked);
    this.choosePen();
    tools.addEventListener("change", ({ target }) => {
      if (target.value === ERASER) return;
      this.#pen = target;
      savePenWidth(target.value);
    });
  }

  /** Put the eraser away. */
  choosePen() {
    this.#pen.checked = true;
  }

  get erases() {
    return this.#tools.querySelector(":checked").value === ERASER;
  }

  /** Of the pen, on the canvas. */
  get width() {
    return Number(this.#pen.value);
  }
}
