// What is sent over a weak network, step by step down and up again. Pure: figures in, a step out; no browser, no clock.
// Sound comes before pictures: full → low (smaller pictures) → audio → chat → phone (nothing gets through: somebody calls).

export const STEPS = ["full", "low", "audio", "chat", "phone"];
const DOWN_AFTER = 2; // windows of five seconds that bear it out
const UP_AFTER = 3;
const MOST_PATIENCE = 24; // windows, after climbs that did not hold
const SILENT = 4; // windows without a connection: then somebody telephones
const GAP = 2; // windows after a gap in which the line's figures still tell of the gap: it was cut, not weak
const HELD = 6; // windows a step must hold before a climb counts as a success

// What a step asks of the line: loss of what we send at most so much, and room for so many kbit/s.
const NEEDS = { full: { loss: 0.04, kbps: 250 }, low: { loss: 0.1, kbps: 90 }, audio: { loss: 0.3, kbps: 20 } };
const CLEARLY = 0.5; // to climb, the loss must be this much under what the higher step bears

/** What each step sends. Sound is never cut off: at `chat` it is what tells that the line is better again. */
export const SENDS = {
  full: { video: { active: true, maxBitrate: 1_200_000, scaleResolutionDownBy: 1 }, audio: { maxBitrate: 40_000 } },
  low: { video: { active: true, maxBitrate: 180_000, scaleResolutionDownBy: 3 }, audio: { maxBitrate: 32_000 } },
  audio: { video: { active: false, maxBitrate: 180_000, scaleResolutionDownBy: 3 }, audio: { maxBitrate: 24_000 } },
  chat: { video: { active: false, maxBitrate: 180_000, scaleResolutionDownBy: 3 }, audio: { maxBitrate: 12_000 } },
  phone: { video: { active: false, maxBitrate: 180_000, scaleResolutionDownBy: 3 }, audio: { maxBitrate: 12_000 } },
};

const rank = (step) => STEPS.indexOf(step);

/** The highest step a window bears: { loss, available, sent } — the last two in kbit/s, null where nothing is known. */
export function borne({ loss = null, available = null, sent = 0 }, share = 1) {
  // A low estimate means little while we do not fill it: it grows only with what is sent.
  const limited = available !== null && sent >= 0.7 * available;
  for (const step of ["full", "low", "audio"]) {
    const needs = NEEDS[step];
    if ((loss === null || loss <= needs.loss * share) && !(limited && available < needs.kbps)) return step;
  }
  return "chat";
}

export class Ladder {
  constructor() {
    this.step = "full";
    this.down = this.up = this.silent = this.held = this.gap = this.heard = 0;
    this.patience = UP_AFTER;
    this.deepest = "phone";
  }

  /** One window: { up, loss, available, sent, heard }, `heard` in kbit/s from the others. Returns the step to be on from now. */
  take(window) {
    if (!window.up) return this.noLine();
    this.silent = 0;
    // Suddenly not a byte: the line is cut, and nobody has noticed yet.
    if (window.heard === 0 && this.heard > 0) this.gap = GAP + 1;
    this.heard = window.heard ?? 0;
    this.gap = Math.max(0, this.gap - 1);
    if (this.step === "phone") return this.go(rank(borne(window)) > rank("audio") ? "chat" : "audio");
    this.held += 1;
    if (this.held > HELD && this.climbed) {
      this.climbed = false;
      this.patience = UP_AFTER;
    }
    const now = borne(window);
    if (rank(now) > rank(this.step)) return this.gap ? this.forgive() : this.lean(now);
    this.down = 0;
    const above = STEPS[rank(this.step) - 1];
    if (!above || rank(borne(window, CLEARLY)) > rank(above)) {
      this.up = 0;
      return this.step;
    }
    this.up += 1;
    if (this.up < this.patience) return this.step;
    this.climbed = true;
    return this.go(above);
  }

  lean(now) {
    this.up = 0;
    this.down += 1;
    // As deep as all the windows bear out, and no deeper.
    this.deepest = this.down === 1 || rank(now) < rank(this.deepest) ? now : this.deepest;
    if (this.down < DOWN_AFTER) return this.step;
    // A climb that did not hold: wait longer before the next one.
    if (this.climbed) this.patience = Math.min(MOST_PATIENCE, this.patience * 2);
    this.climbed = false;
    return this.go(this.deepest);
  }

  forgive() {
    this.down = this.up = 0;
    return this.step;
  }

  noLine() {
    this.down = this.up = 0;
    this.gap = GAP + 1;
    this.silent += 1;
    return this.silent >= SILENT ? this.go("phone") : this.step;
  }

  go(step) {
    if (step !== this.step) this.down = this.up = this.held = 0;
    this.step = step;
    return step;
  }
}
