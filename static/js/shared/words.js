// What is said where the answer is.

import { scrollIntoView } from "./dom.js";
import { advise, describe } from "./format.js";

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
    element.replaceChildren("The site is busy. Sending again in ", timer, ".");
    scrollIntoView(element);
  }
  timer.textContent = `${seconds} s`;
}
