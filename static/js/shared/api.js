// Requests that carry JSON, and the ids of what they create.

const TIMEOUT_MS = 20_000; // until a request counts as lost

/**
 * Send a request whose body is JSON; reject if no answer comes in time.
 * @param {string} method
 * @param {string} url
 * @param {object} [body]
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export function requestJson(method, url, body, { headers, ...options } = {}) {
  return fetch(url, {
    method,
    headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...options,
  });
}

/**
 * Make a random UUID. crypto.randomUUID is only there over HTTPS, and some schools have none.
 * @returns {string}
 */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
