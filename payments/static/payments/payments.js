// Two small parts: a countdown, and a page that looks again while the gateway's word is awaited.
import { api } from "../web/js/api.js";
import { minutesLeft } from "../web/js/dates.js";

const DAY_MS = 86_400_000;

/** <pay-countdown data-until="2031-03-25T09:00:00+07:00"> shows what is left of the last day and reloads the page at the end. */
customElements.define("pay-countdown", class extends HTMLElement {
  connectedCallback() {
    this.until = Date.parse(this.dataset.until);
    this.timer = setInterval(() => this.show(), 1000);
    this.show();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  show() {
    const left = this.until - Date.now();
    if (left > DAY_MS) return; // the page says the day
    this.textContent = minutesLeft(left);
    if (left < 60_000) this.dataset.urgent = "";
    if (left > 0) return;
    clearInterval(this.timer);
    setTimeout(() => location.reload(), 1500);
  }
});

const FIRST_MS = 800;
const LONGEST_MS = 10_000;
const SLOW_AFTER_MS = 45_000;
const AGAIN_MS = 3_000;

/** <payment-watch data-payment data-status="pending"> asks (also while "unknown") politely, ever more slowly, and reloads when the status changes. */
customElements.define("payment-watch", class extends HTMLElement {
  connectedCallback() {
    // On the way to a gateway this try may close: looking again now would call the payer back.
    this.addEventListener("submit", event => {
      this.isLeaving = true;
      event.submitter?.setAttribute("aria-busy", "true");
    });
    addEventListener("pageshow", event => { if (event.persisted) location.reload(); });
    if ("again" in this.dataset) this.timer = setTimeout(() => location.reload(), AGAIN_MS); // late money: what becomes of it
    if (this.dataset.status !== "pending" && this.dataset.status !== "unknown") return;
    this.wait = FIRST_MS;
    this.since = Date.now();
    this.look = this.look.bind(this);
    this.timer = setTimeout(this.look, this.wait);
    this.onshow = () => { if (!document.hidden) this.soon(); };
    document.addEventListener("visibilitychange", this.onshow);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.onshow);
  }

  soon() {
    clearTimeout(this.timer);
    this.wait = FIRST_MS;
    this.timer = setTimeout(this.look, 100);
  }

  async look() {
    if (this.isLeaving) return;
    if (!document.hidden) {
      try {
        const payment = await api.get(`/api/v1/payments/${this.dataset.payment}`);
        if (this.isLeaving) return;
        if (payment.status !== this.dataset.status) {
          location.reload();
          return;
        }
      } catch (problem) {
        if (problem.status === 401 || problem.status === 404) return;
      }
    }
    if (Date.now() - this.since > SLOW_AFTER_MS) {
      const hint = this.querySelector("[data-hint]");
      if (hint) hint.textContent = this.dataset.slow;
    }
    this.wait = Math.min(this.wait * 1.4, LONGEST_MS);
    this.timer = setTimeout(this.look, this.wait);
  }
});
