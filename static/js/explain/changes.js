// Showing where it looked, and what would change its mind.

import { byId } from "../shared/dom.js";
import { describe, percent } from "../shared/format.js";
import { HeatGrid } from "./grid.js";
import { CELLS, addInk, erase, squareOf } from "./occlusion.js";

/** @typedef {import("../recognizer/network.js").Prediction} Prediction */
/** @typedef {import("./occlusion.js").Change} Change */

const SIDE = 28;
const SCALE = 8; // of a canvas' pixels to those that the network saw
const MARK = "#ff7a2f";

function paintPixels(canvas, pixels) {
  const context = canvas.getContext("2d");
  pixels.forEach((value, i) => {
    context.fillStyle = `rgb(${value} ${value} ${value})`;
    context.fillRect(SCALE * (i % SIDE), SCALE * Math.floor(i / SIDE), SCALE, SCALE);
  });
  return context;
}

function paintChange(canvas, pixels, cells) {
  const context = paintPixels(canvas, pixels);
  context.strokeStyle = MARK;
  context.lineWidth = 3;
  for (const { left, top, right, bottom } of cells.map(squareOf)) {
    context.strokeRect(SCALE * left, SCALE * top, SCALE * (right - left), SCALE * (bottom - top));
  }
}

const placeOf = (cell) => {
  const { left, top, right, bottom } = squareOf(cell);
  return `rows ${top + 1} to ${bottom}, columns ${left + 1} to ${right}`;
};

/** Chapters 3 and 4. */
export class Changes {
  #pixels;
  #before;

  /**
   * @param {Uint8Array} pixels
   * @param {Prediction} before
   */
  constructor(pixels, before) {
    this.#pixels = pixels;
    this.#before = before;
  }

  /** @param {Float64Array} falls */
  showFalls(falls) {
    const { digit, confidence } = this.#before;
    const most = falls.reduce((a, b) => Math.max(a, b), 0);
    const wordsFor = (cell) => `without ${placeOf(cell)}: ${percent(confidence - falls[cell])}`;
    const grid = new HeatGrid(byId("where"), (cell) => {
      grid.mark(cell);
      byId("where-cell").textContent = `The ${digit} ${wordsFor(cell)}.`;
    });
    grid.show(CELLS, (cell) => ({
      // By the root, so that small falls can be seen beside a large one.
      color: `rgb(255 106 20 / ${0.85 * Math.sqrt(Math.max(falls[cell] / (most || 1), 0))})`,
      words: wordsFor(cell),
    }));
    byId("where-words").textContent = this.#worst(falls, most);
    if (most > 0) grid.mark(falls.indexOf(most));
  }

  #worst(falls, most) {
    const { digit, confidence } = this.#before;
    if (most <= 0) return `Whatever is covered, it does not become less sure of the ${digit}.`;
    const worst = falls.indexOf(most);
    return `It needs most what is in ${placeOf(worst)}. Without it, the probability of the ${digit} goes from ${percent(confidence)} to ${percent(confidence - most)}.`;
  }

  /** @param {Change} change */
  showErased({ cells, prediction, isOther }) {
    const squares = cells.length === 1 ? "this one square" : `these ${cells.length} squares, and no fewer of them,`;
    const words = isOther
      ? `Without ${squares} the answer is: ${this.#answer(prediction)}.`
      : `No few squares that decide were found: without the ${cells.length} that it needs most, it still says: ${this.#answer(prediction)}.`;
    this.#show("erased", erase(this.#pixels, cells), cells, words);
  }

  /** @param {Change} change */
  showAdded({ cells, prediction, isOther }) {
    const words = isOther
      ? `With one dab of ink more, in ${placeOf(cells[0])}, the answer is: ${this.#answer(prediction)}.`
      : `No single dab of ink changes its mind: wherever it is, the answer stays. ${this.#closest(cells, prediction)}`;
    this.#show("added", addInk(this.#pixels, cells), cells, words);
  }

  #closest(cells, { probabilities }) {
    const { digit } = this.#before;
    if (!cells.length) return `The ${digit} only becomes more probable.`;
    return `This one comes closest: the ${digit} keeps ${percent(probabilities[digit])}.`;
  }

  #answer(prediction) {
    const { digit, is_digit: isDigit, confidence } = prediction;
    return isDigit ? `${describe(prediction)} (the ${digit} has ${percent(confidence)})` : "not a digit";
  }

  #show(id, pixels, cells, words) {
    paintChange(byId(id), pixels, cells);
    byId(`${id}-words`).textContent = words;
  }
}
