// Showing what the network read.

import { byId } from "../shared/dom.js";
import { percent } from "../shared/format.js";

function showPrediction({ digit, confidence, is_digit: isDigit, probabilities }) {
  byId("digit").textContent = isDigit ? digit : "–";
  byId("prediction").textContent = isDigit
    ? `I read this as ${digit}. I am ${percent(confidence)} sure.`
    : `I don't think this is a digit. If it is one, it looks most like ${digit}.`;
  document.querySelectorAll(".probabilities tbody tr").forEach((row, i) => {
    row.querySelector("meter").value = probabilities[i];
    row.querySelector("span").textContent = percent(probabilities[i]);
    row.classList.toggle("likeliest", i === digit);
  });
}

/**
 * @param {?object} answer a submission as the API has it
 * @param {string} historyUrl
 */
export function showAnswer(answer, historyUrl) {
  byId("details").hidden = !answer;
  byId("instructions").hidden = Boolean(answer);
  if (!answer) {
    byId("digit").textContent = "?";
    byId("prediction").textContent = "The answer will be here.";
    return;
  }
  showPrediction(answer.prediction);
  byId("pixels").src = answer.pixels_url;
  byId("pixels").parentElement.hidden = false;
  byId("details-link").href = `${historyUrl}${answer.id}/`;
}
