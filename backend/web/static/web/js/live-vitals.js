// <live-vitals>: what was measured in a visit, looked up anew whenever the bell says so; with buttons where one may correct.
import { api } from "./api.js";
import { onNews } from "./news.js";
import { toast } from "./toast.js";

class LiveVitals extends HTMLElement {
  connectedCallback() {
    this.words = JSON.parse(document.getElementById(this.getAttribute("words")).textContent);
    this.address = `/api/v1/encounters/${this.dataset.encounter}/vitals`;
    this.known = null; // ids seen, so that only what is new is announced
    this.stop = onNews((kind) => { if (kind === "vitals.changed" || kind === "resync") this.look(); });
    this.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (button) this[`do_${button.dataset.act}`](button.closest("li"), button);
    });
    document.addEventListener("vitals-entered", (this.entered = (event) => this.show(event.detail)));
    this.look();
  }

  disconnectedCallback() {
    this.stop?.();
    document.removeEventListener("vitals-entered", this.entered);
  }

  at(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  async look() {
    const asked = (this.asked = (this.asked ?? 0) + 1);
    try {
      const { results } = await api.get(this.address);
      if (asked === this.asked) this.show(results); // an older answer that comes later is not shown
    } catch {
      // The banner of the shell says that the line is gone; the bell rings again when it is back.
    }
  }

  show(values) {
    this.values = new Map(values.map((one) => [one.id, one]));
    const before = this.known;
    this.at("none").hidden = values.length > 0;
    this.at("rows").replaceChildren(...values.map((one) => this.row(one, before)));
    const fresh = before && values.filter((one) => !before.has(one.id) && one.status === "final");
    if (fresh?.length) {
      this.at("news").textContent = fresh.map((one) => this.say("news", { name: one.name, value: `${one.shown} ${one.shown_unit}` })).join(". ");
    }
    this.known = new Set(values.map((one) => one.id));
    const standing = values.filter((one) => one.status === "final");
    this.dispatchEvent(new CustomEvent("vitals-shown", { bubbles: true, detail: standing }));
  }

  row(one, before) {
    const row = this.at("row").content.firstElementChild.cloneNode(true);
    const put = (name, text) => { for (const place of row.querySelectorAll(`[data-is=${name}]`)) place.textContent = text; };
    row.dataset.id = one.id;
    const wrong = one.status !== "final";
    row.classList.toggle("is-wrong", wrong);
    row.classList.toggle("is-new", Boolean(before && !before.has(one.id)));
    put("name", one.name);
    put("value", one.shown);
    put("unit", one.shown_unit);
    put("of", `: ${one.name} ${one.shown}`);
    const clock = new Date(one.entered_at).toLocaleTimeString(document.documentElement.lang || "vi", { hour: "2-digit", minute: "2-digit", hour12: false });
    put("by", this.say("by", { clock, name: one.performer }));
    const note = row.querySelector("[data-is=note]");
    note.hidden = !(wrong || one.corrects);
    note.textContent = wrong ? this.words.struck : this.words.corrected;
    const acts = row.querySelector("[data-is=acts]");
    if (acts && !one.may_change) acts.remove();
    return row;
  }

  say(key, values) {
    return Object.entries(values).reduce((text, [name, value]) => text.replace(`%(${name})s`, value), this.words[key]);
  }

  do_correct(row) {
    document.dispatchEvent(new CustomEvent("vital-to-correct", { detail: this.values.get(row.dataset.id) }));
  }

  async do_take_back(row, button) {
    button.setAttribute("aria-busy", "true");
    try {
      await api.delete(`${this.address}/${row.dataset.id}`);
      toast(this.words.taken_back, "good");
      await this.look();
    } catch (problem) {
      toast(problem.detail || problem.message, "bad");
      button.removeAttribute("aria-busy");
    }
  }
}

customElements.define("live-vitals", LiveVitals);
