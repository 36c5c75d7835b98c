// The service worker: without a line the pages to draw on are there, and read. What is saved meanwhile waits in
// the outbox. Nothing that is a visitor's own is kept here.

const { version, changing, kept } = self.site;
const CACHE = `site-${version}`;

const isKept = (path) => kept.some((start) => path.startsWith(start));

/** The addresses that a page or a script asks for. */
function linksIn(text, url) {
  const found = text.matchAll(/(?:href|src|data-[a-z]+-url)="([^"]+)"|(?:from|import)\s*\(?"(\.[^"]+)"/g);
  return Array.from(found, ([, link, module]) => new URL(link ?? module, url)).filter(
    ({ origin, pathname }) => origin === location.origin && isKept(pathname),
  );
}

/** Keep a page or script, and all that it leads to. */
async function keep(url, cache, seen = new Set()) {
  if (seen.has(url.pathname)) return;
  seen.add(url.pathname);
  const response = await fetch(url);
  if (!response.ok) return;
  await cache.put(url.pathname, response.clone());
  if (!/html|javascript/.test(response.headers.get("Content-Type"))) return;
  await Promise.all(linksIn(await response.text(), url).map((link) => keep(link, cache, seen)));
}

async function install() {
  const cache = await caches.open(CACHE);
  const seen = new Set();
  await Promise.all(changing.map((path) => keep(new URL(path, location.href), cache, seen)));
  await self.skipWaiting();
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The newest if there is a line, and else what is kept. */
async function newest(request, path) {
  try {
    const response = await fetch(request);
    if (response.ok) (await caches.open(CACHE)).put(path, response.clone());
    return response;
  } catch {
    return (await caches.match(path)) ?? Response.error();
  }
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (changing.includes(pathname)) event.respondWith(newest(request, pathname));
  else if (isKept(pathname)) {
    event.respondWith(caches.match(pathname).then((found) => found ?? newest(request, pathname)));
  }
});
