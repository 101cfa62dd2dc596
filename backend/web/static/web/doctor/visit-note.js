// <visit-note>: whatever is typed is kept on this device at once and saved to the record a moment later.
// Every save names the version it was written from; when somebody else saved meanwhile, the doctor chooses.
import { api, ApiProblem } from "../js/api.js";
import { clock } from "../js/dates.js";
import { toast } from "../js/toast.js";
import { Diagnoses } from "./visit-diagnoses.js";

const SAVE_AFTER = 1500;
const AT_LATEST = 6000;
const TRY_AGAIN = [2000, 5000, 10_000, 20_000];

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

class VisitNote extends HTMLElement {
  connectedCallback() {
    if (this.server) return;
    const note = read("note");
    this.words = read("note-words");
    this.path = `/api/v1/encounters/${note.encounter}`;
    this.memory = `note:${note.encounter}`;
    this.labels = { ...note.labels, diagnoses: this.words.diagnoses };
    this.version = note.version;
    this.server = { ...note.parts, diagnoses: note.diagnoses };
    this.names = Object.keys(note.parts);
    this.form = this.querySelector("[data-part=form]");
    this.state = document.getElementById("note-state");
    this.failures = 0;
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.diagnoses = new Diagnoses(this, {
      rows: note.diagnoses, language: note.language, words: this.words, onchange: () => this.changed(),
    });
    for (const name of this.names) this.grow(this.form.elements[name]);
    if (!note.open) {
      localStorage.removeItem(this.memory);
      return;
    }
    this.form.addEventListener("input", (event) => {
      if (!(event.target.name in note.parts)) return;
      this.grow(event.target);
      this.changed();
    });
    this.querySelector("[data-part=conflict]").addEventListener("click", (event) => {
      const choice = event.target.closest("[data-keep]")?.dataset.keep;
      if (choice) this.settle(choice);
    });
    // Escape would leave the question open; the words stay on this device and it is asked again with the next save.
    addEventListener("online", () => this.changed());
    addEventListener("pagehide", () => this.lastTry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.isDirty() && this.save());
    this.restore();
  }

  /** A field as tall as its text. */
  grow(area) {
    area.rows = Math.max(Number((area.dataset.rows ??= area.rows)), area.value.split("\n").length + 1);
  }

  current() {
    const parts = Object.fromEntries(this.names.map((name) => [name, this.form.elements[name].value]));
    return { ...parts, diagnoses: this.diagnoses.rows };
  }

  changes() {
    const now = this.current();
    return Object.fromEntries(Object.entries(now).filter(([name, value]) => !same(value, this.server[name])));
  }

  isDirty() {
    return Object.keys(this.changes()).length > 0;
  }

  say(key, values = {}) {
    const text = Object.entries(values).reduce((words, [name, value]) => words.replace(`%(${name})s`, value), this.words[key] ?? "");
    if (this.state.textContent !== text) this.state.textContent = text;
    this.state.dataset.look = key;
  }

  complain(key, why = "") {
    const place = this.querySelector("[data-part=trouble]");
    place.hidden = !key;
    this.querySelector("[data-part=trouble-words]").textContent = key ? this.words[key].replace("%(why)s", why) : "";
  }

  // ---- on this device

  keep() {
    const changes = this.changes();
    if (!Object.keys(changes).length) {
      localStorage.removeItem(this.memory);
      return;
    }
    try {
      localStorage.setItem(this.memory, JSON.stringify({ version: this.version, changes }));
    } catch {
      // No room or not allowed: saving to the record still happens, only the reload is not covered.
    }
  }

  restore() {
    let draft = null;
    try {
      draft = JSON.parse(localStorage.getItem(this.memory));
    } catch {
      localStorage.removeItem(this.memory);
    }
    if (!draft?.changes) return;
    this.put(draft.changes);
    if (!this.isDirty()) {
      localStorage.removeItem(this.memory); // it had reached the record after all
      return;
    }
    toast(this.words.restored);
    // Written from an older version: the server refuses it, and the doctor is asked.
    this.version = draft.version;
    this.save();
  }

  put(values) {
    for (const [name, value] of Object.entries(values)) {
      if (name === "diagnoses") this.diagnoses.fill(value);
      else if (this.names.includes(name)) {
        this.form.elements[name].value = value;
        this.grow(this.form.elements[name]);
      }
    }
  }

  // ---- to the record

  changed() {
    this.keep();
    if (!this.isDirty()) return;
    if (!this.saving) this.say("dirty");
    this.firstChange ??= Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), Math.min(SAVE_AFTER, Math.max(0, this.firstChange + AT_LATEST - Date.now())));
  }

  /** Save what has changed; resolves when the record has it. One request at a time. */
  async save() {
    clearTimeout(this.timer);
    while (this.saving) await this.saving;
    if (!this.isDirty() || this.asking) return;
    this.saving = this.send().finally(() => { this.saving = null; });
    await this.saving;
  }

  async send() {
    const sent = this.changes();
    this.firstChange = null;
    this.say("saving");
    try {
      this.take(await api.patch(this.path, { version: this.version, ...sent }), sent);
    } catch (problem) {
      await this.notSaved(problem);
    }
  }

  take(answer, sent) {
    this.version = answer.version;
    this.server = { ...this.server, ...sent };
    this.failures = 0;
    this.complain("");
    this.keep();
    this.say("saved", { clock: clock(new Date()) });
    if (this.isDirty()) this.changed(); // typed while it was on its way
  }

  async notSaved(problem) {
    if (!(problem instanceof ApiProblem)) throw problem;
    if (problem.code === "stale_note") return this.ask();
    if (problem.status === 0 || problem.status >= 500 || problem.status === 429) {
      this.say("offline");
      this.timer = setTimeout(() => this.save(), TRY_AGAIN[Math.min(this.failures++, TRY_AGAIN.length - 1)]);
      return;
    }
    this.say("dirty");
    const why = Object.values(problem.errors).flat()[0] || problem.detail;
    this.complain("refused", why);
  }

  /** The tab is going: one request that outlives the page. The draft stays until it is known to have arrived. */
  lastTry() {
    if (!this.isDirty() || this.saving || this.asking) return;
    fetch(this.path, {
      method: "PATCH",
      keepalive: true,
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": document.querySelector("meta[name=csrf-token]")?.content ?? "" },
      body: JSON.stringify({ version: this.version, ...this.changes() }),
    }).catch(() => {});
  }

  // ---- when two wrote at once

  async ask() {
    this.say("dirty");
    let newest;
    try {
      newest = await api.get(this.path);
    } catch (problem) {
      return this.notSaved(problem);
    }
    this.newest = { version: newest.version, values: Object.fromEntries(this.names.map((name) => [name, newest[name]])) };
    this.newest.values.diagnoses = newest.diagnoses.map(({ code, name }) => ({ code, name }));
    const mine = this.changes();
    const apart = Object.keys(mine).filter((name) => !same(mine[name], this.newest.values[name]));
    const theirs = this.names.concat("diagnoses").filter((name) => !same(this.newest.values[name], this.server[name]));
    if (!apart.some((name) => theirs.includes(name))) return this.settle("mine"); // different fields: both stand
    this.asking = true;
    this.querySelector("[data-part=differences]").replaceChildren(...apart.map((name) => this.difference(name, mine[name])));
    this.querySelector("[data-part=conflict]").showModal();
  }

  difference(name, mine) {
    const text = (value) => (Array.isArray(value) ? value.map((one) => `${one.code} ${one.name}`).join("\n") : value) || this.words.empty;
    const box = document.createElement("section");
    const title = document.createElement("h3");
    title.textContent = this.labels[name];
    box.append(title);
    for (const [label, value] of [[this.words.conflict_mine, mine], [this.words.conflict_one, this.newest.values[name]]]) {
      const side = document.createElement("div");
      const head = document.createElement("p");
      head.className = "meta";
      head.textContent = label;
      const body = document.createElement("p");
      body.className = "conflict__text";
      body.textContent = text(value);
      side.append(head, body);
      box.append(side);
    }
    return box;
  }

  /** Go on from the newest version, with the doctor's own changes on top or without them. */
  settle(choice) {
    const mine = this.changes();
    this.asking = false;
    this.querySelector("[data-part=conflict]").close();
    this.version = this.newest.version;
    this.server = this.newest.values;
    this.put(choice === "mine" ? { ...this.newest.values, ...mine } : this.newest.values);
    this.keep();
    if (this.isDirty()) setTimeout(() => this.save());
    else this.say("saved", { clock: clock(new Date()) });
  }
}

customElements.define("visit-note", VisitNote);

/** Save now, for a button that needs the record to be up to date. */
export const saveNote = async () => document.querySelector("visit-note")?.save();
