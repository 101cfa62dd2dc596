// <live-inbox data-live>: when a message is written, the list is fetched again and put in place; the page never jumps.
import { api } from "../web/js/api.js";
import { liveSocket, socketAddress } from "../web/js/socket.js";

customElements.define("live-inbox", class extends HTMLElement {
  connectedCallback() {
    if (!("live" in this.dataset) || this.socket) return;
    this.socket = liveSocket(
      async (signal) => {
        const { ticket } = await api.post("/api/v1/socket-tickets", { scope: "me" }, { signal });
        return socketAddress(`/ws/v1/me?ticket=${encodeURIComponent(ticket)}`);
      },
      { onmessage: (frame) => this.hear(frame) },
    );
  }

  disconnectedCallback() {
    this.socket?.close();
    this.socket = null;
  }

  hear(frame) {
    const kind = frame?.d?.kind;
    // "resync": the stream could not say what was missed, so the page looks for itself.
    if (frame?.t !== "resync" && kind !== "message.written") return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), 150);
  }

  async refresh() {
    let text;
    try {
      const response = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
      if (!response.ok) return;
      text = await response.text();
    } catch {
      return;
    }
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.querySelector("live-inbox");
    if (!fresh) return;
    const known = new Set([...this.querySelectorAll("[data-message]")].map((item) => item.dataset.message));
    this.replaceChildren(...fresh.childNodes);
    for (const item of this.querySelectorAll("[data-message]")) {
      if (!known.has(item.dataset.message)) item.classList.add("inbox__item--new");
    }
    const bell = page.querySelector(".bell");
    if (bell) document.querySelector(".bell")?.replaceWith(bell);
  }
});
