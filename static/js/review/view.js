// Showing the queue.

import { byId } from "../shared/dom.js";
import { percent } from "../shared/format.js";
import { NOT_A_DIGIT } from "../shared/labels.js";

const RECENT_LABELS = 20; // by which the throughput is told
const MAX_GAP_MS = 60_000; // whoever needs longer was not labelling

function throughput(labelled) {
  const times = labelled.slice(-RECENT_LABELS).map(({ at }) => at);
  const gaps = times.slice(1).map((time, i) => time - times[i]).filter((gap) => gap < MAX_GAP_MS);
  if (!gaps.length) return "";
  const seconds = gaps.reduce((sum, gap) => sum + gap) / gaps.length / 1000;
  return `${seconds.toFixed(1)} s each, ${Math.round(60 / seconds)} a minute`;
}

function emptyMessage({ remaining, held, error }) {
  if (error) return "No drawings until the site answers again.";
  if (remaining === null) return "Fetching drawings…";
  if (held.length) return `What waits for a label is held just now: ${held.join(" ")} It comes by itself.`;
  return "Nothing waits for a label. What is new, or was skipped, comes by itself.";
}

export class View {
  #names;
  #listUrl;
  #shown = null; // the card

  /**
   * @param {Object<string, string>} names of the labels
   * @param {string} listUrl
   */
  constructor(names, listUrl) {
    this.#names = names;
    this.#listUrl = listUrl;
  }

  /** @param {string} sentence */
  announce(sentence) {
    byId("status").textContent = sentence;
  }

  /** @param {import("./queue.js").Card} card */
  describe(card) {
    return `Now: read as ${this.#names[card.predicted]}. ${this.#visitorLabel(card)}`;
  }

  #visitorLabel({ visitor_label: label }) {
    return label === null ? "" : `The visitor says: ${this.#names[label]}.`;
  }

  #urlOf(submission) {
    return `${this.#listUrl}${submission}/change/`;
  }

  /** @param {import("./queue.js").Card | undefined} card */
  showCard(card) {
    if (card === this.#shown) return;
    this.#shown = card;
    byId("card").hidden = byId("details-link").hidden = !card;
    byId("empty").hidden = Boolean(card);
    if (!card) return;
    byId("drawing").src = card.drawing;
    byId("pixels").src = card.pixels;
    byId("details-link").href = this.#urlOf(card.id);
    byId("visitor-label").textContent = this.#visitorLabel(card);
    byId("visitor-label").classList.toggle("disputed", card.disputed);
    this.#showPrediction(card);
  }

  #showPrediction({ predicted, digit, confidence, probabilities }) {
    byId("predicted").textContent = this.#names[predicted];
    byId("confirm").querySelector("b").textContent = this.#names[predicted];
    byId("confidence").textContent = predicted === NOT_A_DIGIT ? `(if a digit, most like ${digit})` : `${percent(confidence)} sure`;
    document.querySelectorAll(".bars tr").forEach((row, i) => {
      row.querySelector("meter").value = probabilities[i];
      row.lastElementChild.textContent = percent(probabilities[i]);
    });
  }

  /** @param {import("./queue.js").Queue} queue */
  showState(queue) {
    const labelled = queue.decided.filter(({ label }) => label !== null);
    const pending = queue.outbox.pending();
    byId("count").textContent = labelled.length;
    byId("throughput").textContent = throughput(labelled);
    byId("remaining").textContent = queue.remaining === null ? "" : `${queue.remaining.toLocaleString()} left`;
    byId("sync-status").textContent = pending.length ? `${pending.length} on the way` : "All stored";
    byId("empty").textContent = emptyMessage(queue);
    byId("sync-error").hidden = !queue.error;
    byId("sync-message").textContent = queue.error + this.#listPending(pending);
    this.#showRejected(queue.outbox.rejected());
  }

  #listPending(pending) {
    if (!pending.length) return "";
    const labels = pending.filter((decision) => decision.new !== null).map((decision) => this.#names[decision.new]);
    return ` Kept in this browser until it is stored: ${labels.join(", ") || "what you took back"}.`;
  }

  #showRejected(decisions) {
    byId("rejected").hidden = !decisions.length;
    byId("rejected").querySelector("ul").replaceChildren(...decisions.map((decision) => this.#rejection(decision)));
  }

  #rejection(decision) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = this.#urlOf(decision.submission);
    link.target = "_blank";
    link.textContent = "this drawing";
    const what = decision.new === null ? "Taking a label back" : `The label ${this.#names[decision.new]}`;
    item.append(`${what} was not stored for `, link, `. ${decision.problem}`);
    return item;
  }
}
