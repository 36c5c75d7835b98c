// Colours for numbers: dark for little, bright for much, the same on a light page and on a dark one.

const STOPS = [
  [14, 18, 38],
  [47, 70, 198],
  [222, 96, 62],
  [255, 236, 170],
];

/**
 * @param {number} share from 0 to 1
 * @returns {number[]} red, green and blue, to 255
 */
export function heat(share) {
  const at = Math.min(Math.max(share, 0), 1) * (STOPS.length - 1);
  const low = Math.min(Math.floor(at), STOPS.length - 2);
  return STOPS[low].map((value, i) => Math.round(value + (at - low) * (STOPS[low + 1][i] - value)));
}
