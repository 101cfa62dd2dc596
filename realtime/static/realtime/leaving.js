// Hanging up is said until the house has heard it: a line that is away, or only looks open, must not keep the other side waiting.

import { api } from "../web/js/api.js";

const FOR_MS = 150_000; // afterwards the house has let the seat go by itself

export class Leaving {
  /** `address`: where it is said over HTTP; "" where only the socket can say it. */
  constructor(address) {
    this.stopped = new AbortController();
    this.until = Date.now() + FOR_MS;
    if (address) this.say(address, 1000);
  }

  async say(address, wait) {
    const { signal } = this.stopped;
    try {
      await api.post(address, {}, { signal, keepalive: true });
    } catch (problem) {
      const again = problem.status === 0 || problem.status === 429 || problem.status >= 500;
      if (signal.aborted || !again || Date.now() > this.until) return;
      await this.pause(wait);
      if (!signal.aborted) this.say(address, Math.min(wait * 2, 15_000));
    }
  }

  /** Until some time has passed, or the browser says that it is online again. */
  pause(wait) {
    return new Promise((done) => {
      const end = () => { clearTimeout(timer); removeEventListener("online", end); done(); };
      const timer = setTimeout(end, wait);
      addEventListener("online", end);
    });
  }

  /** Going back in: what was not heard must not put one out again. */
  cancel() {
    this.stopped.abort();
  }
}
