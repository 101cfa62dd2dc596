// Draws a week: a column a day, bands for hours and exceptions, visits on top of them, and a line for now.
import { clockText, dayName, minutes, onTheWall, span } from "./time.js";

const SHORT = { vi: ["T2", "T3", "T4", "T5", "T6", "T7", "CN"], en: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] };
const EDITABLE = new Set(["rule", "extra", "instead", "closed"]);

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function place(node, from, to) {
  node.style.setProperty("--from", from);
  node.style.setProperty("--to", to);
  return node;
}

/** Things that overlap stand side by side: gives each its lane, and how many lanes its neighbourhood needs. */
function lanes(items) {
  const sorted = [...items].sort((a, b) => a.from - b.from || b.to - a.to);
  let group = [], end = -1;
  const close = () => { for (const one of group) one.lanes = Math.max(...group.map((other) => other.lane)) + 1; group = []; };
  for (const one of sorted) {
    if (one.from >= end) {
      close();
      end = -1;
    }
    const taken = new Set(group.filter((other) => other.to > one.from).map((other) => other.lane));
    one.lane = 0;
    while (taken.has(one.lane)) one.lane += 1;
    group.push(one);
    end = Math.max(end, one.to);
  }
  close();
}

export class Grid {
  constructor(place_, calendar) {
    this.root = place_;
    this.calendar = calendar;
  }

  get words() { return this.calendar.words; }

  /** Draw the week anew; where somebody was looking and what had the focus stays. */
  draw(week) {
    const { root } = this;
    const scrolled = root.querySelector(".cal-body")?.scrollTop;
    const focused = document.activeElement?.dataset?.key;
    this.week = week;
    this.columns = new Map();
    const head = element("div", "cal-head");
    head.append(element("span", "cal-corner"));
    const body = element("div", "cal-body");
    const sheet = element("div", "cal-sheet");
    sheet.append(this.hours());
    week.days.forEach((day, number) => {
      head.append(this.header(day, number));
      const column = this.column(day);
      this.columns.set(day.day, column);
      sheet.append(column);
    });
    body.append(head, sheet);
    root.replaceChildren(body);
    this.body = body;
    this.sheet = sheet;
    this.showDay(this.calendar.day);
    this.tick();
    body.scrollTop = scrolled ?? this.opensAt();
    if (focused) [...root.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focused)?.focus({ preventScroll: true });
  }

  /** The first glance falls on working hours: the earliest that are not round the clock, else on now, else on seven. */
  opensAt() {
    const hour = this.hourHeight();
    const starts = this.week.bands.filter((one) => EDITABLE.has(one.kind) && minutes(one.ends) - minutes(one.starts) < 960 && one.kind !== "closed")
      .map((one) => minutes(one.starts));
    const visits = this.week.visits.map((one) => minutes(one.starts));
    const day = starts.length ? Math.min(...starts) : null;
    let first = day ?? (visits.length ? Math.min(...visits.filter((one) => one >= 360), 1440) : 420);
    if (first === 1440) first = 420;
    const now = onTheWall(this.calendar.now(), this.week.zone);
    if (day === null && this.columns.has(now.day)) first = Math.max(0, now.minute - 90);
    return Math.max(0, (first / 60) * hour - hour * 0.35);
  }

  hourHeight() {
    return this.sheet ? this.sheet.getBoundingClientRect().height / 24 : 64;
  }

  hours() {
    const made = element("div", "cal-hours");
    made.setAttribute("aria-hidden", "true");
    for (let hour = 0; hour < 24; hour += 1) made.append(element("span", "", hour ? `${String(hour).padStart(2, "0")}:00` : ""));
    return made;
  }

  header(day, number) {
    const made = element("div", "cal-day");
    made.dataset.day = day.day;
    if (day.day === this.calendar.today) made.classList.add("cal-day--today");
    const link = element("a", "cal-day__name");
    link.href = this.calendar.dayLink(day.day);
    link.append(element("span", "", SHORT[this.calendar.language][number]), element("strong", "", `${day.day.slice(8)}/${day.day.slice(5, 7)}`));
    link.setAttribute("aria-label", dayName(day.day, this.calendar.language));
    made.append(link);
    made.append(element("span", "cal-day__sum", this.sum(day)));
    if (day.holiday) {
      const name = element("span", "cal-day__holiday badge badge--warn", day.holiday);
      name.title = day.holiday;
      made.append(name);
    }
    return made;
  }

  sum(day) {
    return this.words(day.bookable ? "sum" : "sum_later", { taken: day.taken, free: day.free });
  }

  column(day) {
    const made = element("div", "cal-column");
    made.dataset.day = day.day;
    made.setAttribute("role", "group");
    made.setAttribute("aria-label", [dayName(day.day, this.calendar.language), day.holiday, this.sum(day)].filter(Boolean).join(", "));
    if (day.holiday) made.classList.add("cal-column--holiday");
    if (day.day < this.calendar.today) made.classList.add("cal-column--past");
    const bands = this.week.bands.filter((one) => one.day === day.day).map((one) => ({ ...one, from: minutes(one.starts), to: minutes(one.ends) }));
    const hours = bands.filter((one) => one.kind !== "closed" && one.kind !== "other" && one.kind !== "elsewhere");
    lanes(hours);
    for (const one of bands) made.append(this.band(one));
    const visits = this.visitsOf(day.day);
    lanes(visits);
    for (const one of visits) {
      const beside = this.week.room ? hours.find((other) => other.schedule === one.schedule && other.from <= one.from && one.to <= other.to) : null;
      const placed = beside?.lanes > 1 ? { ...one, lane: beside.lane, lanes: beside.lanes } : one;
      made.append(one.kind === "group" ? this.group(placed) : this.visit(placed));
    }
    for (const one of this.week.clashes.filter((other) => other.day === day.day)) {
      const clash = place(element("span", "cal-clash"), minutes(one.starts), minutes(one.ends));
      clash.title = this.words("clash", { room: one.room, who: one.who, hours: `${one.starts}–${one.ends}` });
      made.append(clash);
    }
    return made;
  }

  /** What stands on a day: each visit by itself, people who share a time as one. */
  visitsOf(day) {
    const all = this.week.visits.filter((one) => one.day === day).map((one) => ({ ...one, kind: "visit", canMove: one.may_move, from: minutes(one.starts), to: minutes(one.ends) }));
    const groups = new Map(this.week.groups.map((one) => [one.session, { ...one, people: [] }]));
    for (const one of all) groups.get(one.session)?.people.push(one);
    const shared = [...groups.values()].filter((one) => one.people.length)
      .map((one) => ({ ...one.people[0], ...one, kind: "group", canMove: false, off_hours: one.people.some((other) => other.off_hours) }));
    return [...all.filter((one) => !groups.has(one.session)), ...shared];
  }

  band(one) {
    const mine = EDITABLE.has(one.kind) && one.id !== null;
    const canMove = mine && (one.kind === "rule" ? !one.aside : one.source === "desk" && one.whole);
    const made = place(element(mine ? "button" : "div", `band band--${one.source === "leave" ? "leave" : one.kind}`), one.from, one.to);
    if (mine) made.type = "button";
    if (one.aside) made.classList.add("band--aside");
    if (one.lanes > 1) {
      made.style.setProperty("--lane", one.lane);
      made.style.setProperty("--lanes", one.lanes);
    }
    if (this.week.room) made.style.setProperty("--tint", `var(--tint-${this.week.schedules.findIndex((other) => other.id === one.schedule) % 4})`);
    made.style.setProperty("--grid", one.grid_minutes);
    const said = this.bandWords(one);
    if (this.isClear(one, one.from, one.from + 20)) made.append(element("span", "band__label", this.bandLabel(one)));
    if (one.kind === "rule" || one.kind === "extra" || one.kind === "instead") {
      if (this.isClear(one, one.from, one.from + 20)) made.append(element("span", "band__time band__time--from", clockText(one.from)));
      if (this.isClear(one, one.to - 20, one.to)) made.append(element("span", "band__time band__time--to", clockText(one.to)));
    }
    if (!mine) {
      made.title = said;
      return made;
    }
    made.setAttribute("aria-label", said);
    made.title = said;
    made.dataset.key = `${one.kind}:${one.id}:${one.day}`;
    made.item = { ...one, canMove };
    if (canMove) {
      made.dataset.movable = "";
      made.setAttribute("aria-describedby", "cal-keys");
      for (const edge of ["from", "to"]) {
        const handle = element("span", `band__edge band__edge--${edge}`);
        handle.dataset.edge = edge;
        made.append(handle);
      }
    }
    return made;
  }

  /** Whether no visit covers that part of a band; where one does, its own words stand there. */
  isClear(band, from, to) {
    return !this.week.visits.some((one) => one.day === band.day && minutes(one.starts) < to && from < minutes(one.ends));
  }

  bandLabel(one) {
    if (one.kind === "other") return `${one.room} · ${one.who}`;
    if (one.kind === "elsewhere") return this.words("elsewhere");
    if (one.kind === "closed") return one.reason || this.words(one.source === "leave" ? "leave" : "closed");
    const more = [one.kind === "rule" ? "" : this.words(one.kind), this.week.room ? one.who : "", this.week.room ? "" : one.room, one.capacity > 1 ? this.words("seats_each", { capacity: one.capacity }) : ""];
    return more.filter(Boolean).join(" · ");
  }

  bandWords(one) {
    const kind = this.words(one.source === "leave" ? "leave" : one.kind);
    const parts = [kind, span(one.from, one.to), dayName(one.day, this.calendar.language)];
    if (one.kind === "rule") parts.push(this.words("grid", { minutes: one.grid_minutes }));
    if (one.capacity > 1) parts.push(this.words("seats_each", { capacity: one.capacity }));
    if (one.room) parts.push(this.words("room", { room: one.room }));
    if (this.week.room || one.kind === "other") parts.push(one.who);
    if (one.reason) parts.push(one.reason);
    if (one.aside) parts.push(this.words("aside"));
    return parts.join(", ");
  }

  visit(one) {
    const made = this.block(one, `visit--${one.status}`, `visit:${one.id}`, [one.person, `${one.starts}–${one.ends}`, one.visit_type, this.words(`status_${one.status}`)]);
    made.append(element("span", "visit__time", one.starts), element("span", "visit__who", one.person));
    if (one.may_move) made.dataset.movable = "";
    return made;
  }

  /** A time that people share: how many seats are taken; who they are is told when it is opened. */
  group(one) {
    const seats = this.seats(one);
    const made = this.block(one, "visit--group", `group:${one.session}`, [one.visit_type, `${one.starts}–${one.ends}`, seats]);
    made.append(element("span", "visit__time", one.starts), element("span", "visit__seats", one.capacity > 1 ? `${one.taken}/${one.capacity}` : seats), element("span", "visit__who", one.visit_type));
    if (one.capacity > 1) {
      const bar = element("span", "visit__bar");
      bar.style.setProperty("--share", Math.min(1, one.taken / one.capacity));
      made.append(bar);
    }
    if (one.taken >= one.capacity) made.classList.add("visit--full");
    return made;
  }

  seats({ taken, capacity }) { return this.words(capacity > 1 ? "seats" : "people", { taken, capacity }); }

  block(one, look, key, words) {
    const made = place(element("button", `visit ${look}`), one.from, one.to);
    made.type = "button";
    if (one.off_hours) made.classList.add("visit--off");
    if (one.lanes > 1) {
      made.style.setProperty("--lane", one.lane);
      made.style.setProperty("--lanes", one.lanes);
    }
    const said = [...words, one.off_hours ? this.words("off_hours") : ""].filter(Boolean).join(", ");
    made.title = said;
    made.setAttribute("aria-label", said);
    made.dataset.key = key;
    made.item = one;
    return made;
  }

  /** Where something would come to lie, drawn over the column. */
  ghost(day, from, to, { bad = false } = {}) {
    this.clearGhost();
    const column = this.columns.get(day);
    if (!column) return;
    this.shadow = place(element("span", `cal-ghost${bad ? " cal-ghost--bad" : ""}`, span(from, to)), from, to);
    column.append(this.shadow);
  }

  clearGhost() {
    this.shadow?.remove();
    this.shadow = null;
  }

  /** {day, minute} under a point of the screen. */
  at(x, y) {
    const shown = [...this.columns.entries()].filter(([, column]) => column.offsetParent !== null);
    const boxes = shown.map(([day, column]) => [day, column.getBoundingClientRect()]);
    const [day, box] = boxes.find(([, one]) => x < one.right) ?? boxes[boxes.length - 1];
    return { day, minute: Math.max(0, Math.min(1440, ((y - box.top) / box.height) * 1440)) };
  }

  /** On a phone one day at a time; on a desk all of them. */
  showDay(day) {
    for (const node of this.root.querySelectorAll("[data-day]")) node.classList.toggle("is-chosen", node.dataset.day === day);
  }

  tick() {
    this.root.querySelector(".cal-now")?.remove();
    const now = onTheWall(this.calendar.now(), this.week.zone);
    const column = this.columns.get(now.day);
    if (!column) return;
    const line = element("span", "cal-now");
    line.setAttribute("aria-hidden", "true");
    line.style.setProperty("--from", now.minute);
    column.append(line);
  }
}
