// The page with one drawing.

import { byId } from "./shared/dom.js";
import { attachReplay, mayMove, replay } from "./shared/replay.js";

const frame = document.querySelector(".pictures .drawing-frame");
const svg = frame.querySelector("svg.strokes");

attachReplay([frame]);
byId("replay").hidden = !svg || !mayMove();
byId("replay").addEventListener("click", () => replay(svg));
