// The paper, its tools, and the site's answer.

const SIDE = 280; // of the paper in its own units, and of the picture that is sent in pixels
const PEN = 18;
const SMALLEST = 16; // a drawing that spans less is a slip of the finger
const PATIENCE = 20_000; // milliseconds until a request counts as lost
const PEN_AWAY = 3_000; // milliseconds without a pen until fingers draw again
const PALM = 1_000; // milliseconds in which what a touch left may still be the palm of a pen's hand
const MARGIN = 12; // CSS pixels around what is brought into sight
const NOT_A_DIGIT = 10;
const KEPT = "drawing";

const element = (id) => document.getElementById(id);
const desk = element("desk");
const paper = element("paper");
const pen = paper.getContext("2d");
const submissionsUrl = desk.dataset.submissionsUrl;

// What is on the paper. Every change makes another one, so that undo is going back to the last.
// The id belongs to the drawing: however often it is sent, the site keeps it once.
const blank = (strokes = []) => ({ strokes, id: null, answer: null });
let drawing = blank();
let past = []; // what undo leads back to; it never goes back behind an answer
let pointer = null; // the one that is drawing
let stroke = null; // its [[x…], [y…], [t…]], while it is on the paper
let sending = false;
let settled = true; // false while a press may still be the second half of a double click

// --- Painting

function paint(context, strokes) {
  context.lineWidth = PEN;
  context.lineCap = context.lineJoin = "round";
  for (const [xs, ys] of strokes) {
    context.beginPath();
    context.moveTo(xs[0], ys[0]);
    context.lineTo(xs[0] + 0.01, ys[0]); // a tap is a dot, and a line of no length is nothing
    for (let i = 1; i < xs.length; i++) context.lineTo(xs[i], ys[i]);
    context.stroke();
  }
}

let frame = 0;

function repaint() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => {
    const style = getComputedStyle(paper);
    const pixels = Math.round(parseFloat(style.width) * devicePixelRatio);
    if (paper.width !== pixels) paper.width = paper.height = pixels;
    pen.setTransform(pixels / SIDE, 0, 0, pixels / SIDE, 0, 0);
    pen.clearRect(0, 0, SIDE, SIDE);
    pen.strokeStyle = style.color;
    paint(pen, drawing.strokes);
  });
}

// The picture does not depend on the screen: not on its size, its sharpness or its colours.
function picture(strokes) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, SIDE, SIDE);
  context.strokeStyle = "#000";
  paint(context, strokes);
  return canvas.toDataURL("image/png");
}

// --- Drawing

function change(next) {
  if (sending) return;
  past.push(drawing);
  turnTo(next);
}

function turnTo(next) {
  drawing = next;
  pointer = stroke = null;
  complain("");
  showAnswer();
  showTools();
  keep();
  repaint();
}

function undo() {
  if (!sending && past.length) turnTo(past.pop());
}

function clear() {
  if (drawing.strokes.length) change(blank());
}

function showTools() {
  const off = { undo: sending || !past.length, clear: sending || !drawing.strokes.length, send: sending || !settled };
  // Not `disabled`, which would take the focus from who uses the keyboard.
  for (const [id, isOff] of Object.entries(off)) element(id).setAttribute("aria-disabled", isOff);
  element("send").textContent = sending ? "Reading…" : drawing.answer ? "Draw another" : "Read it";
  paper.setAttribute("aria-busy", sending);
}

function extend(event) {
  const box = paper.getBoundingClientRect();
  const at = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  const [x, y] = at.map((share) => Math.min(Math.max(share, 0), 1) * SIDE);
  const outside = at.some((share) => share < 0 || share > 1);
  if (!stroke) {
    if (outside) return;
    stroke = [[], [], []];
    drawing.strokes.push(stroke);
    showTools();
  }
  const [xs, ys, ts] = stroke;
  if (!xs.length || Math.hypot(x - xs.at(-1), y - ys.at(-1)) >= 1) {
    xs.push(x);
    ys.push(y);
    ts.push(performance.timeOrigin + event.timeStamp);
  }
  // A pen that leaves the paper draws to its edge, and draws anew where it comes back.
  if (outside) stroke = null;
  repaint();
}

paper.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || sending || isPalm(event)) return;
  if (event.pointerType === "pen") dropPalm(event);
  if (pointer !== null) return;
  paper.setPointerCapture(event.pointerId);
  // What has been read is done: the next stroke begins the next drawing.
  change(blank(drawing.answer ? [] : [...drawing.strokes]));
  pointer = event.pointerId;
  touch = event.pointerType === "touch" ? { drawing, ended: Infinity } : null;
  extend(event);
});

paper.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pointer) return;
  const between = event.getCoalescedEvents?.() ?? [];
  for (const point of between.length ? between : [event]) extend(point);
});

for (const name of ["pointerup", "pointercancel"]) {
  paper.addEventListener(name, (event) => {
    if (event.pointerId !== pointer) return;
    if (touch) touch.ended = event.timeStamp;
    pointer = stroke = null;
    keep();
  });
}

// --- The hand that holds a pen lies on the paper too

let penSeen = -Infinity; // when
let touch = null; // the drawing that a touch made last, and when the touch ended

for (const name of ["pointerdown", "pointermove", "pointerup"]) {
  paper.addEventListener(name, (event) => {
    if (event.pointerType === "pen") penSeen = event.timeStamp;
  });
}

function isPalm(event) {
  return event.pointerType === "touch" && event.timeStamp - penSeen < PEN_AWAY;
}

// A palm often lands first, and the browser may take it back as soon as it notices the pen.
function dropPalm(event) {
  const late = event.timeStamp - touch?.ended > PALM;
  if (touch?.drawing === drawing && !drawing.answer && !late) turnTo(past.pop());
  touch = null;
}

// --- Keeping the drawing, in case the page is loaded anew

function keep() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(drawing));
  } catch {
    // The browser keeps nothing for this site; all else works.
  }
}

function recall() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT)) ?? blank();
    delete kept.said; // it was sent when the page was left
    // With its answer only for who was elsewhere and comes back.
    const [{ type }] = performance.getEntriesByType("navigation");
    return kept.answer && type !== "back_forward" ? blank() : kept;
  } catch {
    return blank();
  }
}

// Each stroke was a step, and can be taken back.
function pastOf({ strokes, answer }) {
  return answer ? [] : strokes.map((_, i) => blank(strokes.slice(0, i)));
}

// --- Talking to the site

// crypto.randomUUID is only there over HTTPS, and some schools have none.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

class Refused extends Error {}

// What the API tells programs would help nobody here.
const SENTENCES = {
  404: "The site can't find this drawing. Either it was deleted, or your browser keeps no cookies for this site: then allow them, load the page anew and draw it again.",
  409: "The site has another drawing under the same number. Try again, and this one gets a number of its own.",
};

async function call(method, url, body) {
  let response, answer;
  try {
    response = await fetch(url, {
      method,
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body),
      keepalive: method === "PATCH", // also when the page is left meanwhile
      signal: AbortSignal.timeout(PATIENCE),
    });
    answer = await response.json();
  } catch {
    throw new Error("The site did not answer. Look at your connection and try again; nothing is lost.");
  }
  if (response.ok) return answer;
  if (response.status === 429) {
    const seconds = Number(response.headers.get("Retry-After")) || 60;
    throw new Error(`That was very fast! Wait ${seconds} second${seconds === 1 ? "" : "s"}, then try again.`);
  }
  if (response.status >= 500) {
    throw new Error("The site has a problem just now. Try again in a minute; nothing is lost.");
  }
  throw new Refused(SENTENCES[response.status] ?? Object.values(answer).flat().join(" "));
}

// Chromium's navigator.cookieEnabled says true where its settings block them.
function keepsCookies() {
  document.cookie = "kept=1; SameSite=Lax";
  const kept = document.cookie.includes("kept=1");
  document.cookie = "kept=; SameSite=Lax; Max-Age=0";
  return kept;
}

async function send() {
  if (sending || drawing.answer) return;
  complain("");
  const strokes = drawing.strokes.map(([xs, ys, ts]) => [
    xs.map(Math.round),
    ys.map(Math.round),
    ts.map((t) => Math.round(t - drawing.strokes[0][2][0])),
  ]);
  if (!strokes.length) return complain("The paper is still empty. Draw a digit first.");
  if (span(strokes) < SMALLEST) return complain("That is very small. Draw it larger, please.");

  sending = true;
  pointer = stroke = null; // what is still being drawn ends here
  element("verdict").textContent = "Reading…";
  showTools();
  drawing.id ??= newId();
  keep();
  try {
    drawing.answer = await call("POST", submissionsUrl, { id: drawing.id, image: picture(strokes), strokes });
    past = [];
    settle();
  } catch (error) {
    if (error instanceof Refused) drawing.id = null; // nothing was stored under it
    complain(error.message);
  }
  sending = false;
  keep();
  showAnswer();
  showTools();
  if (drawing.answer) bringIntoSight(element("claim"), element("verdict").parentElement);
}

// The second half of a double click on "Read it" must not clear what it has just read.
function settle() {
  settled = false;
  setTimeout(() => {
    settled = true;
    showTools();
  }, 500);
}

function press() {
  if (!drawing.answer) return send();
  if (!settled) return;
  clear();
  bringIntoSight(paper);
}

function span(strokes) {
  const extent = (axis) => {
    const values = strokes.flatMap((stroke) => stroke[axis]);
    return Math.max(...values) - Math.min(...values);
  };
  return Math.max(extent(0), extent(1));
}

function complain(message) {
  element("problem").textContent = message;
  if (message) bringIntoSight(element("problem"));
}

// Where not all of them fit on the screen, the later ones win.
function bringIntoSight(...elements) {
  let y = scrollY;
  for (const one of elements) {
    const { top, bottom } = one.getBoundingClientRect();
    y = Math.min(Math.max(y, bottom + MARGIN + scrollY - innerHeight), top - MARGIN + scrollY);
  }
  scrollTo({ top: y });
}

// --- The answer

function percent(share) {
  const digits = { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 };
  const text = (value) => new Intl.NumberFormat("en", digits).format(value).replace("%", "\u00a0%");
  if (share > 0.999) return `over ${text(0.999)}`;
  return share < 0.001 ? `under ${text(0.001)}` : text(share);
}

function showAnswer() {
  const { answer } = drawing;
  element("details").hidden = !answer;
  element("steps").hidden = Boolean(answer);
  element("digit").textContent = answer ? (answer.prediction.is_digit ? answer.prediction.digit : "–") : "?";
  if (!answer) {
    element("verdict").textContent = "The answer will be here.";
    return;
  }
  const { digit, confidence, is_digit: isDigit, probabilities } = answer.prediction;
  element("verdict").textContent = isDigit
    ? `I read this as ${digit}. I am ${percent(confidence)} sure.`
    : `I don't think this is a digit. If it is one, it looks most like ${digit}.`;
  document.querySelectorAll(".probabilities tbody tr").forEach((row, i) => {
    row.querySelector("meter").value = probabilities[i];
    row.querySelector("span").textContent = percent(probabilities[i]);
    row.classList.toggle("likeliest", i === digit);
  });
  element("seen").src = answer.pixels_url;
  element("seen").parentElement.hidden = false;
  element("more").href = `${desk.dataset.historyUrl}${answer.id}/`;

  element("yes").value = isDigit ? digit : NOT_A_DIGIT;
  for (const button of choices()) button.hidden = button.value === element("yes").value;
  openChoices(false);
  showClaim();
}

// --- Was it right?

const choices = () => element("choices").querySelectorAll("button");
const spelt = (value) => (Number(value) === NOT_A_DIGIT ? "not_a_digit" : Number(value));

function openChoices(open) {
  element("choices").hidden = !open;
  element("no").setAttribute("aria-expanded", open);
}

// `said` is what the site has not confirmed yet, and `problem` why it did not.
function showClaim() {
  const { answer, said, problem } = drawing;
  const claimed = said ?? answer.visitor_label;
  for (const button of [element("yes"), ...choices()]) {
    const chosen = claimed !== null && spelt(button.value) === claimed;
    if (chosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  const name = claimed === "not_a_digit" ? "not a digit" : claimed;
  const thanks = claimed === null ? "" : `Thank you! You said that it is ${name}.`;
  element("thanks").textContent = problem || (said === undefined ? thanks : "Saving…");
}

// Each waits for the one before it: what was said last is what the site hears last.
let claims = Promise.resolve();

function claim(one, label) {
  one.said = label;
  one.problem = "";
  claims = claims.then(() => sendClaim(one, label));
}

const patch = (one) => call("PATCH", `${submissionsUrl}${one.answer.id}/`, { visitor_label: one.said });

async function sendClaim(one, label) {
  if (one.said !== label) return; // since then something else was said
  try {
    Object.assign(one.answer, await patch(one));
  } catch (error) {
    if (one.said === label) one.problem = error.message;
  }
  if (one.said === label) delete one.said;
  if (one !== drawing) return;
  keep();
  showClaim();
  bringIntoSight(element("verdict").parentElement, element("thanks"));
}

element("no").addEventListener("click", () => {
  openChoices(element("choices").hidden);
  bringIntoSight(element("verdict").parentElement, element("claim"));
});

element("claim").addEventListener("submit", (event) => {
  event.preventDefault();
  claim(drawing, spelt(event.submitter.value));
  showClaim();
});

// What waits for its turn when the page is left is not lost with it.
addEventListener("pagehide", () => {
  if (drawing.said !== undefined) patch(drawing).catch(() => {});
});

// The picture is there for whoever may see it: why is it not?
element("seen").addEventListener("error", async () => {
  const one = drawing;
  if (!one.answer) return;
  element("seen").parentElement.hidden = true;
  try {
    await call("GET", `${submissionsUrl}${one.answer.id}/`);
  } catch (error) {
    one.problem = error.message;
    if (one === drawing) showClaim();
  }
});

// --- Tools, keys, and the paper's size

element("undo").addEventListener("click", undo);
element("clear").addEventListener("click", clear);
element("send").addEventListener("click", press);

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (target.closest("input")) return;
  if (key === "Enter" && event.repeat) return event.preventDefault(); // whoever holds it presses once
  if (key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey) undo();
  else if (key === "Escape") clear();
  else if (key === "Enter" && !target.closest("a, button, summary")) send();
  else return;
  event.preventDefault();
});

new ResizeObserver(repaint).observe(paper);
addEventListener("resize", repaint); // zooming may change the sharpness alone
element("cookies").hidden = keepsCookies();
const recalled = recall();
past = pastOf(recalled);
turnTo(recalled);
