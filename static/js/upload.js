// A picture from wherever it comes: chosen, photographed, dropped on the page, or pasted.

import { byId } from "./shared/dom.js";
import { submissionsApi } from "./shared/submissions.js";
import { PictureDialog } from "./upload/dialog.js";

const { submissionsUrl, predictUrl, historyUrl } = byId("picture").dataset;
const dialog = new PictureDialog(submissionsApi(submissionsUrl, predictUrl), historyUrl);

/** @param {FileList} files */
function openFirst(files) {
  if (files.length) dialog.open(files[0]);
}

for (const input of document.querySelectorAll(".upload input[type=file]")) {
  input.addEventListener("change", () => {
    openFirst(input.files);
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
  openFirst(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => openFirst(event.clipboardData.files));
