// Ten digits: asked for one after the other, guessed while they are drawn.

import { Paper } from "./draw/paper.js";
import { followKept, send } from "./draw/saving.js";
import { acceptsCookies } from "./shared/cookies.js";
import { byId, scrollIntoView } from "./shared/dom.js";
import { gettext, interpolate } from "./shared/i18n.js";
import { showError, showWords } from "./shared/words.js";
import { Countdown } from "./ten/countdown.js";
import { showResult } from "./ten/result.js";

const SECONDS = 20;

const { historyUrl } = byId("ten").dataset;
const paper = new Paper(change, show);
const countdown = new Countdown(byId("timer"), () => byId("untimed").checked, finish);
let rounds = [];
let current = -1;

const isPlaying = () => current >= 0 && current < rounds.length;

function shuffled(length) {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

// --- Showing

function change() {
  showError("");
  show();
}

function show() {
  const { reading } = paper.drawing;
  byId("digit").textContent = reading ? (reading.is_digit ? reading.digit : "–") : "?";
  if (reading) showWords(byId("prediction"), reading);
  else byId("prediction").textContent = gettext("The guess will be here.");
}

function showPart() {
  const isOver = current === rounds.length;
  byId("start").hidden = current >= 0;
  byId("game").hidden = !isPlaying();
  byId("result").hidden = !isOver;
  byId("untimed").closest("p").hidden = isOver;
  if (isOver) showResult(rounds, historyUrl);
}

// --- Playing

function begin() {
  rounds = shuffled(10).map((asked) => ({ asked }));
  current = -1;
  ask();
  byId("task").focus();
}

function ask() {
  current += 1;
  showPart();
  paper.renew();
  if (!isPlaying()) return byId("score").focus();
  const place = { number: current + 1, count: rounds.length, digit: rounds[current].asked };
  byId("task").textContent = interpolate(gettext("%(number)s of %(count)s: draw the digit %(digit)s"), place);
  scrollIntoView(byId("game"));
  countdown.start(SECONDS);
}

function next() {
  if (!isPlaying()) return;
  if (paper.complaint) return showError(paper.complaint);
  finish();
}

/** Save what is on the paper, if anything is, and go on. */
function finish() {
  countdown.stop();
  const round = rounds[current];
  if (!paper.complaint) {
    round.drawing = paper.drawing;
    send(round.drawing, { asked: round.asked, ...paper.body }).then(showSaved);
  }
  ask();
}

function showSaved() {
  if (current === rounds.length) showPart();
}

const drawingOf = (id) => rounds.find(({ drawing }) => drawing?.id === id)?.drawing;

// --- Buttons and keys

byId("begin").disabled = false; // until now nobody would have heard it
byId("begin").addEventListener("click", begin);
byId("again").addEventListener("click", begin);
byId("next").addEventListener("click", next);

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (!isPlaying() || event.repeat) return;
  if (paper.press(event)) event.preventDefault();
  else if (key === "Enter" && !target.closest("a, button, summary")) {
    next();
    event.preventDefault();
  }
});

byId("cookies-warning").hidden = acceptsCookies();
paper.start();
followKept(drawingOf, showSaved);
