// The page with one drawing.

import { byId } from "./shared/dom.js";
import { attachReplay, replay } from "./shared/replay.js";

const frame = document.querySelector(".pictures .drawing-frame");
const svg = frame.querySelector("svg.strokes");

attachReplay([frame]);
if (!svg) byId("replay").style.visibility = "hidden"; // a picture; it keeps its place, so that nothing jumps
byId("replay").addEventListener("click", () => replay(svg));
