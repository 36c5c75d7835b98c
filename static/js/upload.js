// A picture from wherever it comes: chosen, photographed, dropped on the page, or pasted.

import { byId } from "./shared/dom.js";
import { submissionsApi } from "./shared/submissions.js";

const NOT_LOADED = "The site did not answer. Look at your connection and try again.";

/** The dialog for a picture, which is loaded with the first one: most visitors draw. */
class Pictures {
  #dialog = null; // a promise of it

  /** @param {FileList} files of which the first is shown */
  async open([file]) {
    if (!file) return;
    try {
      this.#dialog ??= Pictures.#load();
      (await this.#dialog).open(file);
    } catch {
      this.#dialog = null;
      alert(NOT_LOADED);
    }
  }

  static async #load() {
    const { PictureDialog } = await import("./upload/dialog.js");
    const { submissionsUrl, predictUrl, historyUrl } = byId("picture").dataset;
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
