// Keeps our own static files, the offline page and the page that verifies prescriptions. Personal data are never stored.
const CACHE = "lanh-{{ version }}";
const OFFLINE = "/offline/";
const PAGES = [{% for page in pages %}"{{ page|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}]; // of use without network; the same for everybody
const FILES = [OFFLINE, ...PAGES{% for file in files %}, "{{ file|escapejs }}"{% endfor %}];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("lanh-") && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate") {
    const page = PAGES.includes(address.pathname) ? address.pathname : OFFLINE;
    event.respondWith(fetch(request).catch(() => caches.match(page, { ignoreVary: true })));
    return;
  }
  // Only the shell's own files, listed above, are answered from the cache, and only when the line is down.
  if (FILES.includes(address.pathname)) event.respondWith(fetch(request).catch(() => caches.match(request)));
});
