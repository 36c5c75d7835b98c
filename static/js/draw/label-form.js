// Asking the visitor whether it was right, and telling the site what they say.

import { byId, scrollIntoView } from "../shared/dom.js";
import { gettext, interpolate } from "../shared/i18n.js";
import { NOT_A_DIGIT } from "../shared/labels.js";

/** @typedef {import("./drawing.js").Drawing} Drawing */

const choiceButtons = () => byId("choices").querySelectorAll("button");
const apiLabel = (value) => (Number(value) === NOT_A_DIGIT ? "not_a_digit" : Number(value));

function openChoices(open) {
  byId("choices").hidden = !open;
  byId("no").setAttribute("aria-expanded", open);
}

/**
 * Show the label of a drawing that has an answer, or why the site did not store it.
 * @param {Drawing} drawing
 */
export function showLabel({ answer, pendingLabel, error }) {
  const label = pendingLabel ?? answer.visitor_label;
  for (const button of [byId("yes"), ...choiceButtons()]) {
    const isChosen = label !== null && apiLabel(button.value) === label;
    if (isChosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  byId("label-status").textContent = error || (pendingLabel === undefined ? thanksFor(label) : gettext("Saving…"));
}

function thanksFor(label) {
  if (label === null) return "";
  if (label === "not_a_digit") return gettext("Thank you! You said that it is not a digit.");
  return interpolate(gettext("Thank you! You said that it is %(digit)s."), { digit: label });
}

/**
 * Ask about a drawing that has an answer.
 * @param {Drawing} drawing
 */
export function showLabelForm(drawing) {
  const { digit, is_digit: isDigit } = drawing.answer.prediction;
  byId("yes").value = isDigit ? digit : NOT_A_DIGIT;
  for (const button of choiceButtons()) button.hidden = button.value === byId("yes").value;
  openChoices(false);
  showLabel(drawing);
}

/**
 * Send what the visitor says about the current drawing.
 * @param {ReturnType<import("../shared/submissions.js").submissionsApi>} api
 * @param {import("./paper.js").Paper} paper
 * @param {() => void} save
 */
export function attachLabelForm(api, paper, save) {
  const prediction = byId("prediction").parentElement;
  const send = ({ answer, pendingLabel }) => api.setVisitorLabel(answer.id, pendingLabel);
  // Each request waits for the one before it: what was said last is what the site hears last.
  let queue = Promise.resolve();

  async function sendLabel(drawing, label) {
    if (drawing.pendingLabel !== label) return; // since then something else was said
    try {
      Object.assign(drawing.answer, await send(drawing));
    } catch (error) {
      if (drawing.pendingLabel === label) drawing.error = error.message;
    }
    if (drawing.pendingLabel === label) delete drawing.pendingLabel;
    if (drawing !== paper.drawing) return;
    save();
    showLabel(drawing);
    scrollIntoView(prediction, byId("label-status"));
  }

  byId("no").addEventListener("click", () => {
    openChoices(byId("choices").hidden);
    scrollIntoView(prediction, byId("label-form"));
  });

  byId("label-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const drawing = paper.drawing;
    const label = apiLabel(event.submitter.value);
    Object.assign(drawing, { pendingLabel: label, error: "" });
    queue = queue.then(() => sendLabel(drawing, label));
    showLabel(drawing);
  });

  // What waits for its turn when the page is left is not lost with it.
  addEventListener("pagehide", () => {
    if (paper.drawing.pendingLabel !== undefined) send(paper.drawing).catch(() => {});
  });
}
