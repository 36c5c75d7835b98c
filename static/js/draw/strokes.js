// Strokes as pictures and as numbers.

/** @typedef {[number[], number[], number[], number]} Stroke x and y on the canvas, milliseconds, and the pen's width */

export const CANVAS_SIZE = 280; // in its own units, and of the picture that is sent in pixels
const MIN_EXTENT = 16; // a drawing that spans less is a slip of the finger
const ROUNDED = 16; // before and after a corner at most, so that what was drawn fast keeps its corners

/**
 * Render strokes in the context's own colour, with smooth curves: `paint` in ml/strokes.py does the same.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Stroke[]} strokes
 */
export function renderStrokes(context, strokes) {
  context.lineCap = context.lineJoin = "round";
  for (const [xs, ys, , width] of strokes) {
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(xs[0], ys[0]);
    context.lineTo(xs[0] + 0.01, ys[0]); // a tap is a dot, and a line of no length is nothing
    for (let i = 1; i < xs.length - 1; i++) {
      context.lineTo(...toward(xs, ys, i, i - 1));
      context.quadraticCurveTo(xs[i], ys[i], ...toward(xs, ys, i, i + 1));
    }
    context.lineTo(xs.at(-1), ys.at(-1));
    context.stroke();
  }
}

/** Where the curve round point i begins or ends: in the middle between two points. */
function toward(xs, ys, i, other) {
  const [x, y] = [xs[other] - xs[i], ys[other] - ys[i]];
  const share = Math.min(0.5, ROUNDED / Math.max(Math.hypot(x, y), 1));
  return [xs[i] + x * share, ys[i] + y * share];
}

/**
 * Find points along the middle of a stroke as it is rendered.
 * @param {Stroke} stroke
 * @returns {number[][]} x, y and milliseconds of each
 */
export function flatten([xs, ys, ts]) {
  const points = [[xs[0], ys[0], ts[0]]];
  for (let i = 1; i < xs.length - 1; i++) {
    const [x0, y0] = toward(xs, ys, i, i - 1);
    const [x1, y1] = toward(xs, ys, i, i + 1);
    for (let t = 0; t <= 1; t += 0.25) {
      const at = (from, middle, to) => (1 - t) ** 2 * from + 2 * t * (1 - t) * middle + t ** 2 * to;
      points.push([at(x0, xs[i], x1), at(y0, ys[i], y1), ts[i]]);
    }
  }
  points.push([xs.at(-1), ys.at(-1), ts.at(-1)]);
  return points;
}

/**
 * Render the picture that is sent. It does not depend on the screen: not on its size, its sharpness or its colours.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context of a canvas of CANVAS_SIZE
 * @param {Stroke[]} strokes
 */
export function renderPicture(context, strokes) {
  context.fillStyle = "#fff";
  context.fillRect(0, 0, CANVAS_SIZE, CANVAS_SIZE);
  context.strokeStyle = "#000";
  renderStrokes(context, strokes);
}

function newContext() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = CANVAS_SIZE;
  return canvas.getContext("2d");
}

/**
 * @param {Stroke[]} strokes
 * @returns {string} a data URL
 */
export function toPng(strokes) {
  const context = newContext();
  renderPicture(context, strokes);
  return context.canvas.toDataURL("image/png");
}

/** Whether a canvas gives back what was painted on it: browsers that resist fingerprinting make noise of it. */
function isCanvasTrue() {
  const context = newContext();
  const half = CANVAS_SIZE / 2;
  renderPicture(context, []);
  context.fillStyle = "#000";
  context.fillRect(0, 0, half, CANVAS_SIZE);
  const { data } = context.getImageData(0, 0, CANVAS_SIZE, CANVAS_SIZE);
  return data.every((value, i) => value === (i % 4 === 3 || Math.floor(i / 4) % CANVAS_SIZE >= half ? 255 : 0));
}

/**
 * Round to integers, with times from the beginning of the first stroke.
 * @param {Stroke[]} strokes
 * @returns {Stroke[]}
 */
export function roundStrokes(strokes) {
  return strokes.map(([xs, ys, ts, width]) => [
    xs.map(Math.round),
    ys.map(Math.round),
    ts.map((t) => Math.round(t - strokes[0][2][0])),
    width,
  ]);
}

/**
 * Make what is sent: the strokes, and their picture. Without a picture the site paints the strokes.
 * @param {Stroke[]} strokes
 * @returns {{image?: string, strokes: number[][][], widths: number[]}}
 */
export function toBody(strokes) {
  const rounded = roundStrokes(strokes);
  return {
    ...(isCanvasTrue() && { image: toPng(rounded) }),
    strokes: rounded.map((stroke) => stroke.slice(0, 3)),
    widths: rounded.map((stroke) => stroke[3]),
  };
}

/**
 * Measure the longer side of the box around strokes.
 * @param {Stroke[]} strokes at least one
 * @returns {number}
 */
export function extent(strokes) {
  const along = (axis) => {
    const values = strokes.flatMap((stroke) => stroke[axis]);
    return Math.max(...values) - Math.min(...values);
  };
  return Math.max(along(0), along(1));
}

/**
 * @param {Stroke[]} strokes
 * @returns {boolean} whether there is enough of them to send
 */
export const isReadable = (strokes) => strokes.length > 0 && extent(strokes) >= MIN_EXTENT;
