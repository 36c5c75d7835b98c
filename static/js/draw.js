// The paper, its tools, and the site's answer.

const SIDE = 280; // of the paper in its own units, and of the picture that is sent in pixels
const PEN = 18;
const SMALLEST = 16; // a drawing that spans less is a slip of the finger
const PATIENCE = 20_000; // milliseconds until a request counts as lost
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
let past = [];
let pointer = null; // the one that is drawing
let stroke = null; // its [[x…], [y…], [t…]], while it is on the paper
let sending = false;

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
  keep();
  repaint();
}

function undo() {
  if (!sending && past.length) turnTo(past.pop());
}

function clear() {
  if (drawing.strokes.length) change(blank());
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
  if (event.button !== 0 || pointer !== null || sending) return;
  paper.setPointerCapture(event.pointerId);
  // What has been read is done: the next stroke begins the next drawing.
  change(blank(drawing.answer ? [] : [...drawing.strokes]));
  pointer = event.pointerId;
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
    pointer = stroke = null;
    keep();
  });
}

// --- Keeping what has not been read yet, in case the page is loaded anew

function keep() {
  try {
    if (drawing.answer) sessionStorage.removeItem(KEPT);
    else sessionStorage.setItem(KEPT, JSON.stringify(drawing));
  } catch {
    // The browser keeps nothing for this site; all else works.
  }
}

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? blank();
  } catch {
    return blank();
  }
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

async function call(method, url, body) {
  let response, answer;
  try {
    response = await fetch(url, {
      method,
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body),
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
  throw new Refused(Object.values(answer).flat().join(" "));
}

async function send() {
  if (sending || drawing.answer) return;
  const strokes = drawing.strokes.map(([xs, ys, ts]) => [
    xs.map(Math.round),
    ys.map(Math.round),
    ts.map((t) => Math.round(t - drawing.strokes[0][2][0])),
  ]);
  if (!strokes.length) return complain("The paper is still empty. Draw a digit first.");
  if (span(strokes) < SMALLEST) return complain("That is very small. Draw it larger, please.");

  sending = true;
  pointer = stroke = null; // what is still being drawn ends here
  complain("");
  element("verdict").textContent = "Reading…";
  drawing.id ??= newId();
  keep();
  try {
    drawing.answer = await call("POST", submissionsUrl, { id: drawing.id, image: picture(strokes), strokes });
  } catch (error) {
    if (error instanceof Refused) drawing.id = null; // nothing was stored under it
    complain(error.message);
  }
  sending = false;
  keep();
  showAnswer();
  if (drawing.answer) element("claim").scrollIntoView({ block: "nearest" });
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

function showClaim() {
  const claimed = drawing.answer.visitor_label;
  for (const button of [element("yes"), ...choices()]) {
    const chosen = claimed !== null && spelt(button.value) === claimed;
    if (chosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  const name = claimed === "not_a_digit" ? "not a digit" : claimed;
  element("thanks").textContent = claimed === null ? "" : `Thank you! You said that it is ${name}.`;
}

element("no").addEventListener("click", () => openChoices(element("choices").hidden));

element("claim").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { answer } = drawing;
  try {
    const body = { visitor_label: spelt(event.submitter.value) };
    Object.assign(answer, await call("PATCH", `${submissionsUrl}${answer.id}/`, body));
    if (drawing.answer === answer) showClaim();
  } catch (error) {
    element("thanks").textContent = error.message;
  }
});

// --- Tools, keys, and the paper's size

element("undo").addEventListener("click", undo);
element("clear").addEventListener("click", clear);
element("send").addEventListener("click", send);

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (target.closest("input")) return;
  if (key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey) undo();
  else if (key === "Escape") clear();
  else if (key === "Enter" && !event.repeat && !target.closest("a, button, summary")) send();
  else return;
  event.preventDefault();
});

desk.hidden = false;
new ResizeObserver(repaint).observe(paper);
addEventListener("resize", repaint); // zooming may change the sharpness alone
turnTo(recall());
