// What the browser keeps: the drawing, in case the page is loaded anew.

import { newDrawing } from "./drawing.js";

/** @typedef {import("./drawing.js").Drawing} Drawing */

const STORAGE_KEY = "drawing";

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
