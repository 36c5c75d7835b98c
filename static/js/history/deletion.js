// Deleting what is selected: it is out of sight at once, and sent when nobody has taken it back.

import { byId } from "../shared/dom.js";
import { gettext, interpolate, ngettext } from "../shared/i18n.js";

const GRACE_MS = 10_000;
const FAILED = gettext("No answer came from the site, so these drawings may still be there. Load the page anew to see.");

const deleted = (count) => interpolate(ngettext("%(count)s drawing deleted.", "%(count)s drawings deleted.", count), { count });
const toDelete = (count) => interpolate(ngettext("Delete %(count)s drawing", "Delete %(count)s drawings", count), { count });

/** Cards that are hidden, and deleted in ten seconds or when the page is left. */
class Deletion {
  #url;
  #body;
  #cards;
  #status;
  #timer;
  #isOver = false; // taken back, or sent

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLInputElement[]} boxes that are checked
   * @param {HTMLElement} status where it is told
   */
  constructor(form, boxes, status) {
    this.#url = form.action;
    this.#body = new URLSearchParams(new FormData(form));
    this.#body.set("confirmed", "1");
    this.#cards = boxes.map((box) => box.closest(".card"));
    this.#status = status;
    for (const box of boxes) box.checked = false;
    this.#show(false);
    this.#tell();
  }

  /** Send it now, unless it was taken back. */
  async finish() {
    if (!this.#end()) return;
    try {
      const options = { method: "POST", body: this.#body, keepalive: true, redirect: "manual" };
      const { type } = await fetch(this.#url, options);
      if (type !== "opaqueredirect") throw new Error("It leads on only where it has deleted them");
      for (const card of this.#cards) card.remove();
      await refreshOverview();
    } catch {
      this.#show(true);
      this.#status.append(FAILED);
    }
  }

  #takeBack() {
    if (!this.#end()) return;
    this.#show(true);
    this.#cards[0].querySelector("input").focus();
  }

  /** Whether it was neither sent nor taken back before. */
  #end() {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearInterval(this.#timer);
    if (this.#status.contains(document.activeElement)) byId("main").focus();
    this.#status.replaceChildren();
    return true;
  }

  #show(isShown) {
    for (const card of this.#cards) card.hidden = !isShown;
  }

  #tell() {
    const text = document.createElement("span");
    const timer = document.createElement("span");
    timer.setAttribute("role", "timer"); // which is not read out while it runs
    text.append(`${deleted(this.#cards.length)} `, timer);
    const undo = document.createElement("button");
    undo.type = "button";
    undo.textContent = gettext("Undo");
    undo.addEventListener("click", () => this.#takeBack());
    this.#status.replaceChildren(text, undo);
    undo.focus({ preventScroll: true });
    this.#countDown(timer);
  }

  // By the clock: the timers of a phone that sleeps stand still.
  #countDown(timer) {
    const end = Date.now() + GRACE_MS;
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      timer.textContent = interpolate(gettext("%(seconds)s s to undo."), { seconds: left });
      if (left <= 0) this.finish();
    };
    tick();
    this.#timer = setInterval(tick, 250);
  }
}

/** Have the numbers say what is left. */
async function refreshOverview() {
  const html = await (await fetch(location.href)).text();
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("overview");
  if (!fresh || !document.querySelector(".card")) return location.reload();
  byId("overview").replaceWith(fresh);
}

/**
 * Delete what is selected, and leave ten seconds to take it back.
 * @param {HTMLFormElement} form around the cards
 * @param {HTMLElement} status where it is told
 */
export function attachDeletion(form, status) {
  let deletion = null;
  const checked = () => [...form.querySelectorAll(".select input:checked")];

  form.addEventListener("change", () => {
    byId("delete-words").textContent = toDelete(checked().length);
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    deletion?.finish();
    if (checked().length) deletion = new Deletion(form, checked(), status);
  });

  addEventListener("pagehide", () => deletion?.finish());
}
