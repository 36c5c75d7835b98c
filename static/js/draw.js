// The page to draw on: the canvas, its tools, and the site's answer.

import { showAnswer } from "./draw/answer.js";
import { Brush } from "./draw/brush.js";
import { attachCanvas } from "./draw/canvas.js";
import { DrawingHistory, newDrawing } from "./draw/drawing.js";
import { Eraser } from "./draw/eraser.js";
import { attachLabelForm, showLabel, showLabelForm } from "./draw/label-form.js";
import { LiveReading } from "./draw/live.js";
import { Pen } from "./draw/pen.js";
import { loadDrawing, saveDrawing } from "./draw/storage.js";
import { CANVAS_SIZE, isReadable, toBody } from "./draw/strokes.js";
import { Toolbar } from "./draw/toolbar.js";
import { newId } from "./shared/api.js";
import { acceptsCookies } from "./shared/cookies.js";
import { byId, scrollIntoView } from "./shared/dom.js";
import { RejectedError, submissionsApi } from "./shared/submissions.js";
import { showBusy } from "./shared/words.js";

const ERASER_RADIUS_PX = 16; // on the screen, as its cursor shows it
const DOUBLE_CLICK_MS = 500;

const { submissionsUrl, historyUrl, workerUrl, networkUrl } = byId("app").dataset;
const canvas = byId("canvas");
const api = submissionsApi(submissionsUrl);
const toolbar = new Toolbar(byId("pens"));
const drawings = new DrawingHistory(loadDrawing());
const state = {
  isSending: false,
  isSettled: true, // false while a press may still be the second half of a double click
};

const redraw = attachCanvas(canvas, () => drawings.current.strokes);
const pen = new Pen(canvas, {
  canDraw: () => !state.isSending,
  begin,
  retract,
  onPoint: grow,
  onEnd,
});
const live = new LiveReading({ worker: workerUrl, network: networkUrl }, showReading);

// --- Showing

function save() {
  saveDrawing(drawings.current);
}

function show() {
  pen.stop();
  showError("");
  showCurrentAnswer();
  showTools();
  endStroke();
  redraw();
  live.update(drawings.current);
}

function showReading(drawing) {
  if (drawing === drawings.current && !drawing.answer && !state.isSending) showCurrentAnswer();
}

function showCurrentAnswer() {
  showAnswer(drawings.current, historyUrl);
  if (drawings.current.answer) showLabelForm(drawings.current);
}

function showTools() {
  const { isSending, isSettled } = state;
  const { strokes, answer } = drawings.current;
  const disabled = {
    undo: isSending || !drawings.canUndo,
    redo: isSending || !drawings.canRedo,
    clear: isSending || !strokes.length,
    submit: isSending || !isSettled,
  };
  // Not `disabled`, which would take the focus from who uses the keyboard.
  for (const [id, isDisabled] of Object.entries(disabled)) byId(id).setAttribute("aria-disabled", isDisabled);
  byId("submit").textContent = isSending ? "Saving…" : answer ? "Draw another" : "Save";
  canvas.setAttribute("aria-busy", isSending);
}

function showError(message) {
  byId("error").textContent = message;
  if (message) scrollIntoView(byId("error"));
}

// --- Changing the drawing

function change(drawing) {
  if (state.isSending) return;
  drawings.push(drawing);
  show();
}

// What has an answer stays as it is: adding to it makes another drawing. What was read stays until it is read anew.
function begin(isEraserEnd) {
  const { strokes, reading } = drawings.current;
  const drawing = { ...newDrawing([...strokes]), reading };
  change(drawing);
  if (!strokes.length) live.renew();
  byId("prediction").setAttribute("aria-busy", true); // what is read of half a digit is not read out
  if (!isEraserEnd && !toolbar.erases) return new Brush(drawing, toolbar.width);
  return new Eraser(drawing, (ERASER_RADIUS_PX * CANVAS_SIZE) / canvas.clientWidth);
}

function onEnd({ drawing, hasChanged }) {
  if (!hasChanged) return retract(drawing);
  showTools();
  endStroke();
}

function grow() {
  redraw();
  live.update(drawings.current);
}

function endStroke() {
  byId("prediction").setAttribute("aria-busy", false);
  save();
}

function retract(drawing) {
  if (drawing !== drawings.current || drawing.answer) return;
  drawings.retract();
  show();
}

function undo() {
  if (state.isSending || !drawings.canUndo) return;
  drawings.undo();
  show();
}

function redo() {
  if (state.isSending || !drawings.canRedo) return;
  drawings.redo();
  show();
}

function clear() {
  if (drawings.current.strokes.length) change(newDrawing());
  toolbar.choosePen();
}

// --- Saving it

async function submit() {
  const drawing = drawings.current;
  if (state.isSending || drawing.answer) return;
  showError("");
  const { strokes } = drawing;
  if (!strokes.length) return showError("The paper is still empty. Draw a digit first.");
  if (!isReadable(strokes)) return showError("That is very small. Draw it larger, please.");

  state.isSending = true;
  pen.stop();
  byId("prediction").textContent = "Saving…";
  showTools();
  await send(drawing);
  state.isSending = false;
  save();
  showCurrentAnswer();
  showTools();
  if (drawing.answer) scrollIntoView(byId("label-form"), byId("prediction").parentElement);
}

async function send(drawing) {
  drawing.id ??= newId();
  save();
  try {
    const submission = { id: drawing.id, ...toBody(drawing.strokes) };
    drawing.answer = await api.create(submission, (seconds) => showBusy(byId("prediction"), seconds));
    settle();
  } catch (error) {
    if (error instanceof RejectedError) drawing.id = null; // nothing was stored under it
    showError(error.message);
  }
}

// The second half of a double click on "Save" must not clear what it has just saved.
function settle() {
  state.isSettled = false;
  setTimeout(() => {
    state.isSettled = true;
    showTools();
  }, DOUBLE_CLICK_MS);
}

function press() {
  if (!drawings.current.answer) return submit();
  if (!state.isSettled) return;
  clear();
  scrollIntoView(canvas);
}

// The picture is there for whoever may see it: why is it not?
async function explainMissingPixels() {
  const drawing = drawings.current;
  if (!drawing.answer) return;
  byId("pixels").parentElement.hidden = true;
  try {
    await api.get(drawing.answer.id);
  } catch (error) {
    drawing.error = error.message;
    if (drawing === drawings.current) showLabel(drawing);
  }
}

// --- Buttons and keys

byId("undo").addEventListener("click", undo);
byId("redo").addEventListener("click", redo);
byId("clear").addEventListener("click", clear);
byId("submit").addEventListener("click", press);
byId("pixels").addEventListener("error", explainMissingPixels);

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  const command = event.ctrlKey || event.metaKey ? key.toLowerCase() : "";
  if (target.closest("input:not([type=checkbox], [type=radio]), dialog")) return;
  if (key === "Enter" && event.repeat) return event.preventDefault(); // whoever holds it presses once
  if (command === "y" || (command === "z" && event.shiftKey)) redo();
  else if (command === "z") undo();
  else if (key === "Escape") clear();
  else if (key === "Enter" && !target.closest("a, button, summary")) press();
  else if (key.toLowerCase() === "n" && !command && drawings.current.answer) press();
  else return;
  event.preventDefault();
});

attachLabelForm(api, drawings, save);
byId("cookies-warning").hidden = acceptsCookies();
show();
live.start();
