// The questions of the calendar. Each dialog stands in the page; here it is filled, opened, and its answer waited for.
import { addDays, clockText, dayName, DAY, minutes, span } from "./time.js";

const pad = (minute) => clockText(minute === DAY ? 0 : minute);

export class Dialogs {
  constructor(calendar) {
    this.calendar = calendar;
  }

  get words() { return this.calendar.words; }

  part(name) { return this.calendar.querySelector(`dialog[data-dialog="${name}"]`); }

  /** Open it; the answer is the value of the button that was pressed, "" when it was closed otherwise. */
  ask(name) {
    const dialog = this.part(name);
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((tell) => {
      dialog.addEventListener("close", () => tell(dialog.returnValue), { once: true });
    });
  }

  write(name, slot, text) { this.part(name).querySelector(`[data-slot="${slot}"]`).textContent = text; }

  list(name, slot, lines) {
    const place = this.part(name).querySelector(`[data-slot="${slot}"]`);
    place.hidden = !lines.length;
    place.replaceChildren(...lines.map((line) => {
      const item = document.createElement("li");
      item.append(...(Array.isArray(line) ? line : [line]));
      return item;
    }));
  }

  say(wish) { return `${dayName(wish.day, this.calendar.language)}, ${span(wish.from, wish.to)}`; }

  /** "once", "weekly" or "": is it for this day, or for every week from here on? */
  scope(wish, warnings) {
    const since = wish.day < wish.item.day ? wish.day : wish.item.day;
    const from = since < this.calendar.today ? this.calendar.today : since;
    this.write("scope", "was", this.say(wish.item));
    this.write("scope", "new", this.say(wish));
    this.write("scope", "once", dayName(wish.item.day, this.calendar.language));
    this.write("scope", "weekly", this.words("from_day", { day: dayName(from, this.calendar.language) }));
    this.list("scope", "warnings", warnings);
    return this.ask("scope");
  }

  /** "yes" or "" to a plain question. */
  sure(question, { lines = [], yes, danger = false } = {}) {
    this.write("sure", "question", question);
    this.list("sure", "lines", lines);
    const button = this.part("sure").querySelector("button[value=yes]");
    button.textContent = yes;
    button.className = danger ? "button button--danger" : "button button--primary";
    return this.ask("sure");
  }

  /** "keep" or "": these people have agreed on times the change would leave outside the hours. */
  affected(people, { item, day }) {
    this.write("conflict", "title", this.words("affected_title", { count: people.length }));
    this.write("conflict", "text", this.words("affected_text"));
    this.list("conflict", "list", people.map((one) => {
      const when = document.createElement("strong");
      when.textContent = `${one.clock} · ${one.dayText}`;
      const who = document.createElement("span");
      who.textContent = [one.person, one.phoneText].filter(Boolean).join(" · ");
      const what = document.createElement("span");
      what.className = "meta";
      what.textContent = one.visit_type;
      return [when, who, what];
    }));
    const dialog = this.part("conflict");
    const days = people.map((one) => one.day).sort();
    const leave = dialog.querySelector("[data-leave]");
    leave.hidden = false;
    leave.href = this.calendar.leaveLink(item.schedule, days[0] ?? day, days[days.length - 1] ?? day);
    dialog.querySelector("button[value=keep]").hidden = false;
    return this.ask("conflict");
  }

  /** Two weekly hours would lie over one another: say which. */
  overlap(lines) {
    this.write("conflict", "title", this.words("overlap_title"));
    this.write("conflict", "text", this.words("overlap_text"));
    this.list("conflict", "list", lines);
    const dialog = this.part("conflict");
    dialog.querySelector("[data-leave]").hidden = true;
    dialog.querySelector("button[value=keep]").hidden = true;
    return this.ask("conflict");
  }

  /** The form for hours, new or known: its values, or null. `item` is null for new ones. */
  async hours({ item, day, from, to, schedule, rule }) {
    const form = this.part("hours").querySelector("form");
    const kind = item?.kind ?? "rule";
    form.reset();
    this.write("hours", "title", this.words(item ? `edit_${kind}` : "new_hours"));
    const days = form.elements.day;
    days.replaceChildren(...this.calendar.week.days.map((one) => new Option(dayName(one.day, this.calendar.language), one.day)));
    days.value = day;
    form.elements.from_time.value = pad(from);
    form.elements.to_time.value = pad(to);
    form.elements.schedule.replaceChildren(...this.calendar.week.schedules.map((one) => new Option(one.practitioner.name, one.id)));
    form.elements.schedule.value = schedule;
    form.elements.reason.value = item?.reason ?? "";
    const grid = String(rule?.grid_minutes ?? item?.grid_minutes ?? 20);
    if (![...form.elements.grid_minutes.options].some((one) => one.value === grid)) form.elements.grid_minutes.add(new Option(this.words("grid", { minutes: grid }), grid));
    form.elements.grid_minutes.value = grid;
    form.elements.valid_to.value = rule?.valid_to ?? "";
    for (const box of form.querySelectorAll("[name=visit_types]")) box.checked = rule?.visit_types.includes(box.value) ?? false;
    form.elements.kind.value = kind;
    // What stands in the form depends on what is being said: data-when names all that must hold.
    const show = () => {
      const chosen = form.elements.kind.value;
      const weekly = chosen === "rule" && (!item || form.elements.scope.value === "weekly");
      const facts = new Set([item ? "known" : "new", chosen === "rule" ? "rule" : "exception"]);
      if (weekly) facts.add("weekly");
      if (weekly || chosen === "extra" || chosen === "instead") facts.add("open");
      if (this.calendar.week.schedules.length > 1) facts.add("several");
      for (const one of form.querySelectorAll("[data-when]")) one.hidden = !one.dataset.when.split(" ").every((fact) => facts.has(fact));
    };
    form.onchange = show;
    show();
    const answer = await this.ask("hours");
    if (!answer) return null;
    const value = (name) => form.elements[name].value;
    return {
      answer, kind: value("kind"), scope: value("scope"), day: value("day"), schedule: value("schedule"),
      from: minutes(value("from_time")), to: minutes(value("to_time")) || DAY,
      grid_minutes: Number(value("grid_minutes")), valid_to: value("valid_to") || null, reason: value("reason"),
      visit_types: [...form.querySelectorAll("[name=visit_types]:checked")].map((one) => one.value),
    };
  }

  /** What to give to several weekly hours at once: values, "remove", or null. */
  async bulk(count) {
    const form = this.part("bulk").querySelector("form");
    form.reset();
    this.write("bulk", "title", this.words("selected", { count }));
    const answer = await this.ask("bulk");
    if (!answer) return null;
    if (answer === "remove") return "remove";
    const found = {};
    for (const name of ["from_time", "to_time", "valid_from", "valid_to"]) if (form.elements[name].value) found[name] = form.elements[name].value;
    if (form.elements.grid_minutes.value) found.grid_minutes = Number(form.elements.grid_minutes.value);
    const kinds = [...form.querySelectorAll("[name=visit_types]:checked")].map((one) => one.value);
    if (kinds.length) found.visit_types = kinds;
    return found;
  }

  /** What to copy and where, or null. */
  async copy() {
    const form = this.part("copy").querySelector("form");
    form.elements.to_monday.value = addDays(this.calendar.week.first_day, 7);
    const show = () => {
      for (const one of form.querySelectorAll("[data-only]")) one.hidden = one.dataset.only !== form.elements.what.value;
    };
    form.onchange = show;
    show();
    if (!await this.ask("copy")) return null;
    const monday = form.elements.to_monday.value || this.calendar.week.first_day;
    return {
      what: form.elements.what.value, to_schedule: form.elements.to_schedule.value, replace: form.elements.replace.checked,
      to_monday: addDays(monday, -((new Date(`${monday}T00:00:00Z`).getUTCDay() + 6) % 7)),
    };
  }

  /** A time that people share: how many seats are left and who comes. The id of whoever was pressed, or "". */
  group(item) {
    const dialog = this.part("group");
    this.write("group", "what", item.visit_type);
    this.write("group", "when", this.say(item));
    this.write("group", "seats", this.calendar.grid.seats(item));
    dialog.querySelector("[data-full]").hidden = item.taken < item.capacity || item.capacity < 2;
    dialog.querySelector("[data-off]").hidden = !item.off_hours;
    dialog.querySelector("[data-day-list]").href = `${this.calendar.dayLink(item.day)}#a-${item.people[0].id}`;
    this.list("group", "people", item.people.map((one) => {
      const button = document.createElement("button");
      button.className = "list__item cal-person";
      button.value = one.id;
      const who = document.createElement("strong");
      who.textContent = one.person;
      const status = document.createElement("span");
      status.className = "meta";
      status.textContent = this.words(`status_${one.status}`);
      button.append(who, status);
      return [button];
    }));
    return this.ask("group");
  }

  /** One visit: who, when, what the desk may do. "move" with a time, or "". */
  async visit(item) {
    const dialog = this.part("visit");
    this.write("visit", "who", item.person);
    this.write("visit", "when", this.say(item));
    this.write("visit", "what", item.visit_type);
    this.write("visit", "status", this.words(`status_${item.status}`));
    dialog.querySelector("[data-off]").hidden = !item.off_hours;
    dialog.querySelector("[data-day-list]").href = `${this.calendar.dayLink(item.day)}#a-${item.id}`;
    const move = dialog.querySelector("[data-move]");
    move.hidden = !item.canMove;
    const form = dialog.querySelector("form");
    const days = form.elements.day;
    days.replaceChildren(...this.calendar.week.days.filter((one) => one.starts.length).map((one) => new Option(dayName(one.day, this.calendar.language), one.day)));
    const times = () => {
      const found = this.calendar.week.days.find((one) => one.day === days.value)?.starts ?? [];
      form.elements.time.replaceChildren(...found.map((one) => new Option(one, one)));
    };
    if ([...days.options].some((one) => one.value === item.day)) days.value = item.day;
    days.onchange = times;
    times();
    if (!days.options.length) move.hidden = true;
    if (await this.ask("visit") !== "move" || !form.elements.time.value) return null;
    const from = minutes(form.elements.time.value);
    return { item, day: days.value, from, to: from + (item.to - item.from) };
  }
}
