// Showing what the network read.

import { byId } from "../shared/dom.js";
import { firstBars, percent } from "../shared/format.js";
import { showWords } from "../shared/words.js";

function showPrediction(prediction) {
  const { digit, is_digit: isDigit, probabilities } = prediction;
  const first = firstBars(probabilities);
  byId("digit").textContent = isDigit ? digit : "–";
  showWords(byId("prediction"), prediction);
  document.querySelectorAll(".probabilities tbody tr").forEach((row, i) => {
    row.querySelector("meter").value = probabilities[i];
    row.querySelector("span").textContent = percent(probabilities[i]);
    row.classList.toggle("likeliest", i === digit);
    row.classList.toggle("first", first.has(i));
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
