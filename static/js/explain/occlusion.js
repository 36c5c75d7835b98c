// What the network says when parts of the picture are covered, erased or inked.

/** @typedef {import("../recognizer/network.js").Prediction} Prediction */
/** @typedef {(pixels: Uint8Array) => Prediction} Ask */

/**
 * @typedef {object} Change that was tried
 * @property {number[]} cells that were painted over; none where there was nothing to try
 * @property {Prediction} prediction that followed
 * @property {boolean} isOther whether that is another answer
 */

const SIDE = 28;
const CELL = 2; // pixels
const MARGIN = 1; // pixels around a cell that are painted too
const PAPER = 0;
const INK = 255;
const MOST_ERASED = 12; // squares: about half of a digit

export const CELLS = SIDE / CELL; // a side

/**
 * The square of 4x4 pixels around a cell; smaller at the edge.
 * @param {number} cell row by row
 * @returns {{left: number, top: number, right: number, bottom: number}}
 */
export function squareOf(cell) {
  const [row, column] = [Math.floor(cell / CELLS), cell % CELLS];
  const start = (at) => Math.max(CELL * at - MARGIN, 0);
  const end = (at) => Math.min(CELL * (at + 1) + MARGIN, SIDE);
  return { left: start(column), top: start(row), right: end(column), bottom: end(row) };
}

function placesOf(cell) {
  const { left, top, right, bottom } = squareOf(cell);
  const places = [];
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) places.push(y * SIDE + x);
  return places;
}

/**
 * @param {Uint8Array} pixels
 * @param {number[]} cells
 * @param {number} value
 * @returns {Uint8Array} a copy, in which these cells' squares have this value
 */
function paint(pixels, cells, value) {
  const painted = pixels.slice();
  for (const place of cells.flatMap(placesOf)) painted[place] = value;
  return painted;
}

export const erase = (pixels, cells) => paint(pixels, cells, PAPER);
export const addInk = (pixels, cells) => paint(pixels, cells, INK);

const allCells = () => Array.from({ length: CELLS ** 2 }, (_, cell) => cell);

/**
 * @param {Uint8Array} pixels
 * @returns {number[]} the cells whose squares have ink
 */
const inkedCells = (pixels) => allCells().filter((cell) => placesOf(cell).some((place) => pixels[place]));

/** Cells for a dab: where a digit may be, and is not black already. */
function freeCells(pixels) {
  const isInside = (at) => at > 0 && at < CELLS - 1;
  const isBlack = (cell) => placesOf(cell).every((place) => pixels[place] > INK / 2);
  return allCells().filter((cell) => isInside(Math.floor(cell / CELLS)) && isInside(cell % CELLS) && !isBlack(cell));
}

const answerOf = ({ digit, is_digit: isDigit }) => (isDigit ? digit : null);

/**
 * Cover each square with paper.
 * @param {Ask} ask
 * @param {Uint8Array} pixels
 * @param {Prediction} before
 * @param {(done: number) => void} onProgress hears which part is done
 * @returns {Float64Array} for each cell how much the likeliest digit's probability falls
 */
export function findFalls(ask, pixels, before, onProgress) {
  const falls = new Float64Array(CELLS ** 2);
  inkedCells(pixels).forEach((cell, i, cells) => {
    falls[cell] = before.confidence - ask(erase(pixels, [cell])).probabilities[before.digit];
    onProgress((i + 1) / cells.length);
  });
  return falls;
}

/**
 * Erase more and more squares, those that are needed most first; then put back what need not be erased.
 * @param {Ask} ask
 * @param {Uint8Array} pixels
 * @param {Prediction} before
 * @param {Float64Array} falls
 * @returns {Change}
 */
export function eraseUntilOther(ask, pixels, before, falls) {
  const tryCells = (cells) => tried(cells, ask(erase(pixels, cells)), before);
  const order = inkedCells(pixels).sort((a, b) => falls[b] - falls[a]);
  let change = tried([], before, before);
  for (let count = 1; count <= Math.min(MOST_ERASED, order.length) && !change.isOther; count++) {
    change = tryCells(order.slice(0, count));
  }
  if (!change.isOther) return change;
  for (const cell of change.cells) {
    const fewer = tryCells(change.cells.filter((other) => other !== cell));
    if (fewer.isOther) change = fewer;
  }
  return change;
}

/**
 * Add one dab of ink, wherever there is room.
 * @param {Ask} ask
 * @param {Uint8Array} pixels
 * @param {Prediction} before
 * @param {(done: number) => void} onProgress hears which part is done
 * @returns {Change} to the likeliest other answer; else the one that takes most from the likeliest digit
 */
export function addUntilOther(ask, pixels, before, onProgress) {
  const changes = freeCells(pixels).map((cell, i, cells) => {
    const change = tried([cell], ask(addInk(pixels, [cell])), before);
    onProgress((i + 1) / cells.length);
    return change;
  });
  const lost = ({ prediction, isOther }) => isOther + 1 - prediction.probabilities[before.digit];
  return changes.reduce((a, b) => (lost(b) > lost(a) ? b : a), tried([], before, before));
}

const tried = (cells, prediction, before) => ({
  cells,
  prediction,
  isOther: answerOf(prediction) !== answerOf(before),
});
