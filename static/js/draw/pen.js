// Drawing with the mouse, a finger or a pen.

import { CANVAS_SIZE } from "./strokes.js";

const PEN_TIMEOUT_MS = 3_000; // without a pen until fingers draw again
const PALM_TIMEOUT_MS = 1_000; // in which what a touch left may still be the palm of a pen's hand

/** @typedef {import("./drawing.js").Drawing} Drawing */

/**
 * @typedef {object} PenHandlers
 * @property {() => boolean} canDraw
 * @property {() => Drawing} begin makes the next drawing, to which the pen adds strokes
 * @property {(drawing: Drawing) => void} retract takes back what a palm drew
 * @property {() => void} onStroke a stroke was begun
 * @property {() => void} onPoint the stroke has grown
 * @property {() => void} onEnd the pointer has left
 */

/** Lets pointers draw on a canvas, one at a time. */
export class Pen {
  #canvas;
  #handlers;
  #drawing = null;
  #pointerId = null; // of the pointer that is drawing
  #stroke = null; // while that pointer is on the canvas
  #penSeenAt = -Infinity;
  #lastTouch = null; // the drawing that a touch made last, and when the touch ended

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {PenHandlers} handlers
   */
  constructor(canvas, handlers) {
    this.#canvas = canvas;
    this.#handlers = handlers;
    canvas.addEventListener("pointerdown", (event) => this.#start(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#end(event));
    canvas.addEventListener("pointercancel", (event) => this.#end(event));
    for (const name of ["pointerdown", "pointermove", "pointerup"]) {
      canvas.addEventListener(name, (event) => {
        if (event.pointerType === "pen") this.#penSeenAt = event.timeStamp;
      });
    }
  }

  /** End what is still being drawn. */
  stop() {
    this.#drawing = this.#pointerId = this.#stroke = null;
  }

  #start(event) {
    if (event.button !== 0 || !this.#handlers.canDraw() || this.#isPalm(event)) return;
    if (event.pointerType === "pen") this.#retractPalm(event);
    if (this.#pointerId !== null) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#drawing = this.#handlers.begin();
    this.#pointerId = event.pointerId;
    this.#lastTouch = event.pointerType === "touch" ? { drawing: this.#drawing, endedAt: Infinity } : null;
    this.#addPoint(event);
  }

  #move(event) {
    if (event.pointerId !== this.#pointerId) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    for (const point of coalesced.length ? coalesced : [event]) this.#addPoint(point);
  }

  #end(event) {
    if (event.pointerId !== this.#pointerId) return;
    if (this.#lastTouch) this.#lastTouch.endedAt = event.timeStamp;
    this.stop();
    this.#handlers.onEnd();
  }

  #addPoint(event) {
    const box = this.#canvas.getBoundingClientRect();
    const fractions = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const [x, y] = fractions.map((fraction) => Math.min(Math.max(fraction, 0), 1) * CANVAS_SIZE);
    const isOutside = fractions.some((fraction) => fraction < 0 || fraction > 1);
    if (!this.#stroke) {
      if (isOutside) return;
      this.#beginStroke();
    }
    const [xs, ys, ts] = this.#stroke;
    if (!xs.length || Math.hypot(x - xs.at(-1), y - ys.at(-1)) >= 1) {
      xs.push(x);
      ys.push(y);
      ts.push(performance.timeOrigin + event.timeStamp);
    }
    // A pen that leaves the canvas draws to its edge, and draws anew where it comes back.
    if (isOutside) this.#stroke = null;
    this.#handlers.onPoint();
  }

  #beginStroke() {
    this.#stroke = [[], [], []];
    this.#drawing.strokes.push(this.#stroke);
    this.#handlers.onStroke();
  }

  // The hand that holds a pen lies on the canvas too.
  #isPalm({ pointerType, timeStamp }) {
    return pointerType === "touch" && timeStamp - this.#penSeenAt < PEN_TIMEOUT_MS;
  }

  // A palm often lands first, and the browser may take it back as soon as it notices the pen.
  #retractPalm({ timeStamp }) {
    const touch = this.#lastTouch;
    this.#lastTouch = null;
    if (touch && timeStamp - touch.endedAt <= PALM_TIMEOUT_MS) this.#handlers.retract(touch.drawing);
  }
}
