// <week-calendar>: the desk's week. Drawn from what the page brings along, asked for again after each change.
import { api } from "../../js/api.js";
import { Changes } from "./changes.js";
import { Dialogs } from "./dialogs.js";
import { Drag } from "./drag.js";
import { Grid } from "./grid.js";
import { Keyboard } from "./keyboard.js";
import { addDays, DAY, dayName, minutes } from "./time.js";
import { Undo } from "./undo.js";

const ZOOMS = [40, 52, 64, 88, 120];
const KEPT = "lanh.calendar.zoom";

/** The widest look in which the shortest step is still a line of text high. */
function legible(week) {
  const step = Math.min(30, ...week.bands.filter((one) => one.kind === "rule").map((one) => one.grid_minutes));
  const found = ZOOMS.findIndex((hour) => (hour * step) / 60 >= 20);
  return found < 0 ? ZOOMS.length - 1 : found;
}

class WeekCalendar extends HTMLElement {
  connectedCallback() {
    const text = JSON.parse(this.querySelector("[data-words] script").textContent);
    this.words = (key, values = {}) => (text[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
    this.language = (document.documentElement.lang || "vi").slice(0, 2);
    this.today = this.dataset.today;
    this.day = this.dataset.day;
    this.picked = new Map();
    this.dialogs = new Dialogs(this);
    this.changes = new Changes(this, this.dialogs);
    this.grid = new Grid(this.querySelector("[data-grid]"), this);
    this.undo = new Undo({ words: this.words, say: (said) => this.say(said), done: () => this.load() });
    const dropped = (wish) => this.changes.dropped(wish);
    this.drag = new Drag(this.grid, {
      dropped, mayDraw: () => true, picking: () => this.hasAttribute("data-picking"), fit: (wish) => this.fit(wish),
    });
    this.keys = new Keyboard(this.grid, {
      dropped, removed: (item) => this.changes.remove(item), picked: (node) => this.hasAttribute("data-picking") && this.pick(node),
      say: (said) => this.say(said), words: this.words, language: this.language, step: (...wish) => this.step(...wish),
    });
    this.addEventListener("click", (event) => this.click(event));
    this.swipe();
    const week = JSON.parse(this.querySelector("[data-week] script").textContent);
    this.zoom(Number(localStorage.getItem(KEPT) ?? legible(week)));
    this.setAttribute("data-ready", "");
    this.show(week);
    this.timer = setInterval(() => this.grid.tick(), 30_000);
    this.seen = () => { if (document.visibilityState === "visible" && !this.querySelector("dialog[open]") && !this.drag.held) this.load().catch(() => {}); };
    document.addEventListener("visibilitychange", this.seen);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.seen);
    this.undo.stop();
  }

  /** The server's clock, carried on by ours. */
  now() { return this.serverNow + (performance.now() - this.heardAt); }

  show(week) {
    this.week = week;
    this.serverNow = Date.parse(week.now);
    this.heardAt = performance.now();
    this.grid.draw(week);
    for (const node of this.querySelectorAll("[data-day-tab]")) node.toggleAttribute("data-some", (week.days.find((one) => one.day === node.dataset.dayTab)?.taken ?? 0) > 0);
    this.querySelector("[data-clashes]").hidden = !week.clashes.length;
    this.querySelector("[data-clashes] span").textContent = [...new Set(week.clashes.map((one) => `${dayName(one.day, this.language)} · ${this.words("clash", { room: one.room, who: one.who, hours: `${one.starts}–${one.ends}` })}`))].slice(0, 3).join(" ");
    this.undo.show(week.undo, this.serverNow);
  }

  async load() { this.show(await api.get(this.dataset.source)); }

  say(said) { this.querySelector("[data-say]").textContent = said; }

  dayLink(day) { return this.dataset.dayList.replace("DAY", day); }

  leaveLink(schedule, from, to) {
    const who = this.week.schedules.find((one) => one.id === schedule)?.practitioner.id ?? "";
    return `${this.dataset.leave}?${new URLSearchParams({ doctor: who, first_day: from, last_day: to })}`;
  }

  click(event) {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (act) return this[`act_${act}`]?.(event.target.closest("[data-act]"));
    const node = event.target.closest("[data-key]");
    if (!node?.item) return undefined;
    if (this.hasAttribute("data-picking")) return this.pick(node);
    return this.changes.opened(node.item);
  }

  act_add() {
    const day = this.day >= this.week.first_day && this.day <= addDays(this.week.first_day, 6) ? this.day : this.week.first_day;
    return this.changes.add({ day, from: 480, to: 720 });
  }

  act_copy() { return this.changes.copy(); }

  act_closer() { this.zoom(this.level + 1, true); }

  act_wider() { this.zoom(this.level - 1, true); }

  act_previous() { this.turn(-1); }

  act_next() { this.turn(1); }

  act_day(button) { this.choose(button.dataset.dayTab); }

  act_pick() {
    const picking = this.toggleAttribute("data-picking");
    this.querySelector("[data-act=pick]").setAttribute("aria-pressed", picking);
    if (!picking) this.drop();
    this.say(this.words(picking ? "picking" : "picked_none"));
  }

  async act_bulk() {
    if (this.picked.size && await this.changes.bulk([...this.picked.values()])) this.act_pick();
  }

  /** In the choosing of several: take this one in, or leave it out. */
  pick(node) {
    const { item } = node;
    if (item.kind !== "rule") return false;
    const all = [...this.grid.root.querySelectorAll(".band")].filter((one) => one.item?.id === item.id);
    if (!this.picked.delete(item.id)) this.picked.set(item.id, item);
    for (const one of all) one.setAttribute("aria-pressed", this.picked.has(item.id));
    this.count();
    return true;
  }

  drop() {
    this.picked.clear();
    for (const one of this.grid.root.querySelectorAll("[aria-pressed]")) one.removeAttribute("aria-pressed");
    this.count();
  }

  count() {
    const button = this.querySelector("[data-act=bulk]");
    button.hidden = !this.picked.size;
    button.textContent = this.words("change_selected", { count: this.picked.size });
    this.say(this.words("selected", { count: this.picked.size }));
  }

  zoom(level, keep = false) {
    const body = this.grid.body;
    const middle = body ? (body.scrollTop + body.clientHeight / 2) / body.scrollHeight : null;
    this.level = Math.max(0, Math.min(ZOOMS.length - 1, level));
    this.style.setProperty("--hour", `${ZOOMS[this.level] / 16}rem`);
    if (keep) localStorage.setItem(KEPT, this.level);
    if (middle !== null) body.scrollTop = middle * body.scrollHeight - body.clientHeight / 2;
    this.querySelector("[data-act=wider]").disabled = this.level === 0;
    this.querySelector("[data-act=closer]").disabled = this.level === ZOOMS.length - 1;
  }

  choose(day) {
    this.day = day;
    this.grid.showDay(day);
    for (const tab of this.querySelectorAll("[data-day-tab]")) {
      if (tab.dataset.dayTab === day) tab.setAttribute("aria-current", "date");
      else tab.removeAttribute("aria-current");
    }
    const address = new URL(location.href);
    address.searchParams.set("day", day);
    history.replaceState(null, "", address);
  }

  turn(number) {
    const day = addDays(this.day, number);
    if (day >= this.week.first_day && day <= addDays(this.week.first_day, 6)) return this.choose(day);
    const address = new URL(location.href);
    address.searchParams.set("day", day);
    location.assign(address);
    return undefined;
  }

  /** On a phone a swipe turns to the day before or after. */
  swipe() {
    let start = null;
    const place = this.querySelector("[data-grid]");
    place.addEventListener("touchstart", (event) => { start = event.touches.length === 1 ? event.touches[0] : null; }, { passive: true });
    place.addEventListener("touchend", (event) => {
      const end = event.changedTouches[0];
      if (!start || this.drag.held?.active || this.drag.silent || !matchMedia("(max-width: 63.99rem)").matches) return;
      const [x, y] = [end.clientX - start.clientX, end.clientY - start.clientY];
      start = null;
      if (Math.abs(x) > 60 && Math.abs(x) > 2 * Math.abs(y)) this.turn(x < 0 ? 1 : -1);
    });
  }

  /** The times at which a visit could begin on a day: what is free, and what it holds itself. */
  startsFor(item, day) {
    const found = new Set((this.week.days.find((one) => one.day === day)?.starts ?? []).map(minutes));
    const long = item.to - item.from;
    const others = this.week.visits.filter((one) => one.day === day && one.id !== item.id).map((one) => [minutes(one.starts), minutes(one.ends)]);
    if (day === item.day) {
      for (const band of this.week.bands.filter((one) => one.day === day && one.kind !== "closed" && one.id && one.schedule === item.schedule)) {
        for (let at = minutes(band.starts); at + long <= minutes(band.ends); at += band.grid_minutes) {
          if (at < item.to && item.from < at + long && !others.some(([from, to]) => at < to && from < at + long)) found.add(at);
        }
      }
    }
    return [...found].filter((at) => !others.some(([from, to]) => at < to && from < at + long) || at === item.from).sort((a, b) => a - b);
  }

  /** A dragged visit falls into the nearest time it may begin at; bands may lie anywhere. */
  fit(wish) {
    if (wish.item.kind !== "visit") return wish;
    const long = wish.item.to - wish.item.from;
    const near = this.startsFor(wish.item, wish.day).sort((a, b) => Math.abs(a - wish.from) - Math.abs(b - wish.from))[0];
    if (near === undefined || Math.abs(near - wish.from) > 45) return { ...wish, bad: true };
    return { ...wish, from: near, to: Math.min(near + long, DAY) };
  }

  /** By keys a visit goes from one time it may begin at to the next. */
  step(item, wish, { down, right }) {
    const day = addDays(wish.day, right);
    const starts = this.startsFor(item, day);
    const found = right ? starts.sort((a, b) => Math.abs(a - wish.from) - Math.abs(b - wish.from))[0]
      : down > 0 ? starts.find((at) => at > wish.from) : starts.reverse().find((at) => at < wish.from);
    return found === undefined ? null : { item, day, from: found, to: found + item.to - item.from };
  }
}

customElements.define("week-calendar", WeekCalendar);
