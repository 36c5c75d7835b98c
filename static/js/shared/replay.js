// Drawings that are drawn again, as fast as they were, unless the visitor wants nothing to move.

const LONGEST_MS = 3000; // what took longer is shown faster
const START = 0.001; // as a share of a stroke: before it there is not even a dot

/**
 * Have each drawing replayed when a pointer or the focus comes to what is around it.
 * @param {Iterable<Element>} places each with a drawing in it
 */
export function attachReplay(places) {
  for (const place of places) {
    const svg = place.querySelector("svg.strokes");
    if (!svg) continue; // a picture
    for (const name of ["pointerenter", "focusin"]) place.addEventListener(name, () => replay(svg));
  }
}

/** @returns {boolean} */
const mayMove = () => !matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Draw the strokes of a drawing one after the other.
 * @param {SVGSVGElement} svg
 */
export function replay(svg) {
  if (!mayMove()) return;
  for (const animation of svg.getAnimations({ subtree: true })) animation.cancel();
  const strokes = [...svg.querySelectorAll("path")].map((path) => ({ path, ...timesOf(path) }));
  const end = Math.max(...strokes.map(({ start, duration }) => start + duration));
  const speed = Math.min(1, LONGEST_MS / Math.max(end, 1));
  for (const { path, start, duration } of strokes) drawAgain(path, start * speed, duration * speed);
}

function timesOf({ dataset }) {
  return { start: Math.max(Number(dataset.start), 0), duration: Math.max(Number(dataset.duration), 1) };
}

function drawAgain(path, delay, duration) {
  const keyframes = [
    { opacity: 0, strokeDasharray: "1", strokeDashoffset: 1 },
    { opacity: 1, strokeDasharray: "1", strokeDashoffset: 1 - START, offset: START },
    { opacity: 1, strokeDasharray: "1", strokeDashoffset: 0 },
  ];
  path.animate(keyframes, { delay, duration, fill: "backwards" });
}
