// Every drag has its keys: arrows move by the grid, with Shift they pull the end (with Alt+Shift the beginning), left and
// right change the day; Enter keeps what was arranged, or opens the form; Escape drops it; Delete asks and removes.
import { addDays, DAY, dayName, span } from "./time.js";

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

export class Keyboard {
  /** `dropped(wish)` keeps a change, `removed(item)` asks to remove, `step(item, wish, direction)` moves a visit. */
  constructor(grid, { dropped, removed, picked, say, words, language, step }) {
    Object.assign(this, { grid, dropped, removed, picked, say, words, language, step });
    grid.root.addEventListener("keydown", (event) => this.key(event));
    grid.root.addEventListener("focusout", () => this.forget());
  }

  key(event) {
    const node = event.target.closest("[data-key]");
    if (!node?.item || event.ctrlKey || event.metaKey) return;
    const { item } = node;
    if (event.key === " " && this.picked(node)) return event.preventDefault();
    if (event.key === "Enter" && this.wish) {
      event.preventDefault();
      const wish = this.wish;
      this.forget();
      return this.dropped(wish);
    }
    if (event.key === "Escape" && this.wish) {
      event.preventDefault();
      this.forget();
      return this.say(this.words("dropped"));
    }
    if (event.key === "Delete" && item.kind !== "visit" && item.kind !== "group") {
      event.preventDefault();
      return this.removed(item);
    }
    if (!item.canMove || !event.key.startsWith("Arrow")) return undefined;
    event.preventDefault();
    const wish = this.moved(item, this.wish ?? { item, day: item.day, from: item.from, to: item.to }, event);
    if (!wish) return this.say(this.words("no_further"));
    this.wish = wish;
    this.grid.ghost(wish.day, wish.from, wish.to);
    this.grid.shadow?.scrollIntoView({ block: "nearest", inline: "nearest" });
    return this.say(this.words("arranged", { hours: span(wish.from, wish.to), day: dayName(wish.day, this.language) }));
  }

  moved(item, wish, event) {
    const down = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
    const right = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
    if (item.kind === "visit") return this.step(item, wish, { down, right });
    const grid = item.grid_minutes;
    if (event.shiftKey) {
      if (right) return null;
      if (event.altKey) return { ...wish, from: clamp(wish.from + down * grid, 0, wish.to - 5) };
      return { ...wish, to: clamp(wish.to + down * grid, wish.from + 5, DAY) };
    }
    const day = addDays(wish.day, right);
    if (!this.grid.columns.has(day)) return null;
    const from = clamp(wish.from + down * grid, 0, DAY - (wish.to - wish.from));
    return { ...wish, day, from, to: from + wish.to - wish.from };
  }

  forget() {
    if (!this.wish) return;
    this.wish = null;
    this.grid.clearGhost();
  }
}
