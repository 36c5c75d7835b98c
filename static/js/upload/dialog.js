// The dialog for a picture: choose the digit in it, see what is read, save it.

import { newId } from "../shared/api.js";
import { acceptsCookies } from "../shared/cookies.js";
import { byId } from "../shared/dom.js";
import { gettext } from "../shared/i18n.js";
import { KeptError, outbox } from "../shared/outbox.js";
import { RejectedError } from "../shared/submissions.js";
import { showBusy, showWords } from "../shared/words.js";
import { CropBox, WHOLE } from "./box.js";
import { cut, openPicture } from "./image.js";

const NO_COOKIES = gettext("Your browser keeps no cookies for this site, so it could not show you this picture again. Allow them, then load the page anew.");
const QUIET_MS = 300; // without a change of the box, until it is read

/** Shows one picture at a time. */
export class PictureDialog {
  #api;
  #historyUrl;
  #dialog = byId("picture");
  #box = new CropBox(byId("box"), () => this.#change());
  #file = null;
  #picture = null;
  #id = ""; // of what is in the box, however often it is sent
  #timer = 0;
  #isReading = false;
  #isSaving = false;
  #isKept = false;

  /**
   * @param {ReturnType<import("../shared/submissions.js").submissionsApi>} api
   * @param {string} historyUrl
   */
  constructor(api, historyUrl) {
    this.#api = api;
    this.#historyUrl = historyUrl;
    byId("picture-save").addEventListener("click", () => this.#save());
    byId("picture-cancel").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => clearTimeout(this.#timer));
    this.#follow("sent", ({ id }) => this.#leave(id));
    for (const type of ["refused", "deleted"]) this.#follow(type, ({ message }) => this.#showUnsaved(message));
  }

  /** @param {Blob} file */
  async open(file) {
    if (this.#isSaving) return;
    this.#file = file;
    this.#clear();
    if (!this.#dialog.open) this.#dialog.showModal();
    const picture = await openPicture(file);
    if (file !== this.#file) return; // another was dropped meanwhile
    this.#picture = picture;
    this.#showPicture(picture.canvas);
    this.#box.set(WHOLE);
  }

  #clear() {
    this.#showError("");
    byId("picture-digit").textContent = "?";
    byId("picture-prediction").textContent = gettext("Reading…");
    byId("picture-pixels").removeAttribute("src");
  }

  #showPicture(canvas) {
    byId("stage").parentElement.hidden = byId("box-help").hidden = !canvas;
    byId("not-shown").hidden = Boolean(canvas);
    byId("stage").querySelector("canvas")?.remove();
    if (canvas) byId("stage").prepend(canvas);
  }

  #change() {
    this.#id = newId();
    this.#setKept(false);
    this.#showError("");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(), QUIET_MS);
  }

  // One at a time: a box that is changed meanwhile is read afterwards.
  async #read() {
    if (this.#isReading) return;
    this.#isReading = true;
    const id = this.#id;
    try {
      const image = await cut(this.#picture, this.#box.box);
      const answer = await this.#api.predict(image, (seconds) => this.#showWait(seconds));
      if (id === this.#id) this.#show(answer);
    } catch (error) {
      if (id === this.#id) this.#showUnread(error);
    }
    this.#isReading = false;
    if (id !== this.#id && this.#dialog.open) this.#read();
  }

  async #save() {
    if (this.#isSaving) return;
    if (!acceptsCookies()) return this.#showError(NO_COOKIES);
    this.#setSaving(true);
    this.#showError("");
    const id = this.#id;
    try {
      const image = await cut(this.#picture, this.#box.box);
      await outbox.send({ id, image }, (seconds) => this.#showWait(seconds));
      this.#leave(id);
    } catch (error) {
      if (error instanceof RejectedError) this.#id = newId();
      this.#setKept(error instanceof KeptError && id === this.#id);
      this.#showError(error.message);
    }
    this.#setSaving(false);
  }

  // What becomes of the picture while it is kept and shown.
  #follow(type, onTold) {
    outbox.addEventListener(type, ({ detail }) => {
      if (detail.id === this.#id && this.#isKept && this.#dialog.open) onTold(detail);
    });
  }

  #leave(id) {
    location.assign(`${this.#historyUrl}${id}/`);
  }

  #showUnsaved(message) {
    this.#id = newId(); // nothing was stored under the other
    this.#setKept(false);
    this.#showError(message);
  }

  #setKept(isKept) {
    this.#isKept = isKept;
    byId("picture-save").hidden = isKept;
    byId("picture-cancel").textContent = isKept ? gettext("Close") : gettext("Cancel");
    byId("picture-error").classList.toggle("kept", isKept);
    if (isKept) byId("picture-cancel").focus();
  }

  #setSaving(isSaving) {
    this.#isSaving = isSaving;
    byId("picture-save").textContent = isSaving ? gettext("Saving…") : gettext("Save");
    byId("picture-save").setAttribute("aria-disabled", isSaving);
  }

  #show({ predictions: [prediction], pixels: [pixels] }) {
    byId("picture-digit").textContent = prediction.is_digit ? prediction.digit : "–";
    showWords(byId("picture-prediction"), prediction);
    byId("picture-pixels").src = pixels;
  }

  #showWait(seconds) {
    showBusy(byId("picture-prediction"), seconds);
  }

  #showUnread({ message }) {
    byId("picture-digit").textContent = "–";
    byId("picture-prediction").textContent = gettext("Nothing could be read.");
    byId("picture-pixels").removeAttribute("src");
    if (!this.#isKept) this.#showError(message);
  }

  #showError(message) {
    byId("picture-error").textContent = message;
    if (message) byId("picture-error").scrollIntoView({ block: "nearest" });
  }
}
