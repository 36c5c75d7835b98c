// The drawings that wait for this reviewer, and what was decided about those before them.

/**
 * @typedef {object} Card what the site sends of a drawing
 * @property {string} id
 * @property {string} drawing a data URL
 * @property {string} pixels a data URL
 * @property {{d: string, width: number, start: number, duration: number}[]} paths its strokes
 * @property {number} predicted
 * @property {number} digit
 * @property {number} confidence
 * @property {number[]} probabilities
 * @property {?number} asked the digit that the visitor was asked for
 * @property {?number} visitor_label the visitor's label
 * @property {boolean} disputed
 * @property {number} [label] which the reviewer gave it, where they look at it again
 */

/** @typedef {{id: string, label: number, pixels: string}} Labelled */

const RECENT = 10;

/** @typedef {{card: Card, label: ?number, key: string, at: number}} Decided without a label: skipped */

export class Queue {
  /** @type {Card[]} the first is the one that is shown */
  cards = [];
  /** @type {Decided[]} of this session */
  decided = [];
  /** @type {Labelled[]} the reviewer's last labels, the latest first */
  recent = [];
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
   * Label the current drawing. One that has that label already is only put away.
   * @param {?number} label null skips it
   */
  decide(label) {
    const card = this.cards.shift();
    const old = card.label ?? null;
    if (old !== null && (label === null || label === old)) return;
    const key = this.outbox.add(card.id, old, label, label === null);
    this.decided.push({ card, label, key, at: performance.now() });
    this.#remember(card, label);
  }

  /**
   * Put a drawing that the reviewer labelled before all others, to be labelled anew.
   * @param {Card} card
   */
  reopen(card) {
    const { label } = this.recent.find(({ id }) => id === card.id);
    this.cards = [{ ...card, label }, ...this.cards.filter((other) => other.label === undefined)];
  }

  #remember({ id, pixels }, label) {
    const others = this.recent.filter((other) => other.id !== id);
    this.recent = (label === null ? others : [{ id, label, pixels }, ...others]).slice(0, RECENT);
  }

  /** @returns {Decided | undefined} what was undone */
  undo() {
    const last = this.decided.pop();
    if (!last) return undefined;
    const { card, label } = last;
    this.cards = [card, ...this.cards.filter(({ id }) => id !== card.id)];
    this.outbox.add(card.id, label, card.label ?? null);
    this.#remember(card, card.label ?? null);
    return last;
  }

  /**
   * @param {import("./outbox.js").Decision[]} sent
   * @param {{problems: string[], left: number, held: string[], recent: Labelled[], mine: string[], cards: Card[]}} answer
   */
  receive(sent, answer) {
    sent.forEach((decision, i) => this.#settle(decision, answer.problems[i]));
    this.remaining = answer.left;
    this.held = answer.held;
    // What was decided since the request left is not known to its answer.
    const moving = new Set(this.outbox.pending().map(({ submission }) => submission));
    const mine = new Set(answer.mine);
    if (!moving.size) this.recent = answer.recent;
    this.cards = this.cards.filter(({ id, label }) => mine.has(id) || moving.has(id) || label !== undefined);
    this.cards.push(...answer.cards.filter(({ id }) => !moving.has(id)));
  }

  #settle(decision, problem) {
    if (!problem) return this.outbox.remove(decision);
    this.outbox.reject(decision, problem);
    this.decided = this.decided.filter(({ key }) => key !== decision.key);
  }
}
