// Whether the browser keeps the cookie by which a visitor's drawings are known.

/**
 * Try a cookie: Chromium's navigator.cookieEnabled says true where its settings block them.
 * @returns {boolean}
 */
export function acceptsCookies() {
  document.cookie = "kept=1; SameSite=Lax";
  const kept = document.cookie.includes("kept=1");
  document.cookie = "kept=; SameSite=Lax; Max-Age=0";
  return kept;
}
