// The ten scores of which the probabilities are made.

import { byId } from "../shared/dom.js";
import { number } from "./number.js";

/** @typedef {import("../recognizer/weights.js").NetworkFile} NetworkFile */
/** @typedef {import("../recognizer/layers.js").Tensor} Tensor */

/**
 * Put the scores into the table. The network's file has the last layer's weights divided by the temperature.
 * @param {NetworkFile} network
 * @param {Tensor[]} tensors what each layer made
 * @param {number} temperature
 */
export function showScores({ layers }, tensors, temperature) {
  const softmax = layers.find(({ type }) => type === "softmax");
  const { values } = tensors[layers.findIndex(({ output }) => output === softmax.inputs[0])];
  byId("scores").querySelectorAll("tr").forEach((row, digit) => {
    row.cells[1].textContent = number(temperature * values[digit]);
    row.cells[2].textContent = number(values[digit]);
  });
}
