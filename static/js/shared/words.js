// What is said where the answer is, and where it is not.

import { byId, scrollIntoView } from "./dom.js";
import { advise, describe } from "./format.js";
import { gettext } from "./i18n.js";

/**
 * Say what was read and, where it was no digit, what to try.
 * @param {Element} element
 * @param {import("./format.js").Prediction} prediction
 */
export function showWords(element, prediction) {
  const advice = document.createElement("small");
  advice.textContent = advise(prediction);
  element.replaceChildren(`${describe(prediction)}. `, advice);
}

/**
 * Count down in an element, and bring it into view. Screen readers hear it once: a timer is not read out while it runs.
 * @param {Element} element
 * @param {number} seconds until it is sent again
 */
export function showBusy(element, seconds) {
  let timer = element.querySelector("[role=timer]");
  if (!timer) {
    timer = document.createElement("span");
    timer.setAttribute("role", "timer");
    const [before, after] = gettext("The site is busy. Sending again in %(seconds)s.").split("%(seconds)s");
    element.replaceChildren(before, timer, after);
    scrollIntoView(element);
  }
  timer.textContent = `${seconds} s`;
}

/**
 * Say below the paper why something can't be done, and bring it into view.
 * @param {string} message or nothing, which takes the last one away
 */
export function showError(message) {
  byId("error").textContent = message;
  if (message) scrollIntoView(byId("error"));
}
