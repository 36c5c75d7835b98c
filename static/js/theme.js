// The theme that was chosen, before the page is painted. Django's admin keeps it under the same name.

try {
  document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "auto";
} catch {
  // This browser keeps nothing for the site: then the system decides.
}
