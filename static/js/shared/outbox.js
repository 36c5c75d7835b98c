// Drawings that were saved and that the site has not stored yet. They are kept in this browser until it has.

import { requestJson, sendPatiently } from "./api.js";
import { gettext } from "./i18n.js";
import { ProblemError, RejectedError, answerIn, answerOf } from "./submissions.js";

const DATABASE = "outbox";
const STORE = "submissions";
const KEPT = gettext("The site did not answer. The drawing is kept in this browser, and sent when it does.");
const FULL = gettext("The site did not answer, and this browser has no room left to keep the drawing in. It is not stored: try again when there is a connection.");
const OFF = gettext("The site did not answer, and this browser is set to keep nothing for it. The drawing is not stored: try again when there is a connection.");
const DELETED = gettext("It was deleted in this browser before it was sent.");

/** The site did not answer, and the drawing is kept in this browser. */
export class KeptError extends Error {}

async function open() {
  const request = indexedDB.open(DATABASE, 1);
  return new Promise((resolve, reject) => {
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE, { keyPath: "id" }));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

const committed = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.addEventListener("complete", resolve);
    transaction.addEventListener("abort", () => reject(transaction.error));
  });

// Opened anew each time: the visitor may have deleted what the browser has of the site.
async function inStore(mode, work) {
  const database = await open();
  try {
    const transaction = database.transaction(STORE, mode);
    const request = work(transaction.objectStore(STORE));
    await committed(transaction); // only then is it known whether there was room
    return request.result;
  } finally {
    database.close();
  }
}

/** One tab at a time sends or clears. Where there are no locks, without HTTPS, the site keeps each once all the same. */
const alone = (work) => (navigator.locks ? navigator.locks.request(DATABASE, work) : work());

/** Tells, in every tab: "kept"; and with a drawing's id "sent" and the answer, "refused" or "deleted" and a message. */
class Outbox extends EventTarget {
  #url;
  #channel = new BroadcastChannel(DATABASE);

  /** @param {string} url of all submissions */
  constructor(url) {
    super();
    this.#url = url;
    this.#channel.addEventListener("message", ({ data }) => this.#dispatch(data));
  }

  /**
   * Send a drawing. Where no answer comes it is kept, and sent by `flush`.
   * @param {{id: string}} submission
   * @param {(seconds: number) => void} [onWait] hears how long a busy site has it wait
   * @returns {Promise<object>} the site's answer
   * @throws {KeptError} it is kept
   * @throws {RejectedError} the site refused it
   * @throws {Error} no answer came, and this browser could not keep it
   */
  async send(submission, onWait = () => {}) {
    const reason = await this.#keep(submission);
    const send = reason ? () => this.#post(submission) : () => alone(() => this.#postKept(submission));
    try {
      return await answerOf(() => sendPatiently(send, onWait));
    } catch (error) {
      if (error instanceof RejectedError) throw error;
      if (reason) throw new Error(reason);
      this.#tell({ type: "kept" });
      throw new KeptError(KEPT);
    }
  }

  /** Send what is kept, the oldest first, until no answer comes. Throws where something is still kept. */
  async flush() {
    let problem = null;
    for (const submission of await this.all()) {
      try {
        await this.#flushOne(submission);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        problem = error; // with this one, perhaps, and not with the next
      }
    }
    if (problem) throw problem;
  }

  async #flushOne({ keptAt, ...submission }) {
    const { id } = submission;
    const send = () => alone(async () => ((await this.has(id)) ? this.#postKept(submission) : Response.error()));
    try {
      const answer = await answerOf(() => sendPatiently(send, () => {}));
      this.#tell({ type: "sent", id, answer });
    } catch (error) {
      if (error instanceof RejectedError) return this.#tell({ type: "refused", id, message: error.message });
      if (await this.has(id)) throw error; // else another tab has sent it, or it was deleted
    }
  }

  /** @returns {Promise<object[]>} what is kept, the oldest first */
  async all() {
    const found = await inStore("readonly", (store) => store.getAll()).catch(() => []);
    return found.sort((a, b) => a.keptAt - b.keptAt);
  }

  /**
   * @param {string} id
   * @returns {Promise<boolean>} whether it is kept
   */
  async has(id) {
    return (await inStore("readonly", (store) => store.count(id))) > 0;
  }

  /** Delete what is kept, once nothing is on its way. */
  async clear() {
    const deleted = await alone(async () => {
      const kept = await this.all();
      await inStore("readwrite", (store) => store.clear());
      return kept;
    }).catch(() => []); // nothing can be kept here
    for (const { id } of deleted) this.#tell({ type: "deleted", id, message: DELETED });
  }

  /** @returns {Promise<string>} why this browser does not keep it, if it does not */
  async #keep(submission) {
    try {
      await inStore("readwrite", (store) => store.put({ ...submission, keptAt: Date.now() }));
      return "";
    } catch ({ name }) {
      return name === "QuotaExceededError" ? FULL : OFF;
    }
  }

  #post(submission) {
    return requestJson("POST", this.#url, submission);
  }

  async #postKept(submission) {
    const { id } = submission;
    // Another tab has sent it, or it was deleted.
    if (!(await this.has(id))) return requestJson("GET", `${this.#url}${id}/`);
    const response = await this.#post(submission);
    if (response.status === 429 || response.status >= 500) return response;
    await answerIn(response); // it has come whole, and from the site
    await inStore("readwrite", (store) => store.delete(id));
    return response;
  }

  #tell(message) {
    this.#channel.postMessage(message);
    this.#dispatch(message);
  }

  #dispatch(detail) {
    this.dispatchEvent(new CustomEvent(detail.type, { detail }));
  }
}

export const outbox = new Outbox(document.body.dataset.submissionsUrl);
