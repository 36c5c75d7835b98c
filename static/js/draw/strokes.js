// Strokes as pictures and as numbers.

/** @typedef {[number[], number[], number[]]} Stroke x and y on the canvas, and milliseconds */

export const CANVAS_SIZE = 280; // in its own units, and of the picture that is sent in pixels
const LINE_WIDTH = 18;
export const MIN_EXTENT = 16; // a drawing that spans less is a slip of the finger

/**
 * Render strokes in the context's own colour.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Stroke[]} strokes
 */
export function renderStrokes(context, strokes) {
  context.lineWidth = LINE_WIDTH;
  context.lineCap = context.lineJoin = "round";
  for (const [xs, ys] of strokes) {
    context.beginPath();
    context.moveTo(xs[0], ys[0]);
    context.lineTo(xs[0] + 0.01, ys[0]); // a tap is a dot, and a line of no length is nothing
    for (let i = 1; i < xs.length; i++) context.lineTo(xs[i], ys[i]);
    context.stroke();
  }
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

/**
 * @param {Stroke[]} strokes
 * @returns {string} a data URL
 */
export function toPng(strokes) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = CANVAS_SIZE;
  renderPicture(canvas.getContext("2d"), strokes);
  return canvas.toDataURL("image/png");
}

/**
 * Round to integers, with times from the beginning of the first stroke.
 * @param {Stroke[]} strokes
 * @returns {Stroke[]}
 */
export function roundStrokes(strokes) {
  return strokes.map(([xs, ys, ts]) => [
    xs.map(Math.round),
    ys.map(Math.round),
    ts.map((t) => Math.round(t - strokes[0][2][0])),
  ]);
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
