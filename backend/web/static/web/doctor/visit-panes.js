// <visit-panes>: side by side where there is room; on a phone one at a time, behind tabs. Nothing is taken out of the
// page, so the call goes on while the doctor writes.
const NARROW = matchMedia("(max-width: 63.99rem)");

customElements.define("visit-panes", class extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("[role=tablist]");
    this.tabs = [...this.list.querySelectorAll("[role=tab]")];
    this.list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) this.show(tab);
    });
    this.list.addEventListener("keydown", (event) => this.move(event));
    NARROW.addEventListener("change", () => this.arrange());
    this.arrange();
  }

  pane(tab) {
    return document.getElementById(tab.getAttribute("aria-controls"));
  }

  arrange() {
    this.list.hidden = !NARROW.matches;
    this.classList.toggle("visit-panes--tabs", NARROW.matches);
    if (NARROW.matches) {
      const known = sessionStorage.getItem("visit-tab");
      const first = this.hasAttribute("closed") ? "tab-note" : this.tabs[0].id; // what is over is there to be read
      this.show(this.tabs.find((tab) => tab.id === (known ?? first)) ?? this.tabs[0], false);
      return;
    }
    for (const tab of this.tabs) {
      const pane = this.pane(tab);
      pane.hidden = false;
      pane.removeAttribute("role");
      pane.removeAttribute("aria-labelledby");
    }
  }

  show(chosen, remember = true) {
    for (const tab of this.tabs) {
      const here = tab === chosen;
      tab.setAttribute("aria-selected", String(here));
      tab.tabIndex = here ? 0 : -1;
      const pane = this.pane(tab);
      pane.hidden = !here;
      pane.setAttribute("role", "tabpanel");
      pane.setAttribute("aria-labelledby", tab.id);
    }
    if (remember) sessionStorage.setItem("visit-tab", chosen.id);
  }

  move(event) {
    const place = this.tabs.indexOf(document.activeElement);
    const last = this.tabs.length - 1;
    const to = {
      ArrowRight: place === last ? 0 : place + 1,
      ArrowLeft: place === 0 ? last : place - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (place < 0 || to === undefined) return;
    event.preventDefault();
    this.show(this.tabs[to]);
    this.tabs[to].focus();
  }
});
