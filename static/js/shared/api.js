// Requests that carry JSON, the patience they need, and the ids of what they create.

const TIMEOUT_MS = 20_000; // until a request counts as lost
const WAIT_S = 60; // where a busy site does not say for how long

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
 * Send a request, and again whenever a busy site says that it may be sent again.
 * @param {() => Promise<Response>} send
 * @param {(seconds: number) => void} onWait hears every second how many are left
 * @returns {Promise<Response>} never one that says that there were too many
 */
export async function sendPatiently(send, onWait) {
  for (;;) {
    const response = await send();
    if (response.status !== 429) return response;
    await countDown(Number(response.headers.get("Retry-After")) || WAIT_S, onWait);
  }
}

// By the clock: the timers of a phone that sleeps stand still.
async function countDown(seconds, onSecond) {
  const end = Date.now() + 1000 * seconds;
  for (let left = seconds; left > 0; left = Math.ceil((end - Date.now()) / 1000)) {
    onSecond(left);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
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
