// The inbox without a connection, and while it is closed. Made by messaging/inbox/views/app.py.
const FILES = [{% for address in shell %}"{{ address|escapejs }}",{% endfor %}];
const SHELL = "shell " + FILES.join("").split("").reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7);
const PAGES = "pages";
const LIST = "{% url 'inbox' %}";
const OFFLINE = "{% url 'inbox_offline' %}";
const MOST_PAGES = 30;
// Whoever leaves or comes in: what was read here before is not for them.
const DOORS = ["{% url 'inbox_leave' %}", `${LIST}in/`];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      .then((shell) => shell.addAll([...FILES, OFFLINE]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => ![SHELL, PAGES].includes(name)).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

// Pages come from the server; what was last seen of them is shown when it can't be reached.
async function page(request) {
  try {
    const answer = await fetch(request);
    const kept = await caches.open(PAGES);
    if (answer.redirected && new URL(answer.url).pathname === "{% url 'inbox_door' %}") {
      await caches.delete(PAGES); // signed out: what was read here stays with whom it was for
    } else if (answer.ok && !answer.redirected) {
      await kept.put(request, answer.clone());
      for (const old of (await kept.keys()).slice(0, -MOST_PAGES)) await kept.delete(old);
    }
    return answer;
  } catch {
    const kept = await caches.match(request, { ignoreVary: true });
    return kept ?? (await caches.match(OFFLINE, { ignoreVary: true })) ?? Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (DOORS.some((door) => address.pathname.startsWith(door))) event.waitUntil(caches.delete(PAGES));
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate" && address.pathname.startsWith(LIST)) event.respondWith(page(request));
  else if (FILES.includes(address.pathname)) {
    event.respondWith(caches.match(request, { ignoreVary: true }).then((kept) => kept ?? fetch(request)));
  }
});

// ── A message came ──────────────────────────────────────────────────────────────────────────────────────
async function badge() {
  try {
    const answer = await fetch("{% url 'inbox_waiting' %}", { credentials: "same-origin" });
    const { waiting } = await answer.json();
    await (waiting ? self.navigator.setAppBadge?.(waiting) : self.navigator.clearAppBadge?.());
  } catch {
    await self.navigator.setAppBadge?.();
  }
}

async function tell(said) {
  const open = await self.clients.matchAll({ type: "window" });
  if (!open.some((client) => client.visibilityState === "visible" && client.focused)) {
    await self.registration.showNotification(said.from, {
      body: said.text ?? "{% filter escapejs %}{% translate "New message" %}{% endfilter %}",
      tag: said.from,
      renotify: true,
      icon: "{{ icon|escapejs }}",
      badge: "{{ icon|escapejs }}",
      data: { path: said.chat ? `${LIST}c/${said.chat}/` : LIST },
    });
  }
  await badge();
}

self.addEventListener("push", (event) => event.waitUntil(tell(event.data.json())));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data.path));
});
