// The eraser: it cuts strokes where it touches their ink.

import { flatten } from "./strokes.js";

/** @typedef {import("./strokes.js").Stroke} Stroke */

const SPACING = 4; // of the points of what is cut, which is less than any pen's width

/** Takes ink from a drawing. What it does not touch stays the very same stroke. */
export class Eraser {
  hasChanged = false;
  #radius;
  #parts; // each stroke, with its points close enough to be cut between them
  #last = null;

  /**
   * @param {import("./drawing.js").Drawing} drawing
   * @param {number} radius
   */
  constructor(drawing, radius) {
    this.drawing = drawing;
    this.#radius = radius;
    this.#parts = drawing.strokes.map((stroke) => ({ stroke, points: resample(flatten(stroke)) }));
  }

  /** @param {import("./brush.js").Point} point */
  addPoint({ x, y }) {
    const from = this.#last ?? [x, y];
    this.#last = [x, y];
    const parts = this.#parts.flatMap((part) => this.#cut(part, from, [x, y]));
    if (parts.every((part, i) => part === this.#parts[i]) && parts.length === this.#parts.length) return;
    this.#parts = parts;
    this.drawing.strokes = parts.map(({ stroke }) => stroke);
    this.hasChanged = true;
  }

  #cut(part, from, to) {
    const width = part.stroke[3];
    const runs = [[]];
    for (const point of part.points) {
      if (distance(point, from, to) > this.#radius + width / 2) runs.at(-1).push(point);
      else if (runs.at(-1).length) runs.push([]);
    }
    if (runs[0].length === part.points.length) return [part];
    return runs.filter((points) => points.length).map((points) => ({ stroke: toStroke(points, width), points }));
  }
}

function toStroke(points, width) {
  return [...[0, 1, 2].map((axis) => points.map((point) => point[axis])), width];
}

/** From a point to the nearest of a line. */
function distance([x, y], [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1);
  const share = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x - x0 - share * dx, y - y0 - share * dy);
}

/**
 * Walk along a line and take a point at equal distances, the first and the last one always.
 * @param {number[][]} points
 * @returns {number[][]}
 */
function resample(points) {
  const sampled = [points[0]];
  let due = SPACING; // until the next point
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1], points[i]];
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    for (; due < length; due += SPACING) sampled.push(mix(from, to, due / length));
    due -= length;
  }
  if (points.length > 1) sampled.push(points.at(-1));
  return sampled;
}

function mix(from, to, share) {
  return from.map((value, i) => value + (to[i] - value) * share);
}
