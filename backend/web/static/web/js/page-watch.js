// <page-watch data-state data-every>: asks for its page again every few seconds and shows it when its state has changed.
// With data-go the fresh page leads on to another one.
// The bell of an appointment or a payment makes it look at once; the seconds are for lines on which no socket lives.
import { onNews } from "./news.js";

class PageWatch extends HTMLElement {
  connectedCallback() {
    this.again();
    this.seen = () => { if (document.visibilityState === "visible") this.look(); };
    document.addEventListener("visibilitychange", this.seen);
    this.stop = onNews((kind) => { if (/^(appointment|payment|ask|offer|leave)\.|^resync$/.test(kind)) this.look(); });
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.seen);
    this.stop?.();
  }

  again() {
    clearTimeout(this.timer);
    const seconds = Number(this.dataset.every);
    if (seconds) this.timer = setTimeout(() => this.look(), seconds * 1000);
  }

  async look() {
    if (document.visibilityState === "hidden") return this.again();
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
      const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("page-watch");
      if (fresh && fresh.dataset.state !== this.dataset.state) {
        // Somebody is writing in a form of the page: leave it alone until they are done.
        if (this.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return this.again();
        this.replaceChildren(...fresh.childNodes);
        this.dataset.state = fresh.dataset.state;
        this.dataset.every = fresh.dataset.every;
        if (fresh.dataset.go) location.assign(fresh.dataset.go);
      }
    } catch {
      // No connection: the banner says so, and we ask again.
    }
    this.again();
  }
}

customElements.define("page-watch", PageWatch);
