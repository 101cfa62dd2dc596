// For ten seconds a change can be taken back: a toast that counts down, a button, and Ctrl+Z.
import { api } from "../../js/api.js";
import { toast } from "../../js/toast.js";

export class Undo {
  /** `done(problem?)` is called when something was taken back, or could not be. */
  constructor({ words, done, say }) {
    Object.assign(this, { words, done, say });
    this.key = (event) => {
      const typing = event.target.closest?.("input, textarea, select");
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.shiftKey || typing || !this.offer) return;
      event.preventDefault();
      this.take();
    };
    document.addEventListener("keydown", this.key);
  }

  /** Offer to take back `undo` ({id, verb, expires_at}); `now` is the server's clock. */
  show(undo, now) {
    if (!undo || undo.id === this.offer?.id || undo.id === this.declined) return;
    this.hide();
    this.offer = undo;
    const until = performance.now() + (Date.parse(undo.expires_at) - now);
    const line = document.createElement("div");
    line.className = "toast toast--undo";
    const said = document.createElement("span");
    said.className = "grow";
    said.textContent = this.words(`done_${undo.verb}`) || this.words("done");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "toast__button";
    button.textContent = this.words("undo");
    button.addEventListener("click", () => this.take());
    const left = document.createElement("span");
    left.className = "toast__left";
    left.setAttribute("aria-hidden", "true");
    line.append(said, left, button);
    document.getElementById("toasts").append(line);
    this.line = line;
    const count = () => {
      const seconds = Math.ceil((until - performance.now()) / 1000);
      if (seconds <= 0) return this.hide();
      left.textContent = seconds;
      left.style.setProperty("--left", seconds / 10);
      return undefined;
    };
    count();
    this.timer = setInterval(count, 250);
  }

  hide() {
    clearInterval(this.timer);
    this.line?.remove();
    this.line = null;
    this.offer = null;
  }

  async take() {
    const { offer } = this;
    if (!offer) return;
    this.declined = offer.id;
    this.hide();
    try {
      await api.post(`/api/v1/undo/${offer.id}`);
      toast(this.words("undone"), "good");
      await this.done();
    } catch (problem) {
      toast(problem.detail, "bad");
      await this.done(problem);
    }
  }

  stop() {
    this.hide();
    document.removeEventListener("keydown", this.key);
  }
}
