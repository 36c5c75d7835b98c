// The canvas on the screen, as sharp as the screen is.

import { CANVAS_SIZE, renderStrokes } from "./strokes.js";

/**
 * Keep showing a drawing, whatever size the canvas has.
 * @param {HTMLCanvasElement} canvas
 * @param {() => import("./strokes.js").Stroke[]} getStrokes
 * @returns {() => void} renders them again with the next frame
 */
export function attachCanvas(canvas, getStrokes) {
  const context = canvas.getContext("2d");
  let frame = 0;

  function render() {
    const style = getComputedStyle(canvas);
    const pixels = Math.round(parseFloat(style.width) * devicePixelRatio);
    if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
    context.setTransform(pixels / CANVAS_SIZE, 0, 0, pixels / CANVAS_SIZE, 0, 0);
    context.clearRect(0, 0, CANVAS_SIZE, CANVAS_SIZE);
    context.strokeStyle = style.color;
    renderStrokes(context, getStrokes());
  }

  function redraw() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(render);
  }

  new ResizeObserver(redraw).observe(canvas);
  addEventListener("resize", redraw); // zooming may change the sharpness alone
  return redraw;
}
