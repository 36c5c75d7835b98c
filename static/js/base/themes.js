// Choosing between light, dark and what the system has.

const KEY = "theme"; // as Django's admin has it

/** @param {HTMLElement} group of buttons, whose values are the themes */
export function attachThemes(group) {
  const { dataset } = document.documentElement;
  const buttons = group.querySelectorAll("button");

  function show(theme) {
    dataset.theme = theme;
    for (const button of buttons) button.setAttribute("aria-pressed", button.value === theme);
  }

  function choose({ currentTarget: { value } }) {
    show(value);
    try {
      localStorage.setItem(KEY, value);
    } catch {
      // It lasts as long as this page.
    }
  }

  for (const button of buttons) button.addEventListener("click", choose);
  addEventListener("storage", ({ key, newValue }) => key === KEY && show(newValue ?? "auto"));
  show(dataset.theme || "auto");
}
