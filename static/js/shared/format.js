// Numbers as people read them.

/**
 * Write a probability as the server does: never a round 0 or 100, as the network is never that sure.
 * @param {number} probability from 0 to 1
 * @returns {string}
 */
export function percent(probability) {
  const text = (value) => `${(100 * value).toFixed(1)}%`;
  if (probability > 0.999) return `over ${text(0.999)}`;
  return probability < 0.001 ? `under ${text(0.001)}` : text(probability);
}
