// The review queue. What is decided is kept in this browser until the site has stored it, so that
// the next drawing waits for nobody, and a line that drops loses nothing.

const MOST = 100; // decisions in one request
const PATIENCE = 20_000; // milliseconds until a request counts as lost
const PAUSES = [1, 2, 5, 10, 30]; // seconds until the next try
const IDLE = 15; // seconds until an empty queue is asked for again
const RECENT = 20; // labels by which the pace is told
const BREAK = 60_000; // milliseconds; whoever needs longer was not labelling

const element = (id) => document.getElementById(id);
const page = element("review");
const names = Object.fromEntries(
  [...page.querySelectorAll("[data-label]")].map((button) => [button.dataset.label, button.firstChild.textContent.trim()]),
);

let cards = []; // the first is the one that is shown
let done = []; // {card, label, key, at} of this sitting; without a label it was skipped
let left = "";
let held = []; // where the drawings are that wait, and are not handed out: sentences
let trouble = "";
let syncing = false;
let failures = 0;
let timer = 0;

// --- What is not stored yet, in the order in which it was decided

const PREFIX = `review ${page.dataset.reviewer} `;

function outbox() {
  const kept = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).sort();
  return kept.map((name) => ({ name, ...JSON.parse(localStorage[name]) }));
}

const unsent = () => outbox().filter(({ problem }) => !problem);
const refused = () => outbox().filter(({ problem }) => problem);

function decide(submission, old, label, skip = false) {
  const key = newId();
  const time = (performance.timeOrigin + performance.now()).toFixed(3).padStart(20, "0");
  localStorage[`${PREFIX}${time} ${key}`] = JSON.stringify({ key, submission, old, new: label, skip });
  return key;
}

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // only there over HTTPS, or on one's own machine
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0"));
  return hex.join("").replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

// --- Sending it, and fetching what comes next

async function sync() {
  clearTimeout(timer);
  if (syncing) return;
  syncing = true;
  const sent = unsent().slice(0, MOST);
  try {
    receive(sent, await post({ decisions: sent, have: cards.map(({ id }) => id) }));
    failures = 0;
    trouble = "";
  } catch (error) {
    trouble = error.message;
    timer = setTimeout(sync, 1000 * PAUSES[Math.min(failures++, PAUSES.length - 1)]);
  }
  syncing = false;
  showState();
  if (trouble) return;
  if (unsent().length) sync();
  else if (!cards.length) timer = setTimeout(sync, 1000 * IDLE);
}

async function post(body) {
  let response;
  try {
    response = await fetch(page.dataset.syncUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": document.cookie.match(/csrftoken=(\w+)/)?.[1] ?? "" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (response.ok) return await response.json();
  } catch {
    throw new Error("The site does not answer.");
  }
  if (response.status === 403) throw new Error("You are signed out, or may not review. Sign in in another window.");
  throw new Error(`The site has a problem (${response.status}).`);
}

function receive(sent, answer) {
  sent.forEach(({ name, ...decision }, i) => {
    const problem = answer.problems[i];
    if (!problem) return localStorage.removeItem(name);
    localStorage[name] = JSON.stringify({ ...decision, problem });
    done = done.filter(({ key }) => key !== decision.key);
  });
  ({ left, held } = answer);
  // What was decided since the request left is not known to its answer.
  const moving = new Set(unsent().map(({ submission }) => submission));
  const mine = new Set(answer.mine);
  const shown = cards[0];
  cards = cards.filter(({ id }) => mine.has(id) || moving.has(id));
  cards.push(...answer.cards.filter(({ id }) => !moving.has(id)));
  if (cards[0] !== shown) show();
}

// --- Deciding

function label(value) {
  if (!cards.length) return;
  const card = cards.shift();
  const key = decide(card.id, null, value, value === null);
  done.push({ card, label: value, key, at: performance.now() });
  next(value === null ? "Skipped." : `Labelled ${names[value]}.`);
}

function takeBack() {
  const last = done.pop();
  if (!last) return say("There is nothing to take back in this sitting.");
  cards.unshift(last.card);
  decide(last.card.id, last.label, null);
  next(last.label === null ? "Back to the skipped one." : `Took ${names[last.label]} back.`);
}

function next(what) {
  show();
  say(cards.length ? `${what} ${question(cards[0])}` : what);
  showState();
  sync();
}

// --- Showing

function say(sentence) {
  element("said").textContent = sentence;
}

function percent(share) {
  const text = (value) => `${(100 * value).toFixed(1)}\u00a0%`;
  if (share > 0.999) return `over ${text(0.999)}`;
  return share < 0.001 ? `under ${text(0.001)}` : text(share);
}

const claim = (card) => (card.claim === null ? "" : `The visitor says: ${names[card.claim]}.`);
const question = (card) => `Now: read as ${names[card.predicted]}. ${claim(card)}`;

function show() {
  const [card] = cards;
  element("card").hidden = element("page").hidden = !card;
  element("empty").hidden = Boolean(card);
  if (!card) return;
  element("drawing").src = card.drawing;
  element("pixels").src = card.pixels;
  element("predicted").textContent = names[card.predicted];
  element("sure").textContent = card.predicted === 10 ? `(if a digit, most like ${card.digit})` : `${percent(card.confidence)} sure`;
  element("claim").textContent = claim(card);
  element("claim").classList.toggle("disputed", card.disputed);
  element("confirm").querySelector("b").textContent = names[card.predicted];
  element("page").href = pageOf(card.id);
  page.querySelectorAll(".bars tr").forEach((row, digit) => {
    row.querySelector("meter").value = card.probabilities[digit];
    row.lastElementChild.textContent = percent(card.probabilities[digit]);
  });
}

const pageOf = (id) => `${page.dataset.listUrl}${id}/change/`;

function pace(labelled) {
  const times = labelled.slice(-RECENT).map(({ at }) => at);
  const gaps = times.slice(1).map((time, i) => time - times[i]).filter((gap) => gap < BREAK);
  if (!gaps.length) return "";
  const seconds = gaps.reduce((sum, gap) => sum + gap) / gaps.length / 1000;
  return `${seconds.toFixed(1)} s each, ${Math.round(60 / seconds)} a minute`;
}

function showState() {
  const labelled = done.filter(({ label }) => label !== null);
  const waiting = unsent();
  const labels = waiting.filter((decision) => decision.new !== null);
  element("count").textContent = labelled.length;
  element("pace").textContent = pace(labelled);
  element("left").textContent = left === "" ? "" : `${left.toLocaleString()} left`;
  element("saved").textContent = waiting.length ? `${waiting.length} on the way` : "All stored";
  element("empty").textContent = nothing();

  element("trouble").hidden = !trouble;
  const which = labels.map((decision) => names[decision.new]).join(", ");
  const kept = waiting.length ? ` Kept in this browser until it is stored: ${which || "what you took back"}.` : "";
  element("unsent").textContent = trouble + kept;

  const problems = refused();
  element("refused").hidden = !problems.length;
  element("refused").querySelector("ul").replaceChildren(...problems.map(refusal));
}

function nothing() {
  if (trouble) return "No drawings until the site answers again.";
  if (left === "") return "Fetching drawings…";
  if (held.length) return `What waits for a label is held just now: ${held.join(" ")} It comes by itself.`;
  return "Nothing waits for a label. What is new, or was skipped, comes by itself.";
}

function refusal(decision) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = pageOf(decision.submission);
  link.target = "_blank";
  link.textContent = "this drawing";
  const what = decision.new === null ? "Taking a label back" : `The label ${names[decision.new]}`;
  item.append(`${what} was not stored for `, link, `. ${decision.problem}`);
  return item;
}

// --- Keys and buttons

const KEYS = {
  n: () => label(10),
  u: () => label(11),
  s: () => label(null),
  enter: () => cards.length && label(cards[0].predicted),
  backspace: takeBack,
  "?": () => element("keys").showModal(),
};
for (let digit = 0; digit < 10; digit++) KEYS[digit] = () => label(digit);

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || element("keys").open) return;
  if (event.target.closest("input, select, textarea")) return;
  if (key === "enter" && event.target.closest("a, button")) return;
  if (!Object.hasOwn(KEYS, key)) return;
  event.preventDefault();
  KEYS[key]();
});

for (const button of page.querySelectorAll("[data-label]")) {
  button.addEventListener("click", () => label(Number(button.dataset.label)));
}
element("confirm").addEventListener("click", KEYS.enter);
element("back").addEventListener("click", takeBack);
element("skip").addEventListener("click", KEYS.s);
element("help").addEventListener("click", KEYS["?"]);
element("send").addEventListener("click", sync);
element("dismiss").addEventListener("click", () => {
  for (const { name } of refused()) localStorage.removeItem(name);
  showState();
});

// A button that was clicked with the mouse must not be pressed again by Enter.
page.addEventListener("click", (event) => event.detail && event.target.closest("button")?.blur());

addEventListener("online", sync);
document.addEventListener("visibilitychange", () => document.hidden || sync());

page.hidden = false;
show();
showState();
sync();
