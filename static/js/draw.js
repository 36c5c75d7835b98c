// The page to draw on: the paper, and the site's answer.

import { showAnswer } from "./draw/answer.js";
import { isSaved } from "./draw/drawing.js";
import { attachLabelForm, showLabel, showLabelForm } from "./draw/label-form.js";
import { Paper } from "./draw/paper.js";
import { followKept, send } from "./draw/saving.js";
import { loadDrawing, saveDrawing } from "./draw/storage.js";
import { acceptsCookies } from "./shared/cookies.js";
import { byId, scrollIntoView } from "./shared/dom.js";
import { gettext } from "./shared/i18n.js";
import { outbox } from "./shared/outbox.js";
import { submissionsApi } from "./shared/submissions.js";
import { showBusy, showError } from "./shared/words.js";

const DOUBLE_CLICK_MS = 500;

const { submissionsUrl, historyUrl } = byId("app").dataset;
const api = submissionsApi(submissionsUrl);
const paper = new Paper(show, showReading, loadDrawing());
const state = {
  isSending: false,
  isSettled: true, // false while a press may still be the second half of a double click
};

// --- Showing

function save() {
  saveDrawing(paper.drawing);
}

function show() {
  save();
  showMessage();
  showCurrentAnswer();
  showButton();
}

// That it is kept is no error, and said elsewhere.
function showMessage() {
  const { message, isKept } = paper.drawing;
  byId("error").textContent = (!isKept && message) || "";
}

function showReading() {
  if (!paper.drawing.answer && !state.isSending) showCurrentAnswer();
}

function showCurrentAnswer() {
  showAnswer(paper.drawing, historyUrl);
  if (paper.drawing.answer) showLabelForm(paper.drawing);
}

function showButton() {
  const { isSending, isSettled } = state;
  byId("submit").setAttribute("aria-disabled", isSending || !isSettled);
  const label = isSaved(paper.drawing) ? gettext("Draw another") : gettext("Save");
  byId("submit").textContent = isSending ? gettext("Saving…") : label;
}

// --- Saving it

async function submit() {
  const { drawing, complaint } = paper;
  if (state.isSending) return;
  showError(complaint);
  if (complaint) return;

  setSending(true);
  byId("prediction").textContent = gettext("Saving…");
  const sent = send(drawing, paper.body, (seconds) => showBusy(byId("prediction"), seconds));
  save(); // with its id
  await sent;
  setSending(false);
  if (isSaved(drawing)) settle();
  show();
  if (isSaved(drawing)) scrollIntoView(byId(drawing.answer ? "label-form" : "kept"), byId("prediction").parentElement);
  else scrollIntoView(byId("error"));
}

function setSending(isSending) {
  state.isSending = isSending;
  paper.lock(isSending);
  showButton();
}

// The second half of a double click on "Save" must not clear what it has just saved.
function settle() {
  state.isSettled = false;
  setTimeout(() => {
    state.isSettled = true;
    showButton();
  }, DOUBLE_CLICK_MS);
}

function press() {
  if (!isSaved(paper.drawing)) return submit();
  if (!state.isSettled) return;
  paper.clear();
  scrollIntoView(byId("submit"), byId("canvas"));
}

// Since the page was left it may have been sent, or deleted.
async function catchUp(drawing) {
  if (!drawing.id || drawing.answer) return;
  drawing.isKept = await outbox.has(drawing.id).catch(() => false);
  if (!drawing.isKept) Object.assign(drawing, { answer: await api.get(drawing.id).catch(() => null), message: "" });
  showAgain(drawing);
}

function showAgain(drawing) {
  if (drawing === paper.drawing && !state.isSending) show();
}

// The picture is there for whoever may see it: why is it not?
async function explainMissingPixels() {
  const { drawing } = paper;
  if (!drawing.answer) return;
  byId("pixels").parentElement.hidden = true;
  try {
    await api.get(drawing.answer.id);
  } catch (error) {
    drawing.error = error.message;
    if (drawing === paper.drawing) showLabel(drawing);
  }
}

// --- Buttons and keys

byId("submit").addEventListener("click", press);
byId("pixels").addEventListener("error", explainMissingPixels);

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (target.closest("input:not([type=checkbox], [type=radio]), dialog")) return;
  if (key === "Enter" && event.repeat) return event.preventDefault(); // whoever holds it presses once
  if (paper.press(event)) event.preventDefault();
  else if (isForButton(event)) {
    press();
    event.preventDefault();
  }
});

function isForButton({ key, ctrlKey, metaKey, target }) {
  if (key === "Enter") return !target.closest("a, button, summary");
  return key.toLowerCase() === "n" && !ctrlKey && !metaKey && isSaved(paper.drawing);
}

attachLabelForm(api, paper, save);
byId("cookies-warning").hidden = acceptsCookies();
paper.start();
followKept((id) => paper.find(id), showAgain);
catchUp(paper.drawing);
