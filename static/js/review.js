// Keys of the reviewer: one letter opens a decision, a digit chooses its reason, Enter decides.
addEventListener("DOMContentLoaded", () => {
  const desk = document.querySelector(".review");
  const help = document.getElementById("review-keys");
  if (!desk || !help) return;

  const OFF = "reviewKeysOff";
  const switcher = help.querySelector("[data-review-off]");
  switcher.checked = localStorage.getItem(OFF) === "1";
  switcher.addEventListener("change", () => localStorage.setItem(OFF, switcher.checked ? "1" : "0"));
  desk.querySelector("[data-review-help]").addEventListener("click", () => help.showModal());

  const shown = (element) => element && element.getClientRects().length > 0;
  const dialog = () => shown(document.getElementById("dialog-form")) && document.getElementById("dialog-form");
  const writes = (element) => element.matches("textarea, select, input:not([type=radio], [type=checkbox])") || element.isContentEditable;

  let opening = false; // a dialog is on its way
  let early = ""; // the last digit that was pressed before it was there

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || switcher.checked || help.open) return;
    if (writes(event.target)) return;
    if (opening) return void (early = /^[1-9]$/.test(event.key) ? event.key : early);
    if (choose(event.key, dialog())) return event.preventDefault();
    if (dialog()) return;
    if (act(event.key.toLowerCase())) event.preventDefault();
  });

  // A dialog that asks for nothing but an optional note is one key away from its end.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "modal-content") return;
    opening = false;
    const first = event.target.querySelector("#dialog-form :is(input, select, textarea):not([type=hidden])");
    if (first?.matches("textarea:not([required])")) event.target.querySelector("button[type=submit]")?.focus();
    choose(early, dialog());
    early = "";
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.failed) opening = false;
  });

  function choose(key, form) {
    if (!form || !/^[1-9]$/.test(key)) return false;
    const reason = form.querySelectorAll("input[type=radio]")[key - 1];
    reason?.click();
    reason?.focus();
    return Boolean(reason);
  }

  function act(key) {
    if (key === "?") return help.showModal(), true;
    if (key === "n") return desk.querySelector("[data-review-next]").requestSubmit(), true;
    if (!("review" in desk.dataset)) return false;
    const link = document.querySelector(`[data-review-key="${CSS.escape(key)}"]`);
    if (link) opening = true, link.click();
    return Boolean(link);
  }
});
