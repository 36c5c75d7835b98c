// Numbers as the network has them.

import { decimal } from "../shared/format.js";

const LEAST = 0.0005; // what is less is shown as zero

/**
 * @param {number} value
 * @returns {string} with three digits behind the point, and a true minus
 */
export const number = (value) => decimal(Math.abs(value) < LEAST ? 0 : value, 3).replace("-", "−");
