// Decisions that the site has not stored yet. They are kept in this browser, so that the next
// drawing waits for nobody, and a line that drops loses nothing.

import { newId } from "../shared/api.js";

/**
 * @typedef {object} Decision
 * @property {string} name under which the browser keeps it
 * @property {string} key under which the site stores it once
 * @property {string} submission
 * @property {?number} old
 * @property {?number} new
 * @property {boolean} skip
 * @property {string} [problem] why the site did not store it
 */

export class Outbox {
  #prefix;

  /** @param {string} reviewer */
  constructor(reviewer) {
    this.#prefix = `review ${reviewer} `;
  }

  /** @returns {Decision[]} in the order in which they were made */
  #all() {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(this.#prefix)).sort();
    return names.map((name) => ({ name, ...JSON.parse(localStorage[name]) }));
  }

  pending() {
    return this.#all().filter(({ problem }) => !problem);
  }

  rejected() {
    return this.#all().filter(({ problem }) => problem);
  }

  /**
   * @param {string} submission
   * @param {?number} oldLabel
   * @param {?number} newLabel
   * @returns {string} the decision's key
   */
  add(submission, oldLabel, newLabel, skip = false) {
    const key = newId();
    const time = (performance.timeOrigin + performance.now()).toFixed(3).padStart(20, "0");
    const decision = { key, submission, old: oldLabel, new: newLabel, skip };
    localStorage[`${this.#prefix}${time} ${key}`] = JSON.stringify(decision);
    return key;
  }

  /** @param {Decision} decision */
  remove({ name }) {
    localStorage.removeItem(name);
  }

  /**
   * @param {Decision} decision
   * @param {string} problem
   */
  reject({ name, ...decision }, problem) {
    localStorage[name] = JSON.stringify({ ...decision, problem });
  }
}
