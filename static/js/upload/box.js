// The box that is dragged round a digit.

/**
 * @typedef {object} Box in fractions of the picture's sides
 * @property {number} left
 * @property {number} top
 * @property {number} width
 * @property {number} height
 */

/** @typedef {{x: number, y: number}} Point in the same fractions */

/** @type {Box} */
export const WHOLE = { left: 0, top: 0, width: 1, height: 1 };
const SMALLEST = 0.03;
const STEP = 0.02; // of a press on an arrow key
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const clamp = (value, most = 1) => Math.min(Math.max(value, 0), most);

/**
 * @param {Point} one
 * @param {Point} other
 * @returns {Box} between two corners
 */
function span(one, other) {
  const [left, right] = [clamp(one.x), clamp(other.x)].sort((a, b) => a - b);
  const [top, bottom] = [clamp(one.y), clamp(other.y)].sort((a, b) => a - b);
  return { left, top, width: right - left, height: bottom - top };
}

const moved = ({ left, top, width, height }, x, y) => ({
  left: clamp(left + x, 1 - width),
  top: clamp(top + y, 1 - height),
  width,
  height,
});

/** The point of a corner, such as "left top", or the one opposite to it. */
function cornerOf({ left, top, width, height }, corner, isOpposite = false) {
  const isRight = corner.includes("right") !== isOpposite;
  const isBottom = corner.includes("bottom") !== isOpposite;
  return { x: left + (isRight ? width : 0), y: top + (isBottom ? height : 0) };
}

/** A box over a picture: dragged anew, moved, or pulled at its corners, by pointer and by arrow keys. */
export class CropBox {
  #element;
  #onChange;
  #dragTo = null; // while a pointer drags: the box for where it is

  /**
   * @param {HTMLElement} element lies in the element that shows the picture, and has buttons with data-corner
   * @param {(box: Box) => void} onChange
   */
  constructor(element, onChange) {
    this.#element = element;
    this.#onChange = onChange;
    this.box = WHOLE;
    const stage = element.parentElement;
    stage.addEventListener("pointerdown", (event) => this.#start(event));
    stage.addEventListener("pointermove", (event) => this.#dragTo?.(this.#at(event)));
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, () => (this.#dragTo = null));
    element.addEventListener("keydown", (event) => this.#press(event));
  }

  /** @param {Box} box what is smaller than a digit could be is not taken */
  set(box) {
    if (Math.min(box.width, box.height) < SMALLEST) return;
    this.box = box;
    for (const [side, fraction] of Object.entries(box)) this.#element.style[side] = `${100 * fraction}%`;
    this.#onChange(box);
  }

  #at({ clientX, clientY }) {
    const { left, top, width, height } = this.#element.parentElement.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  }

  #start(event) {
    if (event.button !== 0 || this.#dragTo) return;
    event.preventDefault(); // no text is selected, and no picture dragged away
    event.currentTarget.setPointerCapture(event.pointerId);
    event.target.focus({ preventScroll: true });
    const toBox = this.#dragging(event.target, this.#at(event));
    this.#dragTo = (point) => this.set(toBox(point));
  }

  #dragging(target, start) {
    const { box } = this;
    const { corner } = target.dataset;
    if (corner) return (point) => span(cornerOf(box, corner, true), point);
    const isMoved = target === this.#element && (box.width < 1 || box.height < 1);
    return isMoved ? (point) => moved(box, point.x - start.x, point.y - start.y) : (point) => span(start, point);
  }

  #press(event) {
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    const [x, y] = ARROWS[event.key].map((direction) => direction * STEP);
    const { corner } = event.target.dataset;
    if (!corner) return this.set(moved(this.box, x, y));
    const point = cornerOf(this.box, corner);
    this.set(span(cornerOf(this.box, corner, true), { x: point.x + x, y: point.y + y }));
  }
}
