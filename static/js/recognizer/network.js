// A network, run layer by layer.

import { compute } from "./layers.js";

const SIDE = 28;

/** @typedef {import("./layers.js").Tensor} Tensor */
/** @typedef {import("./weights.js").NetworkFile} NetworkFile */

/**
 * @typedef {object} Prediction as the API has it
 * @property {number} digit the likeliest, even when it is no digit
 * @property {number} confidence
 * @property {number[]} probabilities
 * @property {boolean} is_digit
 * @property {number} digit_score
 */

/**
 * Run all layers.
 * @param {NetworkFile} network
 * @param {Uint8Array} pixels 28x28, 0 for paper to 255 for ink
 * @returns {Tensor[]} what each layer makes of them
 */
export function activations({ input, layers }, pixels) {
  const tensors = { [input]: { shape: [1, SIDE, SIDE], values: Float64Array.from(pixels) } };
  return layers.map((layer) => {
    const inputs = layer.inputs.map((tensor) => tensors[tensor]);
    return (tensors[layer.output] = compute(layer, inputs));
  });
}

/**
 * @param {NetworkFile} network
 * @param {Uint8Array} pixels 28x28, 0 for paper to 255 for ink
 * @returns {Prediction}
 */
export function predict(network, pixels) {
  const scores = [...activations(network, pixels).at(-1).values];
  const probabilities = scores.slice(0, 10);
  const confidence = Math.max(...probabilities);
  return {
    digit: probabilities.indexOf(confidence),
    confidence,
    probabilities,
    is_digit: scores[10] >= network.digit_threshold,
    digit_score: scores[10],
  };
}
