// Showing where it looked, and what would change its mind.

import { byId } from "../shared/dom.js";
import { describe, percent } from "../shared/format.js";
import { gettext, interpolate, ngettext } from "../shared/i18n.js";
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
  const rows = { top: top + 1, bottom, left: left + 1, right };
  return interpolate(gettext("rows %(top)s to %(bottom)s, columns %(left)s to %(right)s"), rows);
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
    const without = (text, cell) =>
      interpolate(text, { digit, place: placeOf(cell), probability: percent(confidence - falls[cell]) });
    const grid = new HeatGrid(byId("where"), (cell) => {
      grid.mark(cell);
      byId("where-cell").textContent = without(gettext("The %(digit)s without %(place)s: %(probability)s."), cell);
    });
    grid.show(CELLS, (cell) => ({
      // By the root, so that small falls can be seen beside a large one.
      color: `rgb(255 106 20 / ${0.85 * Math.sqrt(Math.max(falls[cell] / (most || 1), 0))})`,
      words: without(gettext("without %(place)s: %(probability)s"), cell),
    }));
    byId("where-words").textContent = this.#worst(falls, most);
    if (most > 0) grid.mark(falls.indexOf(most));
  }

  #worst(falls, most) {
    const { digit, confidence } = this.#before;
    if (most <= 0) return interpolate(gettext("Whatever is covered, it does not become less sure of the %(digit)s."), { digit });
    const words = gettext("It needs most what is in %(place)s. Without it, the probability of the %(digit)s goes from %(before)s to %(after)s.");
    const place = placeOf(falls.indexOf(most));
    return interpolate(words, { place, digit, before: percent(confidence), after: percent(confidence - most) });
  }

  /** @param {Change} change */
  showErased({ cells, prediction, isOther }) {
    const count = cells.length;
    const text = isOther
      ? ngettext(
          "Without this one square the answer is: %(answer)s.",
          "Without these %(count)s squares, and no fewer of them, the answer is: %(answer)s.",
          count,
        )
      : gettext("No few squares that decide were found: without the %(count)s that it needs most, it still says: %(answer)s.");
    const words = interpolate(text, { count, answer: this.#answer(prediction) });
    this.#show("erased", erase(this.#pixels, cells), cells, words);
  }

  /** @param {Change} change */
  showAdded({ cells, prediction, isOther }) {
    const words = isOther ? this.#dab(cells, prediction) : this.#closest(cells, prediction);
    this.#show("added", addInk(this.#pixels, cells), cells, words);
  }

  #dab(cells, prediction) {
    const words = gettext("With one dab of ink more, in %(place)s, the answer is: %(answer)s.");
    return interpolate(words, { place: placeOf(cells[0]), answer: this.#answer(prediction) });
  }

  #closest(cells, { probabilities }) {
    const { digit } = this.#before;
    const words = cells.length
      ? gettext("No single dab of ink changes its mind: wherever it is, the answer stays. This one comes closest: the %(digit)s keeps %(probability)s.")
      : gettext("No single dab of ink changes its mind: wherever it is, the answer stays. The %(digit)s only becomes more probable.");
    return interpolate(words, { digit, probability: percent(probabilities[digit]) });
  }

  #answer(prediction) {
    const { digit, is_digit: isDigit, confidence } = prediction;
    if (!isDigit) return gettext("not a digit");
    const parts = { answer: describe(prediction), digit, probability: percent(confidence) };
    return interpolate(gettext("%(answer)s (the %(digit)s has %(probability)s)"), parts);
  }

  #show(id, pixels, cells, words) {
    paintChange(byId(id), pixels, cells);
    byId(`${id}-words`).textContent = words;
  }
}
