// What the people's inbox adds to app.js. Nothing here is needed to read, reply, block or unsubscribe.
const on = (event, selector, act) =>
  document.addEventListener(event, (e) => {
    const target = e.target.closest?.(selector);
    if (target) act(target, e);
  });

// ── A message is seen while it is on its way ────────────────────────────────────────────────────────────
//     <form data-optimistic="thread">, <template id="unsent"> with .tx, [data-sending] and [data-again]
// When it arrives, the thread that comes back brings the real one. When it does not, a tap tries again.
const waiting = new WeakMap();

document.addEventListener("htmx:beforeRequest", (e) => {
  const form = e.detail.elt.closest?.("form[data-optimistic]");
  const text = form?.elements.body.value.trim();
  if (!text) return;
  const parts = [...document.getElementById("unsent").content.cloneNode(true).children];
  parts[0].querySelector(".tx").textContent = text;
  const thread = document.getElementById(form.dataset.optimistic);
  thread.querySelector("[data-new]").before(...parts);
  thread.scrollTop = thread.scrollHeight;
  form.elements.body.value = "";
  waiting.set(e.detail.xhr, { form, text, parts });
});

document.addEventListener("htmx:afterRequest", (e) => {
  const sent = waiting.get(e.detail.xhr);
  if (!sent) return;
  const { form, text, parts } = sent;
  const { status } = e.detail.xhr;
  if (status === 422) {
    parts.forEach((part) => part.remove());
    form.elements.body.value = text; // app.js has emptied it; what was refused is kept
    return;
  }
  if (status >= 200 && status < 300) return;
  const again = parts[1].querySelector("[data-again]");
  parts[0].classList.add("failed");
  parts[1].querySelector("[data-sending]").remove();
  again.hidden = false;
  again.addEventListener("click", () => {
    parts.forEach((part) => part.remove());
    form.elements.body.value = text;
    form.requestSubmit();
  });
});

// ── The business is writing ─────────────────────────────────────────────────────────────────────────────────
// Told by an event alone: "writing" comes again while it lasts, "typing" (of a program) once. Its answer ends it.
const LASTS_MS = { "sse:writing": 8000, "sse:typing": 25000 };
let written = 0;

function showWriting(shown) {
  const place = document.querySelector("[data-writes] > span");
  if (place) place.hidden = !shown;
}
for (const [name, lasts] of Object.entries(LASTS_MS)) {
  document.addEventListener(name, (e) => {
    if (!e.detail.id) return; // only a new connection
    clearTimeout(written);
    showWriting(true);
    written = setTimeout(showWriting, lasts, false);
  }, true);
}
document.addEventListener("htmx:afterSwap", (e) => {
  if (e.detail.target.id === "thread") showWriting(false);
});

// ── Where one is, when a business asks ──────────────────────────────────────────────────────────────────
const offerPlace = () => {
  if (!navigator.geolocation) return;
  for (const button of document.querySelectorAll("[data-locate-me][hidden]")) button.hidden = false;
};
offerPlace();
document.addEventListener("htmx:afterSettle", offerPlace);
on("click", "[data-locate-me]", (button) => {
  button.setAttribute("aria-busy", "true");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      button.form.elements.latitude.value = coords.latitude;
      button.form.elements.longitude.value = coords.longitude;
      button.form.requestSubmit();
    },
    () => button.removeAttribute("aria-busy"),
  );
});

// ── An app on the phone ─────────────────────────────────────────────────────────────────────────────────
const worker = navigator.serviceWorker?.register("/m/sw.js", { scope: "/m/" }).catch(() => null);

// The number on the app's icon is the number of chats that wait.
const showBadge = () => {
  const bar = document.querySelector("[data-waiting]");
  if (!bar || !navigator.setAppBadge) return;
  const n = Number(bar.dataset.waiting);
  (n ? navigator.setAppBadge(n) : navigator.clearAppBadge()).catch(() => {});
};
showBadge();
document.addEventListener("htmx:afterSettle", showBadge);

// <div data-push="our key" data-push-at="/where/"> with [data-push-on], [data-push-no] and [data-push-denied]
const offer = document.querySelector("[data-push]");
if (offer?.querySelector("[data-push-on]") && worker && "PushManager" in window) {
  offer.querySelector("[data-push-on]").hidden = false;
  offer.querySelector("[data-push-no]").hidden = true;
}

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

on("click", "[data-push-on]", async (button) => {
  if ((await Notification.requestPermission()) !== "granted") {
    offer.querySelector("[data-push-denied]").hidden = false;
    return;
  }
  button.setAttribute("aria-busy", "true");
  try {
    const { pushManager } = await navigator.serviceWorker.ready;
    const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(offer.dataset.push) });
    const { endpoint, keys } = made.toJSON();
    const answer = await fetch(offer.dataset.pushAt, {
      method: "POST",
      headers: JSON.parse(document.body.getAttribute("hx-headers")),
      body: new URLSearchParams({ act: "on", endpoint, ...keys }),
    });
    if (answer.ok) location.reload();
    else throw new Error(await answer.text());
  } catch {
    offer.querySelector("[data-push-no]").hidden = false;
    button.removeAttribute("aria-busy");
  }
});
