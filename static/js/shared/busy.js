// Telling that the site is busy, and when the page sends again by itself.

import { scrollIntoView } from "./dom.js";

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
