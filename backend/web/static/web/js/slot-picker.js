// <slot-picker>: its day links work without script; with it, only the times change and the page stays where it is.

class SlotPicker extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-swap]");
      if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      event.preventDefault();
      this.show(link.href, true);
    });
    addEventListener("popstate", () => this.show(location.href, false));
    this.bring();
  }

  async show(address, push) {
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" } });
      const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("slot-picker");
      if (!fresh) throw new Error(String(answer.status));
      this.replaceChildren(...fresh.childNodes);
      if (push) history.pushState(null, "", address);
      const current = this.querySelector("[aria-current]");
      if (push && current) current.focus({ preventScroll: true });
      this.bring();
    } catch {
      location.assign(address);
    } finally {
      this.removeAttribute("aria-busy");
    }
  }

  // The chosen day may lie outside the strip's visible part on a phone.
  bring() {
    const current = this.querySelector(".days [aria-current]");
    const days = this.querySelector(".days");
    if (current && days) days.scrollLeft = current.offsetLeft - days.offsetLeft - days.clientWidth / 2 + current.clientWidth / 2;
  }
}

customElements.define("slot-picker", SlotPicker);
