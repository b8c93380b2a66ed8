// What pages do in the browser. Everything is asked for by a data attribute and listened to in one place, so
// that it also works for what htmx brings in later. Nothing here is needed to read, reply, block or sign in.
const root = document.documentElement;

const on = (event, selector, act) =>
  document.addEventListener(event, (e) => {
    const target = e.target.closest?.(selector);
    if (target) act(target, e);
  });

// ── Toasts ──────────────────────────────────────────────────────────────────────────────────────────────
// From the server: a Django message, or the header HX-Trigger: {"toast": {"text": …, "undo": "/url/", "tone": "warn"}}.
const TOAST_MS = 6000;
const UNDO_MS = 10000;

function outlive(toast) {
  let timer;
  const start = () => {
    timer = setTimeout(() => toast.remove(), toast.querySelector("[data-undo]") ? UNDO_MS : TOAST_MS);
  };
  // A toast that is being read or reached for stays.
  toast.addEventListener("mouseenter", () => clearTimeout(timer));
  toast.addEventListener("mouseleave", start);
  toast.addEventListener("focusin", () => clearTimeout(timer));
  toast.addEventListener("focusout", start);
  start();
}

// An open dialog makes everything outside of it inert, toasts and their Undo too: so they move into it.
const toasts = document.getElementById("toasts");

function raiseToasts() {
  const place = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  if (toasts.parentElement !== place) place.append(toasts);
  toasts.setAttribute("popover", "manual");
  if (toasts.matches(":popover-open")) toasts.hidePopover(); // shown anew it lies above what opened since
  if (toasts.childElementCount) toasts.showPopover();
}

document.addEventListener("close", raiseToasts, true);

export function toast(detail) {
  const { text, undo, label, tone } = typeof detail === "string" ? { text: detail } : detail;
  const made = document.getElementById("toast-made").content.firstElementChild.cloneNode(true);
  made.querySelector("span").textContent = text;
  if (tone) made.classList.add(tone);
  const button = made.querySelector("[data-undo]");
  if (undo) button.dataset.undo = undo;
  else button.remove();
  if (label) button.textContent = label;
  toasts.append(made);
  outlive(made);
  raiseToasts();
}

toasts.querySelectorAll(".toast").forEach(outlive);
if (toasts.childElementCount) raiseToasts();
document.addEventListener("toast", (e) => toast(e.detail.text ? e.detail : e.detail.value));
on("click", ".toast [data-close]", (button) => button.closest(".toast").remove());
on("click", ".toast [data-undo]", (button) => {
  htmx.ajax("POST", button.dataset.undo, { swap: "none" });
  button.closest(".toast").remove();
});

// ── Small things ────────────────────────────────────────────────────────────────────────────────────────
on("click", "[data-copy]", async (button) => {
  const source = button.dataset.copy || document.getElementById(button.dataset.copyFrom).textContent;
  await navigator.clipboard.writeText(source.trim());
  toast(root.dataset.copied);
});

on("click", "[data-print]", () => print());

on("click", "[data-theme-toggle]", () => {
  const chosen = root.dataset.theme;
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`;
});

// What is typed here is shown there: <input data-mirror="title"> … <b data-mirror-of="title" data-empty="…">
on("input", "[data-mirror]", (field) => {
  for (const shown of document.querySelectorAll(`[data-mirror-of="${field.dataset.mirror}"]`)) {
    shown.textContent = field.value || shown.dataset.empty || "";
  }
});

// "17 of 1,024" below a field: <textarea maxlength data-count="id-of-the-output">
on("input", "[data-count]", (field) => {
  document.getElementById(field.dataset.count).textContent = field.value.length.toLocaleString(root.lang);
});

// A button that opens only when the name was typed: <input data-unlocks="id" data-match="Acme">
on("input", "[data-unlocks]", (field) => {
  document.getElementById(field.dataset.unlocks).disabled = field.value.trim() !== field.dataset.match;
});

// A form that asks where one is gets the browser's own time zone: <input type="hidden" data-time-zone>
for (const field of document.querySelectorAll("[data-time-zone]")) {
  field.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone;
}

on("change", "[data-submit-on-change]", (field) => field.form.requestSubmit());
on("keydown", "textarea[data-submit-enter]", (field, e) => {
  if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
    e.preventDefault();
    field.form.requestSubmit();
  }
});

// A reset clears fields without telling anyone; those who watch the form want to know.
on("reset", "form", (form) => setTimeout(() => form.dispatchEvent(new Event("change", { bubbles: true }))));

// ── Menus and dialogs ───────────────────────────────────────────────────────────────────────────────────
document.addEventListener("click", (e) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(e.target) || e.target.closest(".sheet a, .sheet button")) menu.open = false;
  }
});

const show = (dialog) => {
  dialog.showModal();
  raiseToasts();
};
on("click", "[data-dialog]", (button) => show(document.getElementById(button.dataset.dialog)));
on("click", "[data-dialog-close]", (button) => button.closest("dialog").close());
on("click", "dialog", (dialog, e) => {
  if (e.target === dialog) dialog.close(); // the shade around it
});

// A dialog fetched by htmx opens itself: <dialog data-open>
const openDialogs = (within) => within.querySelectorAll?.("dialog[data-open]:not([open])").forEach(show);
openDialogs(document);

document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  const drawer = document.getElementById("drawer");
  if (drawer?.checked) {
    drawer.checked = false;
    drawer.focus();
  }
});

// ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────
// Declared where they act: data-key="/" or data-key="g i". Off in fields, and off altogether with data-keys="off".
let previous = "";
document.addEventListener("keydown", (e) => {
  if (e.target.matches("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
  if (e.altKey || root.dataset.keys === "off") return;
  const key = (e.ctrlKey || e.metaKey ? "mod+" : "") + e.key.toLowerCase();
  const keys = [...document.querySelectorAll("[data-key]")];
  const found = keys.find((it) => it.dataset.key === `${previous} ${key}`) ?? keys.find((it) => it.dataset.key === key);
  previous = key;
  setTimeout(() => (previous = ""), 800);
  if (!found) return;
  e.preventDefault();
  if (found.matches("input, textarea")) found.focus();
  else found.click();
});

// ── Sending ─────────────────────────────────────────────────────────────────────────────────────────────
// A form is sent once: its button is busy until the answer is here.
document.addEventListener("submit", (e) => {
  const button = e.submitter;
  if (e.defaultPrevented && !e.target.closest("[hx-post], [hx-put], [hx-delete]")) return;
  if (!button?.matches(".btn")) return;
  setTimeout(() => button.setAttribute("aria-busy", "true"));
});
const idle = () => document.querySelectorAll(".btn[aria-busy]").forEach((b) => b.removeAttribute("aria-busy"));
addEventListener("pageshow", (e) => e.persisted && idle()); // came back by the back button
document.addEventListener("htmx:afterRequest", (e) => {
  idle();
  const form = e.detail.elt.closest?.("form[data-reset]");
  if (form && e.detail.successful) form.reset(); // the composer is empty again after sending
});

document.addEventListener("htmx:responseError", (e) => {
  const { status } = e.detail.xhr;
  toast({ tone: "bad", text: status === 429 ? root.dataset.slowDown : root.dataset.failed });
});
document.addEventListener("htmx:sendError", () => toast({ tone: "bad", text: root.dataset.offline }));

// A passkey could not be used. Who closed the browser's own window knows that.
document.addEventListener("allauth.error", (e) => {
  const { name, message } = e.detail.exception;
  e.preventDefault();
  if (!["NotAllowedError", "AbortError"].includes(name)) toast({ tone: "bad", text: message });
});

const firstFault = (within) => within.querySelector?.("[aria-invalid=true]:not([type=hidden])")?.focus();
firstFault(document);

// ── Conversations ───────────────────────────────────────────────────────────────────────────────────────
// [data-stick-bottom] keeps showing the newest message while one is at its end; who has scrolled up is told
// by its [data-new] pill instead of being dragged down.
const atBottom = new WeakMap();
const toBottom = (box) => {
  box.scrollTop = box.scrollHeight;
};
const watch = (box) => {
  if (atBottom.has(box)) return;
  atBottom.set(box, true);
  toBottom(box);
  box.addEventListener("scroll", () => {
    atBottom.set(box, box.scrollHeight - box.scrollTop - box.clientHeight < 48);
    if (atBottom.get(box)) box.querySelector("[data-new]")?.setAttribute("hidden", "");
  });
};
const watchAll = () => document.querySelectorAll("[data-stick-bottom]").forEach(watch);
watchAll();
on("click", "[data-new]", (pill) => toBottom(pill.closest("[data-stick-bottom]")));

// Older messages come in above while one scrolls up: what was being read stays where it is, and a day that
// is now named further up is not named again.
let above = null;
document.addEventListener("htmx:beforeSwap", (e) => {
  const box = e.detail.target.id === "earlier" && e.detail.target.closest("[data-stick-bottom]");
  above = box ? { box, below: box.scrollHeight - box.scrollTop } : null;
});
document.addEventListener("htmx:afterSwap", () => {
  const days = new Set();
  for (const day of document.querySelectorAll("[data-stick-bottom] [data-day]")) {
    if (days.has(day.dataset.day)) day.remove();
    days.add(day.dataset.day);
  }
  if (above) above.box.scrollTop = above.box.scrollHeight - above.below;
  above = null;
});

let lastBefore = "";
const newest = (box) => [...box.querySelectorAll("[data-message]")].at(-1)?.dataset.message ?? "";
document.addEventListener("htmx:beforeSwap", (e) => {
  const box = e.detail.target.closest?.("[data-stick-bottom]") ?? e.detail.target.querySelector?.("[data-stick-bottom]");
  lastBefore = box ? newest(box) : "";
});
document.addEventListener("htmx:afterSettle", (e) => {
  openDialogs(e.detail.elt.parentElement ?? document);
  firstFault(e.detail.elt);
  watchAll();
  for (const box of document.querySelectorAll("[data-stick-bottom]")) {
    if (atBottom.get(box)) toBottom(box);
    else if (lastBefore && newest(box) !== lastBefore) box.querySelector("[data-new]")?.removeAttribute("hidden");
  }
});

// ── The connection ──────────────────────────────────────────────────────────────────────────────────────
const strip = document.getElementById("offline");
const showOffline = () => strip && (strip.hidden = navigator.onLine);
showOffline();
addEventListener("online", showOffline);
addEventListener("offline", showOffline);

// ── Live events, one stream for the whole tab ───────────────────────────────────────────────────────────
//     <main sse-connect="{% live 'business:7' %}">
//       <section hx-get="…" hx-trigger="sse:conversation" data-live-id="31">
// An event carries a name and an id, nothing else. Whoever has hx-trigger="sse:NAME" fetches anew; with
// data-live-id only when the id is theirs. "hello" comes at each connection: then everybody fetches anew,
// because nobody knows what was missed. A hidden tab has no stream; it opens again when it is looked at.
// (htmx's own extension can't close a stream and open it again, and holds one for each element.)
const RETRY_MS = [1000, 2000, 5000, 15000];
let stream = null;
let tries = 0;
let retry = 0;

const liveParts = () => [...document.querySelectorAll("[hx-trigger*='sse:']")];
const namesOf = (part) => [...part.getAttribute("hx-trigger").matchAll(/sse:([\w-]+)/g)].map((found) => found[1]);

// What comes while a part is being fetched, or within its data-live-pause (ms) of the last fetch, is not lost: the
// part is fetched once more afterwards. (htmx would forget it together with the element that it swaps out.)
const fetched = new Map(); // id of a part -> when it was last told to fetch
const later = new Map(); // id of a part -> what it is told next

function tell(part, name, id) {
  const wait = (fetched.get(part.id) ?? -Infinity) + Number(part.dataset.livePause ?? 0) - performance.now();
  const isBusy = part.classList.contains("htmx-request");
  if (part.id && (isBusy || wait > 0)) {
    if (!later.has(part.id) && !isBusy) setTimeout(catchUp, wait, part.id);
    later.set(part.id, [name, id]);
    return;
  }
  if (part.id) fetched.set(part.id, performance.now());
  part.dispatchEvent(new CustomEvent(`sse:${name}`, { detail: { id } }));
}

function catchUp(key) {
  const part = document.getElementById(key);
  const told = later.get(key);
  later.delete(key);
  if (part && told) tell(part, ...told);
}
document.addEventListener("htmx:afterSettle", () => [...later.keys()].forEach(catchUp));

function pass(name, id) {
  for (const part of liveParts()) {
    const isTheirs = !id || !part.dataset.liveId || part.dataset.liveId === id;
    if (isTheirs && namesOf(part).includes(name)) tell(part, name, id);
  }
}

function hello() {
  tries = 0;
  for (const part of liveParts()) tell(part, namesOf(part)[0], "");
}

function hear() {
  for (const name of liveParts().flatMap(namesOf)) {
    if (stream.heard.has(name)) continue;
    stream.heard.add(name);
    stream.addEventListener(name, (event) => pass(name, event.data));
  }
}

function connect() {
  const place = document.querySelector("[sse-connect]");
  if (!place || stream || document.hidden) return;
  stream = new EventSource(place.getAttribute("sse-connect"));
  stream.heard = new Set(["hello"]);
  stream.addEventListener("hello", hello);
  stream.onerror = () => {
    if (stream?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    disconnect();
    retry = setTimeout(renew, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
  };
  hear();
}

function disconnect() {
  clearTimeout(retry);
  stream?.close();
  stream = null;
}

// The server sent us away: our ticket is old. This page, fetched again, holds a new one, unless we were signed out.
async function renew() {
  const answer = await fetch(location.href).catch(() => null);
  const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  const ticket = page?.querySelector("[sse-connect]")?.getAttribute("sse-connect");
  if (ticket) document.querySelector("[sse-connect]").setAttribute("sse-connect", ticket);
  if (ticket || !answer) connect();
}

connect();
document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
addEventListener("pagehide", disconnect);
addEventListener("pageshow", connect);
document.addEventListener("htmx:afterSettle", () => (stream ? hear() : connect()));
