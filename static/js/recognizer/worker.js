// Reads drawings beside the page, which goes on meanwhile.

import { CANVAS_SIZE, renderPicture } from "../draw/strokes.js";
import { predict } from "./network.js";
import { VERSION, preprocess } from "./preprocessing.js";
import { parseNetwork } from "./weights.js";

/** @typedef {import("../draw/strokes.js").Stroke} Stroke */
/** @typedef {import("./network.js").Prediction} Prediction */

const PEN_WIDTH = 18;
const NOISE = 8; // of 255: what some browsers add to a canvas is less, and changes nothing

class Reader {
  #network = null;
  #url = ""; // of that network
  #context = new OffscreenCanvas(CANVAS_SIZE, CANVAS_SIZE).getContext("2d", { willReadFrequently: true });

  /**
   * Take up a network, unless it is there already.
   * @param {string} url leads to the file of the active one
   */
  async load(url) {
    if (!this.#canSee()) throw new Error("This browser does not show what is on its canvas.");
    const response = await fetch(url);
    if (!response.ok) throw new Error(`The network was answered with ${response.status}.`);
    if (response.url === this.#url) return response.body.cancel();
    const network = parseNetwork(await response.arrayBuffer());
    if (network.preprocessing !== VERSION) throw new Error("The network wants another preprocessing.");
    predict(network, new Uint8Array(28 * 28)); // so that the first drawing finds it compiled
    [this.#network, this.#url] = [network, response.url];
  }

  /**
   * @param {Stroke[]} strokes as they are sent
   * @returns {?Prediction} null where there is too little to read
   */
  read(strokes) {
    const pixels = preprocess(this.#picture(strokes), CANVAS_SIZE);
    return pixels && predict(this.#network, pixels);
  }

  /** The picture that is sent, in grey. */
  #picture(strokes) {
    renderPicture(this.#context, strokes);
    const { data } = this.#context.getImageData(0, 0, CANVAS_SIZE, CANVAS_SIZE);
    const grey = new Uint8Array(data.length / 4);
    for (let i = 0; i < grey.length; i++) grey[i] = data[4 * i];
    return grey;
  }

  // Browsers that resist fingerprinting make noise of it, or blank paper.
  #canSee() {
    const middle = CANVAS_SIZE / 2;
    const grey = this.#picture([[[middle], [middle], [0], PEN_WIDTH]]);
    const edge = grey.subarray(0, CANVAS_SIZE);
    return grey[middle * CANVAS_SIZE + middle] <= NOISE && edge.every((value) => value >= 255 - NOISE);
  }
}

function serve(reader) {
  addEventListener("message", async ({ data: { id, method, argument } }) => {
    try {
      postMessage({ id, result: await reader[method](argument) });
    } catch (error) {
      postMessage({ id, error: error.message });
    }
  });
}

serve(new Reader());
