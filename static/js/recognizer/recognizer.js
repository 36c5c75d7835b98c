// The network in this browser: in a worker, so that drawing goes on while it reads.

/** @typedef {import("../draw/strokes.js").Stroke} Stroke */
/** @typedef {import("./network.js").Prediction} Prediction */

/** Reads drawings. Whatever it is asked may fail: in an old browser, without memory, without a connection. */
export class Recognizer {
  #worker;
  #calls = new Map(); // what is not answered yet
  #lastId = 0;

  /** @param {string} url of worker.js */
  constructor(url) {
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.addEventListener("message", ({ data: { id, result, error } }) => {
      const { resolve, reject } = this.#calls.get(id);
      this.#calls.delete(id);
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    });
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      for (const { reject } of this.#calls.values()) reject(new Error(event.message));
      this.#calls.clear();
    });
  }

  /**
   * Take up the active network, unless it is there already.
   * @param {string} url that leads to its file
   * @returns {Promise<void>}
   */
  load(url) {
    return this.#call("load", url);
  }

  /**
   * @param {Stroke[]} strokes as they are sent
   * @returns {Promise<?Prediction>} null where there is too little to read
   */
  read(strokes) {
    return this.#call("read", strokes);
  }

  #call(method, argument) {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#calls.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, argument });
    });
  }
}
