// The paper to draw on, with its tools, and what the browser reads on it.

import { byId } from "../shared/dom.js";
import { gettext } from "../shared/i18n.js";
import { Brush } from "./brush.js";
import { attachCanvas } from "./canvas.js";
import { DrawingHistory, isSaved, newDrawing } from "./drawing.js";
import { Eraser } from "./eraser.js";
import { LiveReading } from "./live.js";
import { Pen } from "./pen.js";
import { CANVAS_SIZE, isReadable, toBody } from "./strokes.js";
import { Toolbar } from "./toolbar.js";

const ERASER_RADIUS_PX = 16; // on the screen, as its cursor shows it

/** @typedef {import("./drawing.js").Drawing} Drawing */

/** The part of a page that is in templates/parts/paper.html. */
export class Paper {
  #canvas = byId("canvas");
  #toolbar = new Toolbar(byId("pens"));
  #drawings;
  #onChange;
  #pen;
  #redraw;
  #live;
  #isLocked = false;

  /**
   * @param {() => void} onChange the drawing is another, or a stroke of it has ended
   * @param {() => void} onRead what the browser reads of it is another
   * @param {Drawing} [drawing] to begin with
   */
  constructor(onChange, onRead, drawing = newDrawing()) {
    const { workerUrl, networkUrl } = byId("paper").dataset;
    this.#drawings = new DrawingHistory(drawing);
    this.#onChange = onChange;
    this.#redraw = attachCanvas(this.#canvas, () => this.drawing.strokes);
    this.#live = new LiveReading({ worker: workerUrl, network: networkUrl }, (read) => read === this.drawing && onRead());
    this.#pen = new Pen(this.#canvas, {
      canDraw: () => !this.#isLocked,
      begin: (isEraserEnd) => this.#begin(isEraserEnd),
      retract: (retracted) => this.#retract(retracted),
      onPoint: () => this.#grow(),
      onEnd: (tool) => (tool.hasChanged ? this.#endStroke() : this.#retract(tool.drawing)),
    });
    byId("undo").addEventListener("click", () => this.undo());
    byId("redo").addEventListener("click", () => this.redo());
    byId("clear").addEventListener("click", () => this.clear());
  }

  /** Show what is on it, and load the network. */
  start() {
    this.#show();
    this.#live.start();
  }

  get drawing() {
    return this.#drawings.current;
  }

  /**
   * @param {string} id
   * @returns {Drawing | undefined} it, or one to which undo and redo lead
   */
  find(id) {
    return this.#drawings.find(id);
  }

  /** @returns {string} why the drawing can't be sent, if it can't */
  get complaint() {
    const { strokes } = this.drawing;
    if (!strokes.length) return gettext("The paper is still empty. Draw a digit first.");
    return isReadable(strokes) ? "" : gettext("That is very small. Draw it larger, please.");
  }

  /** @returns {object} what is sent of the drawing */
  get body() {
    const { pointerType } = this.#pen;
    const isKnown = ["mouse", "pen", "touch"].includes(pointerType);
    // By the device the site sees on which it reads badly.
    const device = { pointer: pointerType, canvas: this.#canvas.clientWidth };
    return { ...toBody(this.drawing.strokes), ...(isKnown && { device }) };
  }

  /** Leave the drawing as it is, or no longer. */
  lock(isLocked) {
    this.#isLocked = isLocked;
    this.#pen.stop();
    this.#showTools();
  }

  /** Take a new sheet: nothing leads back. */
  renew() {
    this.#drawings = new DrawingHistory(newDrawing());
    this.#toolbar.choosePen();
    this.#show();
  }

  undo() {
    if (this.#isLocked || !this.#drawings.canUndo) return;
    this.#drawings.undo();
    this.#show();
  }

  redo() {
    if (this.#isLocked || !this.#drawings.canRedo) return;
    this.#drawings.redo();
    this.#show();
  }

  clear() {
    if (this.#isLocked) return;
    this.#toolbar.choosePen();
    if (this.drawing.strokes.length) this.#push(newDrawing());
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it is for the paper
   */
  press({ key, ctrlKey, metaKey, shiftKey }) {
    const command = ctrlKey || metaKey ? key.toLowerCase() : "";
    if (command === "y" || (command === "z" && shiftKey)) this.redo();
    else if (command === "z") this.undo();
    else if (key === "Escape") this.clear();
    else return false;
    return true;
  }

  #push(drawing) {
    this.#drawings.push(drawing);
    this.#show();
  }

  // What was saved stays as it is: adding to it makes another drawing. What was read stays until it is read anew.
  #begin(isEraserEnd) {
    const { strokes, reading } = this.drawing;
    const drawing = { ...newDrawing([...strokes]), reading };
    this.#push(drawing);
    if (!strokes.length) this.#live.renew();
    this.#setDrawing(true);
    if (!isEraserEnd && !this.#toolbar.erases) return new Brush(drawing, this.#toolbar.width);
    return new Eraser(drawing, (ERASER_RADIUS_PX * CANVAS_SIZE) / this.#canvas.clientWidth);
  }

  #grow() {
    this.#redraw();
    this.#live.update(this.drawing);
  }

  #retract(drawing) {
    if (drawing !== this.drawing || isSaved(drawing)) return;
    this.#drawings.retract();
    this.#show();
  }

  #show() {
    this.#pen.stop();
    this.#grow();
    this.#endStroke();
  }

  #endStroke() {
    this.#setDrawing(false);
    this.#showTools();
    this.#onChange();
  }

  // What is read of half a digit is not read out.
  #setDrawing(isDrawing) {
    byId("prediction").setAttribute("aria-busy", isDrawing);
  }

  #showTools() {
    const isLocked = this.#isLocked;
    const disabled = {
      undo: isLocked || !this.#drawings.canUndo,
      redo: isLocked || !this.#drawings.canRedo,
      clear: isLocked || !this.drawing.strokes.length,
    };
    // Not `disabled`, which would take the focus from who uses the keyboard.
    for (const [id, isDisabled] of Object.entries(disabled)) byId(id).setAttribute("aria-disabled", isDisabled);
    this.#canvas.setAttribute("aria-busy", isLocked);
  }
}
