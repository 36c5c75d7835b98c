// A drawing to the 28x28 that the network sees: what ml/preprocessing.py does, for what the page draws.

export const VERSION = "1"; // that of ml/preprocessing.py

const SIDE = 28;
const DIGIT_SIDE = 20;
const CENTER = 14.5;
const MIN_CONTRAST = 24;
const BOX_LEVEL = 0.15;
const CHANNELS = 3; // the server sees red, green and blue, whose values are the same here

/** @typedef {{values: Float64Array, width: number, height: number}} Ink 0 for paper to 1 for ink */

/**
 * @param {Uint8Array} grey
 * @param {number} side
 * @returns {Uint8Array} the outermost pixels, sorted
 */
function sortedBorder(grey, side) {
  const inner = Array.from({ length: side - 2 }, (_, i) => (i + 1) * side);
  const columns = inner.flatMap((row) => [grey[row], grey[row + side - 1]]);
  return Uint8Array.of(...grey.subarray(0, side), ...grey.subarray(-side), ...columns).sort();
}

/** The value below which nine tenths are, as NumPy interpolates it over all channels. */
function ninetiethPercentile(sorted) {
  const at = 0.9 * (CHANNELS * sorted.length - 1);
  const [low, high] = [Math.floor(at), Math.ceil(at)].map((i) => sorted[Math.floor(i / CHANNELS)]);
  return low + (high - low) * (at % 1);
}

function boundingBox(distance, side, level) {
  let [left, top, right, bottom] = [side, side, -1, -1];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (distance[y * side + x] < level) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * What was drawn, cropped to its bounding box.
 * @param {Uint8Array} grey a square picture
 * @param {number} side
 * @returns {?Ink} null where it can't be told from the paper
 */
function ink(grey, side) {
  const border = sortedBorder(grey, side);
  const paper = Math.floor((border[border.length / 2 - 1] + border[border.length / 2]) / 2);
  const distance = grey.map((value) => Math.abs(value - paper));
  const contrast = distance.reduce((a, b) => Math.max(a, b));
  if (contrast < MIN_CONTRAST) return null;
  const deviations = border.map((value) => Math.abs(value - paper)).sort();
  const grain = ninetiethPercentile(deviations);
  const floor = Math.min(2 * grain, contrast / 3);
  const { left, top, width, height } = boundingBox(distance, side, Math.ceil(floor + BOX_LEVEL * (contrast - floor)));
  const values = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = distance[(top + y) * side + left + x];
      values[y * width + x] = Math.max(value - floor, 0) / (contrast - floor);
    }
  }
  return { values, width, height };
}

/** The ink in each column, and in each row. */
function profiles({ values, width, height }) {
  const across = new Float64Array(width);
  const down = new Float64Array(height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      across[x] += values[y * width + x];
      down[y] += values[y * width + x];
    }
  }
  return { across, down };
}

/**
 * How much each source pixel along an axis counts for each of the 28.
 * @param {Float64Array} profile the ink along this axis; its centre of mass goes to CENTER
 * @param {number} pixel the side of one of the 28, in source pixels
 * @returns {Float64Array[]} for each of the 28 a weight for each source pixel
 */
function averages(profile, pixel) {
  const total = profile.reduce((a, b) => a + b);
  const center = profile.reduce((sum, value, i) => sum + (i + 0.5) * value, 0) / total;
  const covered = (edge, i) => Math.min(Math.max(center + (edge - CENTER) * pixel - i, 0), 1);
  return Array.from({ length: SIDE }, (_, k) => profile.map((_, i) => (covered(k + 1, i) - covered(k, i)) / pixel));
}

/**
 * Average over rows; turned, so that the second time averages over columns.
 * @param {Float64Array[]} weights
 * @param {Float64Array} values
 * @param {number} width
 * @returns {Float64Array} a row for each column of the values, of 28 numbers
 */
function averageRows(weights, values, width) {
  const result = new Float64Array(width * SIDE);
  weights.forEach((row, k) => {
    for (let y = 0; y < row.length; y++) {
      if (!row[y]) continue;
      for (let x = 0; x < width; x++) result[x * SIDE + k] += row[y] * values[y * width + x];
    }
  });
  return result;
}

/** Scale to a longer side of 20 and move the centre of mass to where MNIST has it. */
function center(drawn) {
  const { across, down } = profiles(drawn);
  const pixel = Math.max(drawn.width, drawn.height) / DIGIT_SIDE;
  const rows = averageRows(averages(down, pixel), drawn.values, drawn.width);
  const mean = averageRows(averages(across, pixel), rows, SIDE);
  const largest = Math.max(...mean);
  return Uint8Array.from(mean, (value) => Math.round((255 * value) / largest));
}

/**
 * @param {Uint8Array} grey a square picture
 * @param {number} side
 * @returns {?Uint8Array} 28x28, 0 for paper to 255 for ink; null where there is too little to see
 */
export function preprocess(grey, side) {
  const drawn = ink(grey, side);
  if (!drawn || Math.max(drawn.width, drawn.height) < DIGIT_SIDE) return null;
  return center(drawn);
}
