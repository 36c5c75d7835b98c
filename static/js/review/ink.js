// How a drawing was drawn: its strokes, over its picture for as long as they are drawn again.

import { byId } from "../shared/dom.js";
import { replay } from "../shared/replay.js";

const SVG = "http://www.w3.org/2000/svg";

/** @param {{d: string, width: number, start: number, duration: number}[]} paths none of a picture */
export function showPaths(paths) {
  byId("ink").toggleAttribute("hidden", true);
  byId("ink").replaceChildren(...paths.map(toElement));
  byId("replay").style.visibility = paths.length ? "" : "hidden"; // it keeps its place
}

function toElement({ d, width, start, duration }) {
  const path = document.createElementNS(SVG, "path");
  const attributes = { d, pathLength: 1, "stroke-width": width, "data-start": start, "data-duration": duration };
  for (const [name, value] of Object.entries(attributes)) path.setAttribute(name, value);
  return path;
}

/** The picture comes back afterwards: it is what the network saw, whatever the strokes say. */
export async function drawAgain() {
  const ink = byId("ink");
  if (!ink.firstElementChild) return;
  ink.toggleAttribute("hidden", false);
  replay(ink);
  const last = ink.lastElementChild;
  await Promise.allSettled(ink.getAnimations({ subtree: true }).map(({ finished }) => finished));
  // Another drawing, or another replay, may have come meanwhile.
  if (last === ink.lastElementChild && !ink.getAnimations({ subtree: true }).some(isRunning)) ink.toggleAttribute("hidden", true);
}

const isRunning = ({ playState }) => playState === "running";
