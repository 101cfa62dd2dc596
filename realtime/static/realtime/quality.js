// How the call is: measured here every five seconds, told to the house, and its words shown for both sides.

import { between } from "./figures.js";
import { Ladder } from "./ladder.js";
import { limit } from "./limits.js";

const EVERY = 5000;
const NO_PICTURE = new Set(["audio", "chat", "phone"]);
const SPOKEN = new Set(["poor", "lost"]); // what a screen reader is told by itself; that it is well again too

export class Quality {
  /** call: the <video-call> element. */
  constructor(call) {
    this.call = call;
    this.heard = new Map(); // seat → { word, step }
    this.shown = new WeakMap(); // badge → what it says
    this.last = null;
    this.ladder = new Ladder();
  }

  /** The call stands or has changed; `others` are those in it. */
  follow(others) {
    this.others = others;
    this.timer ??= setInterval(() => this.measure(), EVERY);
    this.show();
  }

  async measure() {
    if (this.measuring || !this.call.me) return;
    this.measuring = true;
    try {
      const seen = await this.call.stats();
      const now = performance.now();
      // With nobody to speak to there is nothing to measure.
      if (!this.others?.some((other) => other.present) && !seen) return;
      const same = seen && this.last?.seen?.path === seen.path ? this.last.seen : null;
      const figures = between(same, seen, this.last ? (now - this.last.at) / 1000 : EVERY / 1000);
      this.last = { seen, at: now };
      figures.step = await this.climb(figures, seen);
      if (!this.call.send("quality", figures)) this.hear({ seat: this.call.me, word: "lost", step: figures.step });
    } finally {
      this.measuring = false;
    }
  }

  /** Take the window to the ladder, carry its step out on every connection, and say what is done about the network. */
  async climb(figures, seen) {
    const before = this.ladder.step;
    const { audio = null, video = null } = seen?.lossOut ?? {};
    // While no pictures are sent, what was last heard of them is old.
    const loss = NO_PICTURE.has(before) || video === null ? audio : Math.max(audio ?? 0, video);
    const available = seen?.available ? seen.available / 1000 : null;
    const step = this.ladder.take({ up: figures.up, loss, available, sent: figures.kbps_out ?? 0, heard: figures.kbps_in });
    for (const pc of this.call.pictures.connections) await limit(pc, step);
    if (step !== before) {
      this.call.dataset.step = step;
      this.call.say(step === "phone" && this.call.isDoctor ? "step_phone_doctor" : `step_${step}`);
      if (step === "chat") this.call.showChat(true);
    }
    return step;
  }

  /** { seat, word, step } from the house. */
  hear({ seat, word, step }) {
    const before = this.heard.get(seat)?.step ?? "full";
    this.heard.set(seat, { word, step });
    const other = this.others?.find((one) => one.id === seat);
    if (other && step !== before) this.call.say(`step_theirs_${step}`, other.name);
    this.show();
  }

  show() {
    const [other, ...rest] = this.others ?? [];
    const mine = this.heard.get(this.call.me);
    const theirs = other && this.of(other);
    this.call.classList.toggle("call--peer-no-picture", NO_PICTURE.has(theirs?.step));
    this.badge(this.call.at("quality"), "quality_mine", mine?.word, "");
    this.badge(this.call.at("quality-theirs"), "quality_theirs", theirs?.word, other?.name ?? "");
    for (const one of rest) {
      const place = this.call.stage.tileOf(one.id)?.querySelector(".quality");
      this.badge(place, "quality_theirs", this.of(one)?.word, one.name);
    }
  }

  /** What was last heard of somebody else; who is not connected has no connection. */
  of(other) {
    return other.present ? this.heard.get(other.id) : { word: "lost", step: "full" };
  }

  /** The large one's badge says whose it is; in a small picture the name stands below, so a word is enough. */
  badge(place, key, word, name) {
    if (!place) return;
    place.hidden = !word;
    const before = this.shown.get(place) ?? "";
    if (!word || before === word + name) return;
    this.shown.set(place, word + name);
    for (const one of ["excellent", "good", "poor", "lost"]) place.classList.toggle(`quality--${one}`, one === word);
    const text = this.call.word(key, name).replace("%(word)s", this.call.word(word));
    place.lastElementChild.textContent = place.dataset.short === undefined ? text : this.call.word(word);
    // Said aloud only when it matters, or is well again after that.
    if (SPOKEN.has(word) || [...SPOKEN].some((one) => before.startsWith(one))) this.call.at("quality-said").textContent = text;
  }

  stop() {
    clearInterval(this.timer);
    this.timer = this.last = null;
    this.ladder = new Ladder();
    this.others = [];
    this.heard.clear();
    this.show();
  }
}
