// Names that Django's pages lack for those who don't see them.

import { complete } from "./shared/lacking.js";

const textOf = (node) => node.textContent.trim().replace(/\s*:$/, "");

function name(input) {
  const row = input.closest(".form-row").querySelector("legend, label");
  return { ariaLabel: `${textOf(row)}: ${textOf(input.previousSibling)}` };
}

const popup = (icon) => () => ({ role: "dialog", ariaLabel: document.querySelector(icon).title });

// Later than Django's own scripts, which make some of it.
addEventListener("load", () => {
  complete({
    "#searchbar": ({ form }) => ({ ariaLabel: form.querySelector("[type=submit]").value }),
    ".datetime input": name,
    ".calendarbox": popup(".date-icon"),
    ".clockbox": popup(".clock-icon"),
    ".help-tooltip": { role: "img" },
    ".results, .inline-group": { tabIndex: 0 }, // to scroll it
    "th:empty": { role: "presentation" },
  });
});
