// Showing the queue.

import { byId } from "../shared/dom.js";
import { decimal, percent } from "../shared/format.js";
import { gettext, interpolate, language } from "../shared/i18n.js";
import { NOT_A_DIGIT } from "../shared/labels.js";
import { showPaths } from "./ink.js";

const RECENT_LABELS = 20; // by which the throughput is told
const MAX_GAP_MS = 60_000; // whoever needs longer was not labelling

function throughput(labelled) {
  const times = labelled.slice(-RECENT_LABELS).map(({ at }) => at);
  const gaps = times.slice(1).map((time, i) => time - times[i]).filter((gap) => gap < MAX_GAP_MS);
  if (!gaps.length) return "";
  const seconds = gaps.reduce((sum, gap) => sum + gap) / gaps.length / 1000;
  const pace = { seconds: decimal(seconds, 1), count: Math.round(60 / seconds) };
  return interpolate(gettext("%(seconds)s s each, %(count)s a minute"), pace);
}

function emptyMessage({ remaining, held, error }) {
  if (error) return gettext("No drawings until the site answers again.");
  if (remaining === null) return gettext("Fetching drawings…");
  if (!held.length) return gettext("Nothing waits for a label. What is new, or was skipped, comes by itself.");
  const words = gettext("What waits for a label is held just now: %(holders)s It comes by itself.");
  return interpolate(words, { holders: held.join(" ") });
}

const left = (count) => interpolate(gettext("%(count)s left"), { count: count.toLocaleString(language) });

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
    const read = interpolate(gettext("Now: read as %(label)s."), { label: this.#names[card.predicted] });
    return `${read} ${this.#visitorLabel(card)}`;
  }

  #visitorLabel({ asked, visitor_label: label }) {
    const wish = asked === null ? "" : interpolate(gettext("The visitor was asked for the digit %(digit)s."), { digit: asked });
    if (label === null || asked === label) return wish;
    const said = interpolate(gettext("The visitor says: %(label)s."), { label: this.#names[label] });
    return wish ? `${wish} ${said}` : said;
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
    showPaths(card.paths);
    byId("pixels").src = card.pixels;
    byId("details-link").href = this.#urlOf(card.id);
    byId("visitor-label").textContent = this.#visitorLabel(card);
    byId("visitor-label").classList.toggle("disputed", card.disputed);
    this.#showPrediction(card);
  }

  #showPrediction({ predicted, digit, confidence, probabilities }) {
    byId("predicted").textContent = this.#names[predicted];
    byId("confirm").querySelector("b").textContent = this.#names[predicted];
    const words = predicted === NOT_A_DIGIT ? gettext("(if a digit, most like %(digit)s)") : gettext("%(percent)s sure");
    byId("confidence").textContent = interpolate(words, { digit, percent: percent(confidence) });
    document.querySelectorAll(".bars tr").forEach((row, i) => {
      row.querySelector("meter").value = probabilities[i];
      row.lastElementChild.textContent = percent(probabilities[i]);
    });
  }

  /** @param {import("./queue.js").Queue} queue */
  showState(queue) {
    const labelled = queue.decided.filter(({ label }) => label !== null);
    const pending = queue.outbox.pending();
    const count = new Set(labelled.map(({ card }) => card.id)).size;
    byId("count").textContent = count;
    byId("progress").max = Math.max(1, count + (queue.remaining ?? 0));
    byId("progress").value = count;
    this.#showRecent(queue);
    byId("throughput").textContent = throughput(labelled);
    byId("remaining").textContent = queue.remaining === null ? "" : left(queue.remaining);
    byId("sync-status").textContent = pending.length
      ? interpolate(gettext("%(count)s on the way"), { count: pending.length })
      : gettext("All stored");
    byId("empty").textContent = emptyMessage(queue);
    byId("sync-error").hidden = !queue.error;
    byId("sync-message").textContent = queue.error + this.#listPending(pending);
    this.#showRejected(queue.outbox.rejected());
  }

  #showRecent({ recent, current }) {
    byId("recent").hidden = !recent.length;
    byId("recent").querySelector("ul").replaceChildren(...recent.map((labelled) => this.#labelled(labelled, current)));
  }

  #labelled({ id, label, pixels }, current) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const image = new Image(56, 56);
    image.src = pixels;
    image.alt = "";
    button.type = "button";
    button.dataset.id = id;
    button.setAttribute("aria-pressed", String(current?.id === id));
    button.setAttribute("aria-label", interpolate(gettext("Change the label %(label)s"), { label: this.#names[label] }));
    button.append(image, label < NOT_A_DIGIT ? String(label) : this.#names[label]);
    item.append(button);
    return item;
  }

  #listPending(pending) {
    if (!pending.length) return "";
    const labels = pending.filter((decision) => decision.new !== null).map((decision) => this.#names[decision.new]);
    const what = labels.join(", ") || gettext("what you took back");
    return ` ${interpolate(gettext("Kept in this browser until it is stored: %(labels)s."), { labels: what })}`;
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
    link.textContent = gettext("Look at the drawing");
    const what = decision.new === null
      ? gettext("Taking a label back was not stored.")
      : interpolate(gettext("The label %(label)s was not stored."), { label: this.#names[decision.new] });
    item.append(`${what} ${decision.problem} `, link);
    return item;
  }
}
