// The review queue: one key, or one button, is one label.

import { drawAgain } from "./review/ink.js";
import { Outbox } from "./review/outbox.js";
import { Queue } from "./review/queue.js";
import { createSync } from "./review/sync.js";
import { View } from "./review/view.js";
import { requestJson } from "./shared/api.js";
import { byId } from "./shared/dom.js";
import { gettext, interpolate } from "./shared/i18n.js";
import { CANT_TELL, NOT_A_DIGIT } from "./shared/labels.js";

const page = byId("review");
const { reviewer, syncUrl, cardUrl, listUrl } = page.dataset;
const labelButtons = [...page.querySelectorAll("[data-label]")];
const names = Object.fromEntries(
  labelButtons.map((button) => [button.dataset.label, button.firstChild.textContent.trim()]),
);

const outbox = new Outbox(reviewer);
const queue = new Queue(outbox);
const view = new View(names, listUrl);
const sync = createSync(queue, syncUrl, show);

function show() {
  view.showCard(queue.current);
  view.showState(queue);
}

function decide(label) {
  if (!queue.current) return;
  queue.decide(label);
  proceed(label === null ? gettext("Skipped.") : interpolate(gettext("Labelled %(label)s."), { label: names[label] }));
}

function undo() {
  const last = queue.undo();
  if (!last) return view.announce(gettext("There is nothing to take back in this sitting."));
  const { label } = last;
  proceed(label === null ? gettext("Back to the skipped one.") : interpolate(gettext("Took %(label)s back."), { label: names[label] }));
}

/** Bring back a drawing that was labelled: its label can be changed. */
async function reopen(id) {
  const fetched = queue.decided.find(({ card }) => card.id === id)?.card ?? (await fetchCard(id));
  if (!fetched) return view.announce(gettext("The drawing can’t be fetched just now."));
  if (!queue.recent.some((labelled) => labelled.id === id)) return;
  queue.reopen(fetched);
  show();
  const { label } = queue.current;
  view.announce(`${interpolate(gettext("Labelled %(label)s."), { label: names[label] })} ${view.describe(queue.current)}`);
}

const fetchCard = (id) => requestJson("GET", `${cardUrl}${id}/`).then((response) => (response.ok ? response.json() : null), () => null);

function proceed(sentence) {
  show();
  view.announce(queue.current ? `${sentence} ${view.describe(queue.current)}` : sentence);
  sync();
}

// --- Keys and buttons

const KEYS = {
  n: () => decide(NOT_A_DIGIT),
  u: () => decide(CANT_TELL),
  s: () => decide(null),
  enter: () => decide(queue.current?.predicted),
  backspace: undo,
  r: drawAgain,
  "?": () => byId("keys").showModal(),
};
for (let digit = 0; digit < 10; digit++) KEYS[digit] = () => decide(digit);

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || byId("keys").open) return;
  if (event.target.closest("input, select, textarea")) return;
  if (key === "enter" && event.target.closest("a, button")) return;
  if (!Object.hasOwn(KEYS, key)) return;
  event.preventDefault();
  KEYS[key]();
});

for (const button of labelButtons) {
  button.addEventListener("click", () => decide(Number(button.dataset.label)));
}
byId("confirm").addEventListener("click", KEYS.enter);
byId("undo").addEventListener("click", undo);
byId("skip").addEventListener("click", KEYS.s);
byId("help").addEventListener("click", KEYS["?"]);
byId("replay").addEventListener("click", drawAgain);
for (const name of ["pointerenter", "click"]) byId("frame").addEventListener(name, drawAgain);
byId("recent").addEventListener("click", ({ target }) => {
  const button = target.closest("[data-id]");
  if (button) reopen(button.dataset.id);
});
byId("retry").addEventListener("click", sync);
byId("dismiss").addEventListener("click", () => {
  for (const decision of outbox.rejected()) outbox.remove(decision);
  show();
});

// A button that was clicked with the mouse must not be pressed again by Enter.
page.addEventListener("click", (event) => event.detail && event.target.closest("button")?.blur());

addEventListener("online", sync);
document.addEventListener("visibilitychange", () => document.hidden || sync());

page.hidden = false;
show();
sync();
