// What is on the canvas, and what undo and redo lead to.

/** @typedef {import("./strokes.js").Stroke} Stroke */

/**
 * @typedef {object} Drawing
 * @property {Stroke[]} strokes
 * @property {?string} id however often it is sent, the site keeps it once under this
 * @property {?object} answer the submission that the API made of it
 * @property {boolean} [isKept] whether this browser keeps it until the site answers
 * @property {string} [message] what became of it, where the site has not answered
 * @property {?import("../recognizer/network.js").Prediction} [reading] what this browser read while it was drawn
 * @property {number | string} [pendingLabel] what the visitor said and the site has not confirmed yet
 * @property {string} [error] why the site did not confirm what the visitor said
 */

/**
 * @param {Stroke[]} [strokes]
 * @returns {Drawing}
 */
export const newDrawing = (strokes = []) => ({ strokes, id: null, answer: null });

/** Whether it was saved, and so stays as it is. */
export const isSaved = ({ answer, isKept }) => Boolean(answer || isKept);

/** The current drawing. Every change makes another one, so that undo is going back to the last. */
export class DrawingHistory {
  #state;
  #before = new WeakMap(); // the state in which each drawing was pushed

  /** @param {Drawing} drawing each of its strokes was a step, and can be undone */
  constructor(drawing) {
    const past = drawing.strokes.map((_, i) => newDrawing(drawing.strokes.slice(0, i)));
    this.#state = { past, current: drawing, future: [] };
  }

  get current() {
    return this.#state.current;
  }

  get canUndo() {
    return this.#state.past.length > 0;
  }

  get canRedo() {
    return this.#state.future.length > 0;
  }

  /**
   * @param {string} id
   * @returns {Drawing | undefined} wherever undo and redo lead to it
   */
  find(id) {
    const { past, current, future } = this.#state;
    return [...past, current, ...future].find((drawing) => drawing.id === id);
  }

  /**
   * What was undone can't be redone any more, but what was saved is not lost: undo leads to it.
   * @param {Drawing} drawing
   */
  push(drawing) {
    const { past, current, future } = this.#state;
    this.#before.set(drawing, this.#state);
    this.#state = { past: [...past, ...future.filter(isSaved), current], current: drawing, future: [] };
  }

  undo() {
    const { past, current, future } = this.#state;
    this.#state = { past: past.slice(0, -1), current: past.at(-1), future: [current, ...future] };
  }

  redo() {
    const { past, current, future } = this.#state;
    this.#state = { past: [...past, current], current: future[0], future: future.slice(1) };
  }

  /** Have it as if the current drawing had never been pushed. */
  retract() {
    this.#state = this.#before.get(this.current);
  }
}
