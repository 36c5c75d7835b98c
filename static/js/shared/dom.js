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
  const height = innerHeight - (byId("outbox")?.offsetHeight ?? 0); // which covers what is behind it
  let y = scrollY;
  for (const element of elements) {
    const { top, bottom } = element.getBoundingClientRect();
    y = Math.min(Math.max(y, bottom + MARGIN + scrollY - height), top - MARGIN + scrollY);
  }
  scrollTo({ top: y });
}
