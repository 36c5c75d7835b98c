// Finding elements, and bringing them into view.

const MARGIN = 12; // CSS pixels around what is brought into view

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export const byId = (id) => document.getElementById(id);

/**
 * Scroll until the elements are on the screen; where not all of them fit, the later ones win.
 * @param {...Element} elements
 */
export function scrollIntoView(...elements) {
  const bar = byId("outbox");
  const isAbove = bar && getComputedStyle(bar).position === "sticky"; // and covers what is behind it
  const height = innerHeight - (isAbove ? bar.offsetHeight : 0);
  let y = scrollY;
  for (const element of elements) {
    const { top, bottom } = element.getBoundingClientRect();
    y = Math.min(Math.max(y, bottom + MARGIN + scrollY - height), top - MARGIN + scrollY);
  }
  scrollTo({ top: y });
}
