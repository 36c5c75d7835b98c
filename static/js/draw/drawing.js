// What is on the canvas, and what undo leads back to.

/** @typedef {import("./strokes.js").Stroke} Stroke */

/**
 * @typedef {object} Drawing
 * @property {Stroke[]} strokes
 * @property {?string} id however often it is sent, the site keeps it once under this
 * @property {?object} answer the submission that the API made of it
 * @property {?import("../recognizer/network.js").Prediction} [reading] what this browser read while it was drawn
 * @property {number | string} [pendingLabel] what the visitor said and the site has not confirmed yet
 * @property {string} [error] why the site did not confirm it
 */

/**
 * @param {Stroke[]} [strokes]
 * @returns {Drawing}
 */
export const newDrawing = (strokes = []) => ({ strokes, id: null, answer: null });

/** The current drawing. Every change makes another one, so that undo is going back to the last. */
export class DrawingHistory {
  #undoStack = [];

  /** @param {Drawing} drawing each of its strokes was a step, and can be undone */
  constructor(drawing) {
    this.current = drawing;
    if (!drawing.answer) this.#undoStack = drawing.strokes.map((_, i) => newDrawing(drawing.strokes.slice(0, i)));
  }

  get canUndo() {
    return this.#undoStack.length > 0;
  }

  /** @param {Drawing} drawing */
  push(drawing) {
    this.#undoStack.push(this.current);
    this.current = drawing;
  }

  undo() {
    this.current = this.#undoStack.pop();
  }

  /** Undo never goes back behind an answer. */
  forget() {
    this.#undoStack = [];
  }
}
