// The time for one digit.

const TICK_MS = 250;

/** Counts down, but not while it is switched off or the page is out of sight. */
export class Countdown {
  #element;
  #isOff;
  #onEnd;
  #left = 0; // seconds
  #timer = 0;

  /**
   * @param {HTMLElement} element shows what is left
   * @param {() => boolean} isOff
   * @param {() => void} onEnd
   */
  constructor(element, isOff, onEnd) {
    this.#element = element;
    this.#isOff = isOff;
    this.#onEnd = onEnd;
  }

  /** @param {number} seconds */
  start(seconds) {
    this.stop();
    this.#left = seconds;
    let before = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      // A phone that slept has not drawn meanwhile.
      this.#count(Math.min((now - before) / 1000, 1));
      before = now;
    }, TICK_MS);
    this.#count(0);
  }

  stop() {
    clearInterval(this.#timer);
    this.#element.textContent = "";
  }

  #count(seconds) {
    if (!this.#isOff() && !document.hidden) this.#left -= seconds;
    this.#element.textContent = this.#isOff() ? "" : `${Math.max(Math.ceil(this.#left), 0)} s`;
    if (this.#left > 0) return;
    this.stop();
    this.#onEnd();
  }
}
