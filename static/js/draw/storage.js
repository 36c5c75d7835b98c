// What the browser keeps: the drawing, in case the page is loaded anew, and the pen that was chosen.

import { newDrawing } from "./drawing.js";

/** @typedef {import("./drawing.js").Drawing} Drawing */

const STORAGE_KEY = "strokes";
const PEN_WIDTH_KEY = "pen-width";

/** @param {Drawing} drawing */
export function saveDrawing(drawing) {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(drawing));
  } catch {
    // The browser keeps nothing for this site; all else works.
  }
}

/**
 * Load the drawing that was saved last, with its answer only for who was elsewhere and comes back.
 * @returns {Drawing}
 */
export function loadDrawing() {
  try {
    const saved = JSON.parse(sessionStorage.getItem(STORAGE_KEY)) ?? newDrawing();
    delete saved.pendingLabel; // it was sent when the page was left
    const [{ type }] = performance.getEntriesByType("navigation");
    return saved.answer && type !== "back_forward" ? newDrawing() : saved;
  } catch {
    return newDrawing();
  }
}

/** @param {string} width */
export function savePenWidth(width) {
  try {
    localStorage.setItem(PEN_WIDTH_KEY, width);
  } catch {
    // It keeps nothing, as above.
  }
}

/** @returns {?string} of the pen that was chosen last */
export function loadPenWidth() {
  try {
    return localStorage.getItem(PEN_WIDTH_KEY);
  } catch {
    return null;
  }
}
