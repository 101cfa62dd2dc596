// Mouse, pen and finger: draw new hours, move what is there, pull its edges. What is let go of is told to `dropped`.
import { addDays, DAY, daysBetween } from "./time.js";

const STEP = 5;
const THRESHOLD = 5; // pixels before a press becomes a drag
const LONG_PRESS = 350; // a finger that rests means to drag; one that moves at once means to scroll
const EDGE = 48; // near the rim of the sheet it scrolls along

const snap = (minute) => Math.round(minute / STEP) * STEP;
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

export class Drag {
  /** `dropped({item, day, from, to})`; without an item new hours were drawn. */
  constructor(grid, { dropped, mayDraw, picking, fit }) {
    Object.assign(this, { grid, dropped, mayDraw, picking, fit });
    const { root } = grid;
    root.addEventListener("pointerdown", (event) => this.press(event));
    root.addEventListener("pointermove", (event) => this.move(event));
    root.addEventListener("pointerup", (event) => this.release(event));
    root.addEventListener("pointercancel", () => this.stop());
    // A finger would scroll the sheet away from under what it drags.
    root.addEventListener("touchmove", (event) => { if (this.held?.active) event.preventDefault(); }, { passive: false });
    root.addEventListener("contextmenu", (event) => { if (this.held?.touch) event.preventDefault(); });
    root.addEventListener("click", (event) => this.swallow(event), true);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.held?.active) {
        this.silent = true;
        this.stop();
      }
    });
  }

  press(event) {
    if (event.button !== 0 || this.picking()) return;
    const node = event.target.closest(".band, .visit");
    const column = event.target.closest(".cal-column");
    if (!column || (node && node.dataset.movable === undefined)) return;
    if (!node && !this.mayDraw()) return;
    const at = this.grid.at(event.clientX, event.clientY);
    const item = node?.item ?? null;
    this.held = {
      item, at, node,
      edge: event.target.closest("[data-edge]")?.dataset.edge ?? null,
      x: event.clientX, y: event.clientY, pointer: event.pointerId,
      touch: event.pointerType === "touch", active: false,
    };
    if (this.held.touch) this.timer = setTimeout(() => this.begin(), LONG_PRESS);
  }

  begin() {
    const { held } = this;
    if (!held) return;
    held.active = true;
    this.grid.root.setPointerCapture(held.pointer);
    this.grid.root.classList.add("is-dragging");
    held.node?.classList.add("is-lifted");
    if (held.touch) navigator.vibrate?.(15);
    this.show();
  }

  move(event) {
    const { held } = this;
    if (!held || event.pointerId !== held.pointer) return;
    const far = Math.hypot(event.clientX - held.x, event.clientY - held.y) > THRESHOLD;
    if (!held.active) {
      if (!far) return;
      if (held.touch) return this.stop(); // it scrolls
      this.begin();
    }
    held.now = this.grid.at(event.clientX, event.clientY);
    this.scrollAlong(event.clientY);
    this.show();
  }

  /** What would be if it were let go of here. */
  wish() {
    const { item, at, now = at, edge } = this.held;
    if (!item) {
      const [a, b] = [snap(at.minute), snap(now.minute)];
      const [from, to] = a <= b ? [a, Math.max(b, a + STEP)] : [b, a];
      return { item, day: at.day, from: clamp(from, 0, DAY - STEP), to: clamp(to, STEP, DAY) };
    }
    const by = now.minute - at.minute; // from where it was taken, not from where its rim is
    if (edge === "from") return { item, day: item.day, from: clamp(snap(item.from + by), 0, item.to - STEP), to: item.to };
    if (edge === "to") return { item, day: item.day, from: item.from, to: clamp(snap(item.to + by), item.from + STEP, DAY) };
    const long = item.to - item.from;
    const from = clamp(snap(item.from + by), 0, DAY - long);
    const day = addDays(item.day, daysBetween(at.day, now.day));
    return this.fit({ item, day, from, to: from + long });
  }

  show() {
    const wish = this.wish();
    this.grid.ghost(wish.day, wish.from, wish.to, { bad: wish.bad });
  }

  scrollAlong(y) {
    const { body } = this.grid;
    const box = body.getBoundingClientRect();
    if (y > box.bottom - EDGE) body.scrollTop += 12;
    else if (y < box.top + EDGE + 60) body.scrollTop -= 12;
  }

  release(event) {
    const { held } = this;
    if (!held || event.pointerId !== held.pointer) return;
    const wish = held.active ? this.wish() : null;
    const changed = wish && (!wish.item || wish.day !== wish.item.day || wish.from !== wish.item.from || wish.to !== wish.item.to);
    this.silent = held.active; // the click that follows a drag means nothing
    setTimeout(() => { this.silent = false; });
    this.stop();
    if (changed && !wish.bad) this.dropped(wish);
  }

  swallow(event) {
    if (!this.silent) return;
    this.silent = false;
    event.preventDefault();
    event.stopPropagation();
  }

  stop() {
    clearTimeout(this.timer);
    this.held?.node?.classList.remove("is-lifted");
    this.held = null;
    this.grid.root.classList.remove("is-dragging");
    this.grid.clearGhost();
  }
}
