// <hold-countdown data-until data-seconds>: how long the time is still kept. When it is over, the page looks again.
import { minutesLeft } from "./dates.js";

class HoldCountdown extends HTMLElement {
  connectedCallback() {
    this.until = new Date(this.dataset.until).getTime();
    this.left = this.querySelector("[data-left]");
    this.bar = this.querySelector("progress");
    if (this.left) this.left.parentElement.hidden = false;
    if (this.bar) this.bar.hidden = false;
    this.timer = setInterval(() => this.tick(), 500);
    this.tick();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  tick() {
    const left = this.until - Date.now();
    if (this.left) {
      this.left.textContent = minutesLeft(left);
      this.left.toggleAttribute("data-urgent", left < 60_000);
    }
    if (this.bar) this.bar.value = Math.max(0, left / 1000);
    if (left <= -1000) {
      clearInterval(this.timer);
      if (this.hasAttribute("quiet")) return; // something around it looks again
      // A device whose clock is wrong must not reload for ever: once per page.
      const key = `over:${location.pathname}`;
      if (!sessionStorage.getItem(key)) {
        sessionStorage.setItem(key, "yes");
        location.reload();
      }
    }
  }
}

customElements.define("hold-countdown", HoldCountdown);
