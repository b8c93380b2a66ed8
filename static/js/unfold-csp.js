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

// Landmarks need names of their own: SimpleBar calls every box it scrolls the same, and the sidebar has none.
addEventListener("load", () => {
  document.querySelector("#nav-sidebar-inner")?.setAttribute("aria-label", "sidebar");
  document.querySelectorAll(".simplebar-content-wrapper").forEach((box, number) => {
    const name = box.closest("[data-simplebar]")?.id || `list ${number + 1}`;
    box.setAttribute("aria-label", name.replaceAll("-", " "));
  });
});
