// Deleting everything: also what waits in this browser, which would be sent afterwards.

import { outbox } from "./shared/outbox.js";

document.querySelector("main form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await outbox.clear();
  event.target.submit();
});
