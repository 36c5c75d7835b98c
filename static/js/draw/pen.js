// Drawing with the mouse, a finger or a pen.

import { CANVAS_SIZE } from "./strokes.js";

const PEN_TIMEOUT_MS = 3_000; // without a pen until fingers draw again
const PALM_TIMEOUT_MS = 1_000; // in which what a touch left may still be the palm of a pen's hand
const TIP = 0; // of the buttons of a pointer, as the left one of a mouse
const ERASER_END = 5;

/** @typedef {import("./drawing.js").Drawing} Drawing */
/** @typedef {import("./brush.js").Brush | import("./eraser.js").Eraser} Tool */

/**
 * @typedef {object} PenHandlers
 * @property {() => boolean} canDraw
 * @property {(isEraserEnd: boolean) => Tool} begin makes the next drawing, which the tool will change
 * @property {(drawing: Drawing) => void} retract takes back what a palm drew, or the first of two fingers
 * @property {() => void} onPoint the drawing has changed
 * @property {(tool: Tool) => void} onEnd the pointer has left
 */

/** Lets pointers draw on a canvas, one at a time. */
export class Pen {
  #canvas;
  #handlers;
  pointerType = ""; // of what drew last: "mouse", "pen" or "touch"
  #tool = null;
  #pointerId = null; // of the pointer that is drawing
  #penSeenAt = -Infinity;
  #fingers = new Set(); // the touches that are on the canvas
  #touches = []; // what touches drew lately, and when each ended

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
    // Nor does a palm zoom the page.
    canvas.addEventListener("touchstart", (event) => this.#isPenInUse(event) && event.preventDefault(), { passive: false });
  }

  /** End what is still being drawn. */
  stop() {
    this.#tool = this.#pointerId = null;
  }

  #start(event) {
    if (event.pointerType === "touch" && this.#isSecondFinger(event)) return this.#letZoom();
    if (![TIP, ERASER_END].includes(event.button) || !this.#handlers.canDraw() || this.#isPalm(event)) return;
    if (event.pointerType === "pen") this.#retractPalm(event);
    if (this.#pointerId !== null) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#tool = this.#handlers.begin(event.button === ERASER_END);
    this.#pointerId = event.pointerId;
    this.pointerType = event.pointerType;
    if (event.pointerType === "touch") this.#rememberTouch(event);
    this.#addPoint(event);
  }

  #move(event) {
    if (event.pointerId !== this.#pointerId) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    for (const point of coalesced.length ? coalesced : [event]) this.#addPoint(point);
  }

  #end(event) {
    this.#fingers.delete(event.pointerId);
    for (const touch of this.#touches) {
      if (touch.pointerId === event.pointerId) touch.endedAt = Math.min(touch.endedAt, event.timeStamp);
    }
    if (event.pointerId !== this.#pointerId) return;
    const tool = this.#tool;
    this.stop();
    this.#handlers.onEnd(tool);
  }

  #addPoint(event) {
    const box = this.#canvas.getBoundingClientRect();
    const fractions = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const [x, y] = fractions.map((fraction) => Math.min(Math.max(fraction, 0), 1) * CANVAS_SIZE);
    const isOutside = fractions.some((fraction) => fraction < 0 || fraction > 1);
    this.#tool.addPoint({ x, y, time: performance.timeOrigin + event.timeStamp, isOutside });
    this.#handlers.onPoint();
  }

  // --- Fingers

  #isSecondFinger({ pointerId, isPrimary }) {
    if (isPrimary) this.#fingers.clear(); // there is no other, whatever was not heard of the last ones
    this.#fingers.add(pointerId);
    return this.#fingers.size > 1;
  }

  // Two fingers zoom the page, and what the first one has drawn until the second came was not meant.
  #letZoom() {
    if (!this.#fingers.has(this.#pointerId)) return;
    const { drawing } = this.#tool;
    this.stop();
    this.#handlers.retract(drawing);
  }

  // --- Palms: the hand that holds a pen lies on the canvas too

  #isPenInUse({ timeStamp }) {
    return timeStamp - this.#penSeenAt < PEN_TIMEOUT_MS;
  }

  #isPalm(event) {
    return event.pointerType === "touch" && this.#isPenInUse(event);
  }

  #rememberTouch({ pointerId, timeStamp }) {
    this.#touches = this.#touches.filter(({ endedAt }) => timeStamp - endedAt <= PALM_TIMEOUT_MS);
    this.#touches.push({ pointerId, drawing: this.#tool.drawing, endedAt: Infinity });
  }

  // A palm often lands first, and the browser may take it back as soon as it notices the pen.
  #retractPalm({ timeStamp }) {
    for (const { drawing, endedAt } of this.#touches.reverse()) {
      if (timeStamp - endedAt <= PALM_TIMEOUT_MS) this.#handlers.retract(drawing);
    }
    this.#touches = [];
  }
}
