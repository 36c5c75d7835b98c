// What became of the ten.

import { attachCanvas } from "../draw/canvas.js";
import { byId } from "../shared/dom.js";
import { describe, percent } from "../shared/format.js";
import { gettext, interpolate } from "../shared/i18n.js";

/**
 * @typedef {object} Round
 * @property {number} asked
 * @property {import("../draw/drawing.js").Drawing} [drawing] none where the time ran out
 */

const predictionOf = ({ drawing }) => drawing?.answer?.prediction ?? drawing?.reading;

function isRight(round) {
  const prediction = predictionOf(round);
  return Boolean(prediction?.is_digit) && prediction.digit === round.asked;
}

function wordsOf(round) {
  if (!round.drawing) return gettext("Nothing drawn in time");
  const prediction = predictionOf(round);
  if (!prediction) return gettext("Not read yet");
  if (!prediction.is_digit) return describe(prediction);
  const confidence = percent(prediction.confidence ?? Math.max(...prediction.probabilities));
  return interpolate(gettext("%(answer)s, %(confidence)s sure"), { answer: describe(prediction), confidence });
}

function stateOf({ drawing }, historyUrl) {
  if (!drawing) return "";
  if (!drawing.answer) return drawing.message ?? gettext("Being sent…");
  const link = document.createElement("a");
  link.href = `${historyUrl}${drawing.answer.id}/`;
  link.textContent = gettext("Its page");
  return link;
}

function itemOf(round, historyUrl) {
  const item = document.createElement("li");
  const asked = document.createElement("b");
  const wish = interpolate(gettext("Asked for %(digit)s"), { digit: round.asked });
  asked.textContent = `${isRight(round) ? "✓" : "✗"} ${wish}`;
  const frame = document.createElement("div");
  frame.className = "drawing-frame";
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", round.drawing ? gettext("Your drawing") : gettext("Empty paper"));
  frame.append(canvas);
  const words = document.createElement("span");
  words.textContent = wordsOf(round);
  const state = document.createElement("small");
  state.append(stateOf(round, historyUrl));
  item.append(asked, frame, words, state);
  attachCanvas(canvas, () => round.drawing?.strokes ?? []);
  return item;
}

/**
 * @param {Round[]} rounds
 * @param {string} historyUrl
 */
export function showResult(rounds, historyUrl) {
  const counts = { right: rounds.filter(isRight).length, count: rounds.length };
  byId("score").textContent = interpolate(gettext("%(right)s of %(count)s read as what you were asked for"), counts);
  byId("rounds").replaceChildren(...rounds.map((round) => itemOf(round, historyUrl)));
}
