// Swagger UI in the theme of the site, and with what it lacks for those who don't see it.

import { complete } from "./shared/lacking.js";

const { documentElement: html } = document;
const dark = matchMedia("(prefers-color-scheme: dark)");

function followTheme() {
  const { theme = "auto" } = html.dataset;
  html.classList.toggle("dark-mode", theme === "dark" || (theme === "auto" && dark.matches));
}

followTheme();
dark.addEventListener("change", followTheme);
new MutationObserver(followTheme).observe(html, { attributeFilter: ["data-theme"] });

// In English, as all that it says of the calls.
const LACKING = {
  "h3.opblock-tag, .models h4": { ariaLevel: 2 },
  ".opblock h4": { ariaLevel: 3 },
  ".opblock h5": { ariaLevel: 4 },
  ".information-container": { role: "region", ariaLabel: "About" },
  ".scheme-container": { role: "region", ariaLabel: "Tokens" },
  ".responses-table": { role: "table" }, // and not a region among those of the page
  ".model-box-control": { ariaLabel: "Show or hide" },
  ".body-param__text": { ariaLabel: "Body" },
  ".parameters select": { ariaLabel: "Value" },
  ".swagger-ui pre": { tabIndex: 0 }, // to scroll it
};

const ui = document.getElementById("swagger-ui");
new MutationObserver(() => complete(LACKING)).observe(ui, { childList: true, subtree: true });
