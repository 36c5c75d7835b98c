// What every page has.

import { attachOutbox } from "./base/outbox-status.js";
import { attachThemes } from "./base/themes.js";

attachThemes(document.getElementById("themes"));
attachOutbox(document.getElementById("outbox"));

// Without a line the pages to draw on are there all the same.
navigator.serviceWorker?.register(document.body.dataset.serviceWorkerUrl).catch(() => {});

const { lang } = document.documentElement;

// People read their own clock. Under a day's heading the time is enough.
for (const time of document.querySelectorAll("time")) {
  const dateStyle = time.classList.contains("clock") ? undefined : "medium";
  time.textContent = new Date(time.dateTime).toLocaleString(lang, { dateStyle, timeStyle: "short" });
}

// By it the server tells days apart.
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
const { pathname } = document.querySelector(".brand");
if (timeZone) document.cookie = `timezone=${timeZone}; Path=${pathname}; Max-Age=31536000; SameSite=Lax`;

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if ("sent" in event.target.dataset) event.preventDefault();
  event.target.dataset.sent = "";
});

// Whoever comes back to the page may send it again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
