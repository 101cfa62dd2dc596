// <doctor-day data-state>: the list of the day. When somebody enters the waiting room the bell rings and the list is
// fetched anew; it is also looked at from time to time, because leaving the waiting room rings no bell.
import { api } from "../js/api.js";
import { liveSocket, socketAddress } from "../js/socket.js";

const LOOK_EVERY = 20_000;

customElements.define("doctor-day", class extends HTMLElement {
  connectedCallback() {
    if (this.socket) return;
    this.title = document.title;
    this.timer = setInterval(() => this.look(), LOOK_EVERY);
    this.onseen = () => this.look();
    document.addEventListener("visibilitychange", this.onseen);
    this.count();
    this.socket = liveSocket(
      async (signal) => {
        const { ticket } = await api.post("/api/v1/socket-tickets", { scope: "me" }, { signal });
        return socketAddress(`/ws/v1/me?ticket=${encodeURIComponent(ticket)}`);
      },
      { onmessage: (frame) => this.hear(frame), onopen: () => this.look() },
    );
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.onseen);
    this.socket?.close();
    this.socket = null;
  }

  hear(frame) {
    if (frame?.t === "resync" || /^(appointment|room|ask|handover)\./.test(frame?.d?.kind ?? "")) this.look();
  }

  async look() {
    if (document.visibilityState === "hidden" && !this.socket) return;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("doctor-day");
      if (!fresh || fresh.dataset.state === this.dataset.state) return;
      // An answer is being written: the next look shows the rest.
      if (this.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
      this.replaceChildren(...fresh.childNodes);
      this.dataset.state = fresh.dataset.state;
      this.count();
    } catch {
      // The banner says that there is no connection; the next look finds out.
    }
  }

  /** A doctor in another tab sees in the title that somebody waits. */
  count() {
    const waiting = this.querySelectorAll(".waiting-card").length;
    document.title = waiting ? `(${waiting}) ${this.title}` : this.title;
  }
});
