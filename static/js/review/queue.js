// The drawings that wait for this reviewer, and what was decided about those before them.

/**
 * @typedef {object} Card what the site sends of a drawing
 * @property {string} id
 * @property {string} drawing a data URL
 * @property {string} pixels a data URL
 * @property {number} predicted
 * @property {number} digit
 * @property {number} confidence
 * @property {number[]} probabilities
 * @property {?number} visitor_label the visitor's label
 * @property {boolean} disputed
 */

/** @typedef {{card: Card, label: ?number, key: string, at: number}} Decided without a label: skipped */

export class Queue {
  /** @type {Card[]} the first is the one that is shown */
  cards = [];
  /** @type {Decided[]} of this session */
  decided = [];
  /** @type {?number} how many wait on the site, once it has said so */
  remaining = null;
  /** @type {string[]} who holds drawings that wait, and are not handed out */
  held = [];
  /** @type {string} why the site could not be asked last: a sentence */
  error = "";

  /** @param {import("./outbox.js").Outbox} outbox */
  constructor(outbox) {
    this.outbox = outbox;
  }

  get current() {
    return this.cards[0];
  }

  /**
   * Label the current drawing.
   * @param {?number} label null skips it
   */
  decide(label) {
    const card = this.cards.shift();
    const key = this.outbox.add(card.id, null, label, label === null);
    this.decided.push({ card, label, key, at: performance.now() });
  }

  /** @returns {Decided | undefined} what was undone */
  undo() {
    const last = this.decided.pop();
    if (!last) return undefined;
    this.cards.unshift(last.card);
    this.outbox.add(last.card.id, last.label, null);
    return last;
  }

  /**
   * @param {import("./outbox.js").Decision[]} sent
   * @param {{problems: string[], left: number, held: string[], mine: string[], cards: Card[]}} answer
   */
  receive(sent, answer) {
    sent.forEach((decision, i) => this.#settle(decision, answer.problems[i]));
    this.remaining = answer.left;
    this.held = answer.held;
    // What was decided since the request left is not known to its answer.
    const moving = new Set(this.outbox.pending().map(({ submission }) => submission));
    const mine = new Set(answer.mine);
    this.cards = this.cards.filter(({ id }) => mine.has(id) || moving.has(id));
    this.cards.push(...answer.cards.filter(({ id }) => !moving.has(id)));
  }

  #settle(decision, problem) {
    if (!problem) return this.outbox.remove(decision);
    this.outbox.reject(decision, problem);
    this.decided = this.decided.filter(({ key }) => key !== decision.key);
  }
}
