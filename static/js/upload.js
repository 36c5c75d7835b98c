// A picture from wherever it comes: chosen, photographed, dropped on the page, or pasted.

import { byId } from "./shared/dom.js";
import { gettext } from "./shared/i18n.js";
import { submissionsApi } from "./shared/submissions.js";

const NOT_LOADED = gettext("The site did not answer. Look at your connection and try again.");

/** The dialog for a picture, which is loaded with the first one: most visitors draw. */
class Pictures {
  #dialog = null; // a promise of it
  #failures = 0;

  /** @param {FileList} files of which the first is shown */
  async open([file]) {
    if (!file) return;
    try {
      this.#dialog ??= this.#load();
      (await this.#dialog).open(file);
    } catch {
      this.#dialog = null;
      this.#failures += 1;
      alert(NOT_LOADED);
    }
  }

  async #load() {
    const { dialogUrl, submissionsUrl, predictUrl, historyUrl } = byId("picture").dataset;
    // Chromium asks for a module that it could not fetch only under another address again.
    const { PictureDialog } = await import(this.#failures ? `${dialogUrl}?${this.#failures}` : dialogUrl);
    return new PictureDialog(submissionsApi(submissionsUrl, predictUrl), historyUrl);
  }
}

const pictures = new Pictures();

for (const input of document.querySelectorAll(".upload input[type=file]")) {
  input.addEventListener("change", () => {
    pictures.open(input.files);
    input.value = ""; // the same one may be chosen again
  });
}

function showDropping(isOver) {
  document.documentElement.classList.toggle("dropping", isOver);
}

document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  showDropping(true);
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) showDropping(false);
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  showDropping(false);
  pictures.open(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => pictures.open(event.clipboardData.files));
