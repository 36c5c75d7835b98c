// An answer's words and numbers. predictor/templatetags/drawings.py has the same for the server.

/** @typedef {{digit: number, is_digit: boolean, probabilities: number[]}} Prediction */

const DOUBT = 0.1; // the probability from which on the second digit is named too
const FIRST = 3; // bars that are shown before one asks for all ten
const NOT_A_DIGIT = "This doesn’t look like a digit";
const TO_TRY = "Try one digit alone, large, and in the middle.";

/**
 * Write a probability: never a round 0 or 100, as the network is never that sure.
 * @param {number} probability from 0 to 1
 * @returns {string}
 */
export function percent(probability) {
  const text = (value) => `${(100 * value).toFixed(1)}%`;
  if (probability > 0.999) return `over ${text(0.999)}`;
  return probability < 0.001 ? `under ${text(0.001)}` : text(probability);
}

/**
 * Say what was read: "A 4, perhaps a 9".
 * @param {Prediction} prediction
 * @returns {string}
 */
export function describe({ digit, is_digit: isDigit, probabilities }) {
  if (!isDigit) return NOT_A_DIGIT;
  const second = likeliest(probabilities)[1];
  const doubt = probabilities[second] > DOUBT ? `, perhaps ${withArticle(second)}` : "";
  return withArticle(digit).replace("a", "A") + doubt;
}

/**
 * Say what to try where no digit was read.
 * @param {Prediction} prediction
 * @returns {string}
 */
export function advise({ digit, is_digit: isDigit }) {
  return isDigit ? "" : `If it is one, it looks most like ${withArticle(digit)}. ${TO_TRY}`;
}

const withArticle = (digit) => (digit === 8 ? "an 8" : `a ${digit}`);

const likeliest = (probabilities) =>
  probabilities.map((_, digit) => digit).sort((a, b) => probabilities[b] - probabilities[a]);

/**
 * Choose the digits whose bars are shown before one asks for all ten.
 * @param {number[]} probabilities
 * @returns {Set<number>}
 */
export const firstBars = (probabilities) => new Set(likeliest(probabilities).slice(0, FIRST));
