// Asks the network some hundred times beside the page, which goes on meanwhile.

import { activations, predict } from "../recognizer/network.js";
import { parseNetwork } from "../recognizer/weights.js";
import { addUntilOther, eraseUntilOther, findFalls } from "./occlusion.js";

/** The first of these that can be had. */
async function fetchNetwork(urls) {
  for (const url of urls) {
    const response = await fetch(url);
    if (response.ok) return parseNetwork(await response.arrayBuffer());
  }
  throw new Error("No network can be had.");
}

const tell = (name, value) => postMessage({ name, value });

async function explain({ pixels, urls }) {
  const network = await fetchNetwork(urls);
  const ask = (changed) => predict(network, changed);
  const before = ask(pixels);
  tell("network", { network, tensors: activations(network, pixels), prediction: before });
  const falls = findFalls(ask, pixels, before, (done) => tell("progress", done / 2));
  tell("falls", falls);
  tell("erased", eraseUntilOther(ask, pixels, before, falls));
  tell("added", addUntilOther(ask, pixels, before, (done) => tell("progress", (1 + done) / 2)));
}

addEventListener("message", async ({ data }) => {
  try {
    await explain(data);
  } catch (error) {
    tell("failure", String(error));
  }
});
