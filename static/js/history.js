// The page with a visitor's drawings.

import { attachDeletion } from "./history/deletion.js";
import { byId } from "./shared/dom.js";
import { attachReplay } from "./shared/replay.js";

attachReplay(document.querySelectorAll(".card a"));
if (byId("selection")) attachDeletion(byId("selection"), byId("deletion"));
