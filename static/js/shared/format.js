// An answer's words and numbers. predictor/templatetags/drawings.py has the same for the server.

import { gettext, interpolate, language } from "./i18n.js";

/** @typedef {{digit: number, is_digit: boolean, probabilities: number[]}} Prediction */

const DOUBT = 0.1; // the probability from which on the second digit is named too
const FIRST = 3; // bars that are shown before one asks for all ten
const percentages = new Intl.NumberFormat(language, {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/**
 * @param {number} value
 * @param {number} digits behind the point, or whatever the page's language has there
 * @returns {string}
 */
export const decimal = (value, digits) =>
  value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/**
 * Write a probability: never a round 0 or 100, as the network is never that sure.
 * @param {number} probability from 0 to 1
 * @returns {string}
 */
export function percent(probability) {
  const text = (value) => ({ percent: percentages.format(value) });
  if (probability > 0.999) return interpolate(gettext("over %(percent)s"), text(0.999));
  return probability < 0.001 ? interpolate(gettext("under %(percent)s"), text(0.001)) : text(probability).percent;
}

/**
 * Say what was read: "A 4, perhaps a 9".
 * @param {Prediction} prediction
 * @returns {string}
 */
export function describe({ digit, is_digit: isDigit, probabilities }) {
  if (!isDigit) return gettext("This doesn’t look like a digit");
  const first = withArticle(digit).replace(/^./, (letter) => letter.toUpperCase());
  const second = likeliest(probabilities)[1];
  if (probabilities[second] <= DOUBT) return first;
  return interpolate(gettext("%(digit)s, perhaps %(other)s"), { digit: first, other: withArticle(second) });
}

/**
 * Say what to try where no digit was read.
 * @param {Prediction} prediction
 * @returns {string}
 */
export function advise({ digit, is_digit: isDigit }) {
  if (isDigit) return "";
  const words = gettext("If it is one, it looks most like %(digit)s. Try one digit alone, large, and in the middle.");
  return interpolate(words, { digit: withArticle(digit) });
}

const withArticle = (digit) => interpolate(digit === 8 ? gettext("an %(digit)s") : gettext("a %(digit)s"), { digit });

const likeliest = (probabilities) =>
  probabilities.map((_, digit) => digit).sort((a, b) => probabilities[b] - probabilities[a]);

/**
 * Choose the digits whose bars are shown before one asks for all ten.
 * @param {number[]} probabilities
 * @returns {Set<number>}
 */
export const firstBars = (probabilities) => new Set(likeliest(probabilities).slice(0, FIRST));
