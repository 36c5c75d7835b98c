// How a drawing was read: what this browser works out with the network's weights.

import { Changes } from "./explain/changes.js";
import { Maps, stagesOf } from "./explain/maps.js";
import { showScores } from "./explain/scores.js";
import { byId } from "./shared/dom.js";
import { describe } from "./shared/format.js";
import { gettext, interpolate } from "./shared/i18n.js";

const MISSING = gettext("The maps, where it looked and what would change its mind are missing here: your browser can’t get or run the network. The site’s own steps, scores and figures are on this page.");

function say(words) {
  byId("explain-status").textContent = words;
  byId("explain-status").hidden = false;
}

function fail() {
  byId("explain").hidden = true;
  say(MISSING);
}

/** @param {DOMStringMap} data of the page */
function showNetwork({ network, tensors, prediction }, pixels, data) {
  new Maps(stagesOf(network, tensors, pixels));
  if (network.version === data.version) return showScores(network, tensors, Number(data.temperature));
  const words = gettext("The network that read this drawing, %(version)s, can’t be run in a browser. Chapters 2 to 4 show the one that answers now, %(active)s. It says: %(answer)s.");
  say(interpolate(words, { version: data.version, active: network.version, answer: describe(prediction) }));
}

/** @returns {Record<string, (value: any) => void>} what to do with what the worker tells */
function listeners(pixels, data) {
  let changes;
  return {
    network: (found) => {
      changes = new Changes(pixels, found.prediction);
      showNetwork(found, pixels, data);
    },
    progress: (done) => (byId("progress").value = done),
    falls: (falls) => changes.showFalls(falls),
    erased: (change) => changes.showErased(change),
    added: (change) => changes.showAdded(change),
    failure: fail,
  };
}

function start({ pixels: encoded, workerUrl, networkUrl, activeUrl, ...data }) {
  const pixels = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const listen = listeners(pixels, data);
  const worker = new Worker(workerUrl, { type: "module" });
  worker.addEventListener("message", ({ data: { name, value } }) => listen[name](value));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    fail();
  });
  worker.postMessage({ pixels, urls: [networkUrl, activeUrl] });
}

// What the site made is there first.
addEventListener("load", () => {
  try {
    start(byId("explain").dataset);
  } catch {
    fail();
  }
});
