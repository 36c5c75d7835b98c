// Showing what the network read.

import { byId } from "../shared/dom.js";
import { firstBars, percent } from "../shared/format.js";
import { gettext, interpolate } from "../shared/i18n.js";
import { showWords } from "../shared/words.js";
import { isSaved } from "./drawing.js";

/** @typedef {import("./drawing.js").Drawing} Drawing */

const digitOf = ({ digit, is_digit: isDigit }) => (isDigit ? digit : "–");

function showPrediction(prediction) {
  const { digit, probabilities } = prediction;
  const first = firstBars(probabilities);
  byId("digit").textContent = digitOf(prediction);
  showWords(byId("prediction"), prediction);
  document.querySelectorAll(".probabilities tbody tr").forEach((row, i) => {
    row.querySelector("meter").value = probabilities[i];
    row.querySelector("span").textContent = percent(probabilities[i]);
    row.classList.toggle("likeliest", i === digit);
    row.classList.toggle("first", first.has(i));
  });
}

/** What counts is the site's answer; that this browser read it otherwise is not kept from who saw it. */
function showDifference({ answer, reading }) {
  const differs = answer && reading && digitOf(reading) !== digitOf(answer.prediction);
  byId("difference").hidden = !differs;
  if (!differs) return;
  byId("difference").textContent = reading.is_digit
    ? interpolate(gettext("While you drew, your browser read this as %(digit)s. The site’s own answer is what is stored."), reading)
    : gettext("While you drew, your browser read this as not a digit. The site’s own answer is what is stored.");
}

/**
 * Show the site's answer to a drawing, or before there is one what this browser reads.
 * @param {Drawing} drawing
 * @param {string} historyUrl
 */
export function showAnswer(drawing, historyUrl) {
  const { answer, reading, isKept } = drawing;
  const prediction = answer?.prediction ?? reading;
  byId("details").hidden = !answer;
  byId("reading").hidden = !prediction;
  byId("unsaved").classList.toggle("out-of-turn", isSaved(drawing));
  byId("kept").classList.toggle("out-of-turn", !isKept);
  byId("label-form").classList.toggle("out-of-turn", !answer);
  byId("choices").hidden ||= !answer;
  byId("instructions").hidden = Boolean(prediction);
  showDifference({ answer, reading });
  if (prediction) showPrediction(prediction);
  else {
    byId("digit").textContent = "?";
    byId("prediction").textContent = gettext("The answer will be here.");
  }
  if (!answer) return;
  byId("pixels").src = answer.pixels_url;
  byId("pixels").parentElement.hidden = false;
  byId("explain-link").href = `${historyUrl}${answer.id}/explanation/`;
  byId("details-link").href = `${historyUrl}${answer.id}/`;
}
