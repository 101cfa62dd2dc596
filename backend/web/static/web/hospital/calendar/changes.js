// From what a hand arranged to what is asked of the server: which question comes first, which door, and what a refusal means.
import { api, newKey } from "../../js/api.js";
import { clock, day as dayText } from "../../js/dates.js";
import { toast } from "../../js/toast.js";
import { dayName, instant, minutes, onTheWall, span, wallTime, weekday } from "./time.js";

export class Changes {
  constructor(calendar, dialogs) {
    Object.assign(this, { calendar, dialogs });
  }

  get words() { return this.calendar.words; }

  path(schedule, rest = "") { return `/api/v1/schedules/${schedule}${rest}`; }

  /** Something was dragged or arranged by keys. */
  dropped(wish) {
    if (!wish.item) return this.add(wish);
    if (wish.item.kind === "visit") return this.moveVisit(wish);
    if (wish.item.kind === "rule") return this.moveRule(wish);
    return this.moveException(wish);
  }

  /** Something was pressed: its form. */
  async opened(item) {
    if (item.kind === "group") {
      const chosen = await this.dialogs.group(item);
      const one = item.people.find((other) => other.id === chosen);
      return one ? this.opened(one) : undefined;
    }
    if (item.kind === "visit") {
      const wish = await this.dialogs.visit(item);
      return wish ? this.moveVisit(wish) : undefined;
    }
    if (!item.canMove) return this.explain(item);
    const rule = this.calendar.week.rules.find((one) => one.id === item.id);
    const values = await this.dialogs.hours({ item, day: item.day, from: item.from, to: item.to, schedule: item.schedule, rule });
    if (!values) return undefined;
    if (values.answer === "remove") return this.remove(item);
    const wish = { item, day: values.day, from: values.from, to: values.to };
    if (item.kind !== "rule") return this.moveException(wish, { reason: values.reason, grid_minutes: values.grid_minutes });
    if (values.scope === "once") return this.sendMove(wish, true);
    const { grid_minutes, valid_to, visit_types } = values;
    return this.sendMove(wish, false, { grid_minutes, valid_to, visit_types });
  }

  /** What cannot be changed here says where it can. */
  explain(item) {
    const holiday = this.calendar.week.days.find((one) => one.day === item.day)?.holiday;
    const reason = item.aside ? this.words(holiday ? "aside_holiday" : "aside_other", { name: holiday }) : this.words(`fixed_${item.source}`) || this.words("fixed_long");
    toast(reason, "");
  }

  async moveRule(wish) {
    const answer = await this.dialogs.scope(wish, this.warnings(wish));
    if (!answer) return undefined;
    return this.sendMove(wish, answer === "once");
  }

  sendMove(wish, once, more = {}) {
    const { item } = wish;
    const body = { day: item.day, to_day: wish.day, from_time: wallTime(wish.from), to_time: wallTime(wish.to), once, ...more };
    return this.attempt(wish, (keep) => api.post(this.path(item.schedule, `/rules/${item.id}/move`), { ...body, keep_agreed: keep }));
  }

  async moveException(wish, more = {}) {
    const warnings = wish.item.kind === "closed" ? [] : this.warnings(wish);
    if (warnings.length && !await this.dialogs.sure(this.words("anyway"), { lines: warnings, yes: this.words("do_it") })) return undefined;
    const body = { ...this.moments(wish), ...more };
    return this.attempt(wish, (keep) => api.post(this.path(wish.item.schedule, `/exceptions/${wish.item.id}/move`), { ...body, keep_agreed: keep }));
  }

  /** New hours: every week, once, or time off. */
  async add({ day, from, to }) {
    const schedule = this.calendar.week.schedules[0].id;
    const values = await this.dialogs.hours({ item: null, day, from, to, schedule });
    if (!values) return undefined;
    const wish = { item: { schedule: values.schedule, room: this.calendar.week.room, kind: values.kind }, day: values.day, from: values.from, to: values.to };
    const warnings = values.kind === "closed" ? [] : this.warnings(wish);
    if (warnings.length && !await this.dialogs.sure(this.words("anyway"), { lines: warnings, yes: this.words("do_it") })) return undefined;
    if (values.kind === "rule") {
      const since = values.day < this.calendar.today ? this.calendar.today : values.day;
      const body = {
        weekday: weekday(values.day), from_time: wallTime(values.from), to_time: wallTime(values.to), grid_minutes: values.grid_minutes,
        valid_from: since, valid_to: values.valid_to, visit_types: values.visit_types,
      };
      return this.attempt(wish, () => api.post(this.path(values.schedule, "/rules"), body, { idempotencyKey: newKey() }));
    }
    const body = { kind: values.kind, ...this.moments(wish), reason: values.reason, grid_minutes: values.grid_minutes };
    return this.attempt(wish, (keep) => api.post(this.path(values.schedule, "/exceptions"), { ...body, keep_agreed: keep }));
  }

  async remove(item) {
    const question = this.words(item.kind === "rule" ? "remove_rule" : "remove_exception", { hours: span(item.from, item.to), day: dayName(item.day, this.calendar.language) });
    if (!item.canMove && item.kind !== "rule" && item.source !== "desk") return this.explain(item);
    if (!await this.dialogs.sure(question, { yes: this.words("remove"), danger: true })) return undefined;
    const rest = item.kind === "rule" ? `/rules/${item.id}` : `/exceptions/${item.id}`;
    return this.attempt({ item, day: item.day }, (keep) => api.delete(`${this.path(item.schedule, rest)}${keep ? "?keep_agreed=true" : ""}`));
  }

  async moveVisit(wish) {
    const { item } = wish;
    const question = this.words("move_visit", { name: item.person });
    const lines = [this.words("was_at", { when: this.dialogs.say(item) }), this.words("will_be_at", { when: this.dialogs.say(wish) }), this.words("will_be_told")];
    if (!await this.dialogs.sure(question, { lines, yes: this.words("move") })) return undefined;
    const body = { schedule: item.schedule, starts_at: instant(wish.day, wish.from, this.calendar.week.zone) };
    return this.attempt(wish, () => api.post(`/api/v1/appointments/${item.id}/reschedule`, body, { idempotencyKey: newKey() }));
  }

  async bulk(items) {
    const found = await this.dialogs.bulk(items.length);
    if (!found) return false;
    const rules = [...new Set(items.map((one) => one.id))];
    const body = found === "remove" ? { rules, remove: true } : { rules, ...found };
    if (found !== "remove" && !Object.keys(found).length) return false;
    return this.attempt({ item: items[0], day: items[0].day }, (keep) => api.post("/api/v1/rules/bulk", { ...body, keep_agreed: keep }));
  }

  async copy() {
    const wish = await this.dialogs.copy();
    if (!wish) return undefined;
    const { week } = this.calendar;
    const from = week.schedules[0].id;
    const body = wish.what === "rules" ? { what: "rules", to_schedule: wish.to_schedule, replace: wish.replace }
      : { what: "week", to_schedule: from, monday: week.first_day, to_monday: wish.to_monday, replace: wish.replace };
    let copied = 0;
    const done = await this.attempt({ item: { schedule: from, kind: "rule" }, day: week.first_day }, async (keep) => {
      ({ copied } = await api.post(this.path(from, "/copy"), { ...body, keep_agreed: keep }));
    });
    if (done) toast(this.words(copied ? "copied" : "nothing_to_copy", { count: copied }), copied ? "good" : "");
    return done;
  }

  /** Ask the server; where it names people or hours in the way, show them and let the desk decide. */
  async attempt(wish, send) {
    try {
      await send(false);
    } catch (problem) {
      const again = await this.refused(problem, wish);
      if (!again) {
        await this.calendar.load();
        return false;
      }
      try {
        await send(true);
      } catch (second) {
        toast(second.detail, "bad");
        return false;
      }
    }
    await this.calendar.load();
    return true;
  }

  async refused(problem, wish) {
    if (problem.code === "appointments_affected") {
      const people = await this.people(wish.item.schedule, problem.errors.appointments);
      return await this.dialogs.affected(people, wish) === "keep";
    }
    if (problem.code === "rule_overlaps") {
      const named = problem.errors.rules ?? [];
      const lines = this.calendar.week.rules.filter((one) => named.includes(one.id)).map((one) => this.ruleWords(one));
      await this.dialogs.overlap(lines);
      return false;
    }
    toast([problem.detail, ...Object.values(problem.errors ?? {}).flat().filter((one) => typeof one === "string" && one !== problem.detail)].join(" "), "bad");
    return false;
  }

  async people(schedule, ids) {
    const { zone } = this.calendar.week;
    const { results } = await api.get(this.path(schedule, `/affected?appointments=${ids.slice(0, 100).join(",")}`));
    return results.map((one) => ({
      ...one, clock: clock(one.starts_at, zone), dayText: dayText(one.starts_at, zone), day: onTheWall(one.starts_at, zone).day,
      phoneText: one.phone.replace(/^\+84(\d{2})(\d{3})(\d{4})$/, "0$1 $2 $3"),
    }));
  }

  ruleWords(rule) {
    const day = this.calendar.week.days.find((one) => weekday(one.day) === rule.weekday);
    const hours = `${rule.from_time}–${rule.to_time === "00:00" ? "24:00" : rule.to_time}`;
    const name = dayName(day.day, this.calendar.language).split(",")[0];
    return [`${name}, ${hours}`, rule.valid_from && this.words("since", { day: rule.valid_from }), rule.valid_to && this.words("until", { day: rule.valid_to })].filter(Boolean).join(", ");
  }

  moments(wish) {
    const { zone } = this.calendar.week;
    return { starts_at: instant(wish.day, wish.from, zone), ends_at: instant(wish.day, wish.to, zone) };
  }

  /** What would be odd but is not forbidden: a holiday, a room somebody else is in. */
  warnings(wish) {
    const { week, language } = this.calendar;
    const found = [];
    const day = week.days.find((one) => one.day === wish.day);
    if (day?.holiday) found.push(this.words("on_holiday", { name: day.holiday, day: dayName(day.day, language) }));
    const room = wish.item.room || week.schedules.find((one) => one.id === wish.item.schedule)?.room;
    for (const one of week.bands) {
      const others = one.kind === "other" || (week.room && one.kind === "rule" && one.schedule !== wish.item.schedule);
      if (!room || !others || one.room !== room || one.day !== wish.day) continue;
      const [from, to] = [Math.max(minutes(one.starts), wish.from), Math.min(minutes(one.ends), wish.to)];
      if (from < to) found.push(this.words("clash", { room, who: one.who, hours: span(from, to) }));
    }
    return found;
  }
}
