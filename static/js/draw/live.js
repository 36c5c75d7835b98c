// The answer while one draws: this browser's own, before anything is sent.

import { Recognizer } from "../recognizer/recognizer.js";
import { isReadable, roundStrokes } from "./strokes.js";

/** @typedef {import("./drawing.js").Drawing} Drawing */
/** @typedef {import("../recognizer/network.js").Prediction} Prediction */

function afterFirstPaint() {
  return new Promise((resolve) => {
    const paint = () => requestAnimationFrame(() => setTimeout(resolve));
    if (document.readyState === "complete") paint();
    else addEventListener("load", paint, { once: true });
  });
}

/** Reads the drawing again and again while it changes. Where the browser can't, nothing happens. */
export class LiveReading {
  #urls;
  #onRead;
  #recognizer = null; // until it has a network
  #drawing = null; // the one that was updated last
  #isOutdated = false; // what was read of it
  #isReading = false;

  /**
   * @param {{worker: string, network: string}} urls of the worker, and that leads to the active network
   * @param {(drawing: Drawing) => void} onRead a drawing's `reading` is another
   */
  constructor(urls, onRead) {
    this.#urls = urls;
    this.#onRead = onRead;
  }

  /** Load the network when the page has been painted. */
  async start() {
    await afterFirstPaint();
    try {
      const recognizer = new Recognizer(this.#urls.worker);
      await recognizer.load(this.#urls.network);
      this.#recognizer = recognizer;
      this.#readOutdated();
    } catch {
      // Then the site alone reads what is drawn.
    }
  }

  /** Take up the network that has become the active one meanwhile. */
  async renew() {
    try {
      await this.#recognizer?.load(this.#urls.network);
      this.update(this.#drawing);
    } catch {
      // The one that is here goes on.
    }
  }

  /**
   * Read a drawing as soon as the one before is read, as it is then.
   * @param {Drawing} drawing
   */
  update(drawing) {
    this.#drawing = drawing;
    this.#isOutdated = true;
    this.#readOutdated();
  }

  async #readOutdated() {
    if (!this.#recognizer || this.#isReading) return;
    this.#isReading = true;
    while (this.#isOutdated) {
      const drawing = this.#drawing;
      this.#isOutdated = false;
      if (drawing.answer) continue;
      drawing.reading = await this.#read(roundStrokes(drawing.strokes));
      this.#onRead(drawing);
    }
    this.#isReading = false;
  }

  async #read(strokes) {
    try {
      return isReadable(strokes) ? await this.#recognizer.read(strokes) : null;
    } catch {
      return null;
    }
  }
}
