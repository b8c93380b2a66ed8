// Lets Unfold run on Alpine's build for a strict content security policy, which evaluates no strings: what its
// templates call by global name becomes a registered component, and what they spell out becomes a property.
document.addEventListener("alpine:init", () => {
  for (const name of ["theme", "searchForm", "searchDropdown", "searchCommand"]) {
    if (typeof window[name] === "function") Alpine.data(name, window[name]);
  }

  Alpine.data("unfoldShell", () => ({
    activeTab: "",
    sidebarMobileOpen: false,
    sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",

    get formAction() {
      const here = location.pathname + location.search;
      return this.activeTab && this.activeTab !== "general" ? `${here}#${this.activeTab}` : here;
    },

    init() {
      const tab = this.$root.dataset.tab;
      this.activeTab = tab ? getCurrentTab() || tab : "";
      this.$watch("sidebarDesktopOpen", (open) => localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"));
    },
  }));
});

// What Unfold leaves to the pointer, for the keyboard and for who listens.
addEventListener("load", () => {
  document.getElementById("nav-sidebar-inner")?.setAttribute("aria-label", "Main");
  const palette = document.getElementById("search-input-command")?.closest("[x-data]");
  palette?.setAttribute("role", "dialog");
  palette?.setAttribute("aria-label", "Search");
  document.querySelectorAll(".simplebar-content-wrapper").forEach((box, n) => {
    box.setAttribute("aria-label", `${box.getAttribute("aria-label")} ${n + 1}`);
  });
});

document.addEventListener("htmx:afterSettle", (e) => {
  if (e.target.id !== "modal-content") return;
  e.target.querySelector("#dialog-form :is(input, select, textarea):not([type=hidden]), button")?.focus();
});

// The system's scheme may change while a page is open; Unfold looks only once.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (e) => {
  const chosen = localStorage.getItem("adminTheme");
  if (!chosen || chosen === '"auto"') document.documentElement.classList.toggle("dark", e.matches);
});
