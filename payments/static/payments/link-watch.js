// <link-watch data-state data-every>: asks for its own page every few seconds and shows it when its state has changed.
// For somebody without an account: no socket rings for them.
class LinkWatch extends HTMLElement {
  connectedCallback() {
    this.again();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  again() {
    clearTimeout(this.timer);
    const seconds = Number(this.dataset.every);
    if (seconds) this.timer = setTimeout(() => this.look(), seconds * 1000);
  }

  async look() {
    if (document.hidden) return this.again();
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("link-watch");
      if (fresh && fresh.dataset.state !== this.dataset.state) {
        this.replaceChildren(...fresh.childNodes);
        this.dataset.state = fresh.dataset.state;
        this.dataset.every = fresh.dataset.every;
      }
    } catch {
      // No connection: ask again.
    }
    this.again();
  }
}

customElements.define("link-watch", LinkWatch);
