// What waits in this browser, and what of it was sent; and having it sent.

import { gettext, interpolate, ngettext } from "../shared/i18n.js";
import { outbox } from "../shared/outbox.js";

const RETRY_MS = 15_000;

function waitingInWords(count) {
  const text = ngettext(
    "%(count)s drawing waits in this browser until the site answers.",
    "%(count)s drawings wait in this browser until the site answers.",
    count,
  );
  return interpolate(text, { count });
}

function sentInWords(count) {
  return interpolate(ngettext("%(count)s drawing was sent since.", "%(count)s drawings were sent since.", count), { count });
}

/**
 * Send what waits now, whenever the line is back, and now and then; and say so.
 * @param {HTMLElement} bar
 */
export function attachOutbox(bar) {
  const status = bar.querySelector("p");
  const button = bar.querySelector("button");
  let sent = 0;
  let timer = 0;

  async function show(message = "") {
    const waiting = (await outbox.all()).length;
    const sentences = [
      waiting ? waitingInWords(waiting) : "",
      sent ? sentInWords(sent) : "",
      message,
    ];
    status.textContent = sentences.filter(Boolean).join(" ");
    button.hidden = !waiting;
    bar.hidden = !status.textContent;
    clearTimeout(timer);
    if (waiting) timer = setTimeout(send, RETRY_MS);
  }

  function send() {
    outbox.flush().catch(() => show());
  }

  outbox.addEventListener("kept", () => show());
  outbox.addEventListener("deleted", () => show());
  outbox.addEventListener("refused", ({ detail }) => show(interpolate(gettext("Not stored: %(reason)s"), { reason: detail.message })));
  outbox.addEventListener("sent", () => {
    sent += 1;
    show();
  });
  button.addEventListener("click", () => {
    if (confirm(gettext("Delete what waits in this browser?"))) outbox.clear();
  });
  addEventListener("online", send);
  document.addEventListener("visibilitychange", () => document.hidden || send());
  send();
}
