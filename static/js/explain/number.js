// Numbers as the network has them.

/**
 * @param {number} value
 * @returns {string} with three digits behind the point, and a true minus
 */
export function number(value) {
  const text = value.toFixed(3);
  return Number(text) === 0 ? "0.000" : text.replace("-", "−");
}
