// The page with a visitor's drawings.

import { attachReplay } from "./shared/replay.js";

attachReplay(document.querySelectorAll(".card a"));
