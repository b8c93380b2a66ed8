// The shared inbox: ready words in the composer, and a way out of a field by key.
const field = () => document.getElementById("body");

function put(words, from, to) {
  const box = field();
  box.setRangeText(words, from, to, "end");
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (e) => {
  const ready = e.target.closest("[data-insert]");
  if (ready) put(ready.dataset.insert, field().selectionStart, field().selectionEnd);
});

// "/hours" and Tab: the words of that name. Escape leaves the field, so that single keys work again.
document.addEventListener("keydown", (e) => {
  if (e.key === "Escape" && e.target.matches("textarea, input") && !e.target.closest("dialog")) e.target.blur();
  if (e.key !== "Tab" || e.shiftKey || !e.target.matches("[data-words]")) return;
  const before = e.target.value.slice(0, e.target.selectionStart);
  const name = before.match(/(?:^|\s)\/(\S+)$/)?.[1].toLowerCase();
  const ready = name && [...document.querySelectorAll("[data-insert]")].find((it) => it.dataset.name.toLowerCase() === name);
  if (!ready) return;
  e.preventDefault();
  put(ready.dataset.insert, before.length - name.length - 1, before.length);
});

// A menu opened by its key is gone through by arrows or Tab: begin at its first entry.
document.addEventListener("toggle", (e) => {
  if (e.target.matches(".menu.up[open]")) e.target.querySelector("[data-insert]").focus();
}, true);

// The open conversation is in sight, wherever in the list it stands.
document.querySelector(".conv[aria-current]")?.scrollIntoView({ block: "nearest" });
