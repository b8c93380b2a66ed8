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
