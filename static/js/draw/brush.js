// The pen's tip: it leaves ink.

/** @typedef {{x: number, y: number, time: number, isOutside: boolean}} Point on the canvas, or on its edge */

/** Adds strokes to a drawing. */
export class Brush {
  hasChanged = false;
  #width;
  #stroke = null; // while the pointer is on the canvas

  /**
   * @param {import("./drawing.js").Drawing} drawing
   * @param {number} width
   */
  constructor(drawing, width) {
    this.drawing = drawing;
    this.#width = width;
  }

  /** @param {Point} point */
  addPoint({ x, y, time, isOutside }) {
    if (!this.#stroke) {
      if (isOutside) return;
      this.#beginStroke();
    }
    const [xs, ys, ts] = this.#stroke;
    if (!xs.length || Math.hypot(x - xs.at(-1), y - ys.at(-1)) >= 1) {
      xs.push(x);
      ys.push(y);
      ts.push(time);
    }
    // A pen that leaves the canvas draws to its edge, and draws anew where it comes back.
    if (isOutside) this.#stroke = null;
  }

  #beginStroke() {
    this.#stroke = [[], [], [], this.#width];
    this.drawing.strokes.push(this.#stroke);
    this.hasChanged = true;
  }
}
