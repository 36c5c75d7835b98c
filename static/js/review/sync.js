// Sending what was decided, and fetching what comes next.

import { requestJson } from "../shared/api.js";
import { gettext, interpolate } from "../shared/i18n.js";

const MAX_DECISIONS = 100; // in one request
const RETRY_DELAYS_S = [1, 2, 5, 10, 30];
const POLL_INTERVAL_S = 15; // until an empty queue is asked for again

async function post(url, body) {
  let response;
  try {
    const headers = { "X-CSRFToken": document.cookie.match(/csrftoken=(\w+)/)?.[1] ?? "" };
    response = await requestJson("POST", url, body, { headers });
    if (response.ok) return await response.json();
  } catch {
    throw new Error(gettext("The site does not answer."));
  }
  if (response.status === 403) throw new Error(gettext("You are signed out, or may not review. Sign in in another window."));
  throw new Error(interpolate(gettext("The site has a problem (%(status)s)."), { status: response.status }));
}

/**
 * @param {import("./queue.js").Queue} queue
 * @param {string} url
 * @param {() => void} onDone
 * @returns {() => void} asks the site now, and from then on by itself
 */
export function createSync(queue, url, onDone) {
  let isRunning = false;
  let failures = 0;
  let timer = 0;

  const later = (seconds) => (timer = setTimeout(sync, 1000 * seconds));

  async function exchange() {
    const decisions = queue.outbox.pending().slice(0, MAX_DECISIONS);
    queue.receive(decisions, await post(url, { decisions, have: queue.cards.map(({ id }) => id) }));
  }

  async function sync() {
    clearTimeout(timer);
    if (isRunning) return;
    isRunning = true;
    queue.error = await exchange().then(() => "", ({ message }) => message);
    isRunning = false;
    onDone();
    if (queue.error) return later(RETRY_DELAYS_S[Math.min(failures++, RETRY_DELAYS_S.length - 1)]);
    failures = 0;
    if (queue.outbox.pending().length) sync();
    else if (!queue.current) later(POLL_INTERVAL_S);
  }

  return sync;
}
