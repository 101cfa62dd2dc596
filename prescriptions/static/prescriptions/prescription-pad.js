// <prescription-pad encounter="…">: search, doses with computed totals, the safety check as one types, signature.
// Everything is saved as a draft through the public API; a reload brings it back.
import { api, newKey } from "../web/js/api.js";
import { toast } from "../web/js/toast.js";
import { combobox } from "./combobox.js";
import { doseOf, totalOf } from "./dose.js";
import { facts, kindOf, mark } from "./pad-facts.js";
import { own } from "./pad-own.js";
import { signing } from "./pad-signing.js";

const SAVE_AFTER = 600;
const UNDO_FOR = 12000;
const NUMBERS = ["dose_quantity", "doses_a_day", "days", "total"];
const FIRST_DOSE = { tablet: 1, capsule: 1, sachet: 1, ml: 5, drop: 2, puff: 2, application: 1, iu: 10 };
const LOOKS = { block: "notice--bad", warn: "notice--warn", inform: "notice--info" };

class PrescriptionPad extends signing(HTMLElement) {
  draft = null;
  lines = []; // [{drug, values, ownTotal}]
  findings = [];
  overrides = new Map(); // finding key → {reason, note}
  timer = null;
  saving = Promise.resolve();
  unsaved = false;

  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    combobox(this.querySelector("#pad-search"), this.querySelector("#pad-options"), {
      search: async (text) => (await api.get(`/api/v1/drugs?${new URLSearchParams({ q: text, limit: 12, ...this.limits() })}`)).results,
      render: (drug) => this.option(drug),
      choose: (drug) => this.add(drug),
      say: (count) => { this.part("found").textContent = count ? `${this.word("some")} ${count}` : this.word("none"); },
    });
    this.facts = facts(this, () => this.later());
    this.own = own(this);
    this.addEventListener("input", (event) => this.typed(event));
    this.addEventListener("change", (event) => this.typed(event));
    this.addEventListener("click", (event) => this.clicked(event));
    // What was typed in the last half second is not lost with the tab.
    addEventListener("pagehide", () => { if (this.unsaved) this.save(); });
    this.load();
  }

  // What cannot be prescribed in this visit is not offered; saving it would be refused as well.
  limits() { return { on: this.getAttribute("on"), remote: this.hasAttribute("remote") }; }
  part(name) { return this.querySelector(`[data-part="${name}"]`); }
  word(name) { return this.querySelector('[data-template="words"]').content.querySelector(`[data-word="${name}"]`).textContent; }
  copy(name) { return this.querySelector(`[data-template="${name}"]`).content.firstElementChild.cloneNode(true); }

  async load() {
    try {
      const { results } = await api.get(`/api/v1/prescriptions?${new URLSearchParams({ encounter: this.getAttribute("encounter") })}`);
      this.draft = results.find((one) => one.status === "draft") || null;
      this.showSigned(results.filter((one) => one.code));
      this.fill();
      this.own.load();
      const done = results.some((one) => one.code);
      this.part("draft").hidden = done && !this.draft;
      this.querySelector('[data-act="another"]').hidden = !(done && !this.draft);
      if (this.draft && this.lines.length) await this.check();
    } catch (problem) {
      this.part("draft").hidden = false;
      this.complain(problem.detail || problem.message);
    }
  }

  fill() {
    this.lines = (this.draft?.items || []).map((item) => {
      const values = { ...Object.fromEntries(NUMBERS.map((name) => [name, String(item[name])])), instruction: item.instruction };
      const line = { drug: item.drug, values };
      line.ownTotal = Number(values.total) !== this.computed(line);
      return line;
    });
    this.querySelector("#pad-advice").value = this.draft?.advice || "";
    this.facts.fill(this.draft?.particulars);
    this.showLines();
  }

  // Lines from a set, a favourite or an earlier prescription: added as they are, and checked like any other.
  addLines(lines, advice = "", gone = []) {
    const before = this.kept();
    for (const { drug, dose_quantity, doses_a_day, days, instruction } of lines) {
      const line = { drug, values: { dose_quantity, doses_a_day: String(doses_a_day), days: String(days), total: "1", instruction }, ownTotal: drug.pack_size === null };
      line.values.total = String(this.computed(line) || 1);
      this.lines.push(line);
    }
    const field = this.querySelector("#pad-advice");
    if (advice && !field.value.includes(advice)) field.value = [field.value, advice].filter(Boolean).join("\n");
    this.showLines();
    this.later();
    const said = [`${this.word("added")} ${lines.map((line) => this.titleOf(line.drug)).join(", ")}`];
    if (gone.length) said.push(`${this.word("gone")} ${gone.join(", ")}`);
    this.offerUndo(said.join(". "), () => this.bringBack(before));
  }

  addAdvice(text) {
    const field = this.querySelector("#pad-advice");
    if (!field.value.includes(text)) field.value = [field.value, text].filter(Boolean).join("\n");
    this.later();
    this.showKept();
  }

  kept() { return { lines: this.lines.map((line) => ({ ...line, values: { ...line.values } })), advice: this.querySelector("#pad-advice").value }; }
  bringBack({ lines, advice }) {
    this.lines = lines;
    this.querySelector("#pad-advice").value = advice;
    this.showLines();
    this.later();
  }

  // One step back, for as long as somebody notices a slip.
  offerUndo(text, act) {
    const place = this.part("undo");
    clearTimeout(this.undoTimer);
    this.undo = act;
    place.querySelector('[data-is="said"]').textContent = text;
    place.hidden = false;
    this.undoTimer = setTimeout(() => { place.hidden = true; }, UNDO_FOR);
  }

  // Which stars are filled, and what there is to keep.
  showKept() {
    for (const [number, shown] of [...this.part("lines").children].entries()) {
      shown.querySelector('[data-act="keep"]').setAttribute("aria-pressed", String(this.own.isFavourite(this.wishOf(this.lines[number]))));
    }
    const advice = this.querySelector("#pad-advice").value.trim();
    this.querySelector('[data-act="keep-set"]').hidden = this.lines.length < 2;
    this.querySelector('[data-act="keep-snippet"]').hidden = !advice || advice.length > 500 || this.own.hasSnippet(advice);
  }

  option(drug) {
    const shown = document.createElement("span");
    const name = document.createElement("strong");
    name.textContent = this.titleOf(drug);
    const more = document.createElement("span");
    more.className = "meta";
    const other = drug.name === drug.inn ? drug.name_vi : drug.inn;
    more.textContent = [drug.form_words, other.toLowerCase() === drug.name.toLowerCase() ? "" : other, drug.atc ? "" : this.word("no-atc"), drug.control === "ordinary" ? "" : drug.control_words].filter(Boolean).join(" · ");
    shown.append(name, document.createElement("br"), more);
    return shown;
  }

  add(drug) {
    const values = { dose_quantity: String(FIRST_DOSE[drug.dose_unit] || 1), doses_a_day: "2", days: "5", total: "1", instruction: "" };
    const line = { drug, values, ownTotal: drug.pack_size === null };
    values.total = String(this.computed(line) || 1);
    this.lines.push(line);
    this.showLines();
    this.part("lines").lastElementChild.querySelector("input").select();
    this.later();
  }

  computed({ drug, values }) { return totalOf(doseOf(values.dose_quantity), Number(values.doses_a_day), Number(values.days), drug.pack_size); }

  showLines() {
    this.part("lines").replaceChildren(...this.lines.map((line) => {
      const shown = this.copy("line");
      const words = { name: this.titleOf(line.drug), form: line.drug.form_words, dose_unit: line.drug.dose_unit_words, unit: line.drug.unit_words };
      for (const [name, text] of Object.entries(words)) for (const place of shown.querySelectorAll(`[data-is="${name}"]`)) place.textContent = text;
      const control = shown.querySelector('[data-is="control"]');
      control.hidden = line.drug.control === "ordinary";
      control.textContent = line.drug.control_words;
      for (const input of shown.querySelectorAll("input")) input.value = line.values[input.name];
      return shown;
    }));
    this.part("empty").hidden = this.lines.length > 0;
    const drugs = this.lines.map((line) => line.drug);
    this.facts.show(kindOf(drugs), drugs.length > 0 && drugs.every((drug) => drug.tradition));
    this.showKept();
    this.offerSigning();
  }

  typed(event) {
    const field = event.target;
    const override = field.closest("[data-finding]");
    if (override) {
      this.overrides.set(override.dataset.finding, { ...this.overrides.get(override.dataset.finding), [field.name]: field.value });
      return this.offerSigning();
    }
    const shown = field.closest(".pad-line");
    if (shown) {
      const line = this.lines[[...this.part("lines").children].indexOf(shown)];
      line.values[field.name] = field.value;
      if (field.name === "total") line.ownTotal = true;
      else if (!line.ownTotal && NUMBERS.includes(field.name)) {
        line.values.total = String(this.computed(line) || "");
        shown.querySelector('[name="total"]').value = line.values.total;
      } else if (line.ownTotal && NUMBERS.includes(field.name) && Number(line.values.total) > (this.computed(line) ?? Infinity)) {
        line.ownTotal = false; // less is being taken now than the total the doctor had set
        line.values.total = String(this.computed(line));
        shown.querySelector('[name="total"]').value = line.values.total;
      }
      this.later();
    } else if (field.id === "pad-advice") this.later();
    this.showKept();
  }

  later() {
    this.unsaved = true;
    this.part("saved").textContent = this.word("unsaved");
    this.offerSigning();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), SAVE_AFTER);
  }

  wish() {
    const items = this.lines.map((line) => ({ ...this.wishOf(line), total: Number(line.values.total) }));
    const particulars = this.facts.wish();
    return { items, advice: this.querySelector("#pad-advice").value, ...(Object.keys(particulars).length ? { particulars } : {}) };
  }

  wishOf({ drug, values }) {
    return { drug: drug.code, dose_quantity: String(doseOf(values.dose_quantity) ?? values.dose_quantity), doses_a_day: Number(values.doses_a_day), days: Number(values.days), instruction: values.instruction };
  }

  valid() {
    return this.facts.valid() && [...this.part("lines").querySelectorAll("input")].every((input) => input.checkValidity());
  }

  save() {
    clearTimeout(this.timer);
    // One after the other: two answers that overtake each other would leave the older text.
    this.saving = this.saving.then(() => this.saveNow());
    return this.saving;
  }

  // The draft, begun where there is none yet.
  async begin() {
    if (!this.draft) this.draft = await api.post("/api/v1/prescriptions", { encounter: this.getAttribute("encounter") }, { idempotencyKey: newKey() });
    return this.draft;
  }

  async saveNow() {
    if (!this.unsaved || !this.valid()) return;
    this.unsaved = false;
    this.part("saved").textContent = this.word("saving");
    try {
      await this.begin();
      const { particulars } = await api.patch(`/api/v1/prescriptions/${this.draft.id}`, this.wish());
      this.facts.refresh(particulars);
      this.complain("");
      this.tellErrors({});
      if (!this.unsaved) this.part("saved").textContent = this.word("saved");
      await this.check();
    } catch (problem) {
      this.unsaved = true;
      this.part("saved").textContent = this.word("unsaved");
      this.tellErrors(problem.errors || {});
      this.complain(this.told(problem));
    }
    this.offerSigning();
  }

  // A fact that is no field here (the date of birth) is said in the sentence itself.
  told(problem) {
    const elsewhere = Object.entries(problem.errors || {}).filter(([name]) => !/^(items|particulars|overrides)\b/.test(name)).flatMap(([, words]) => words);
    return [problem.detail || problem.message, ...elsewhere].join(" ");
  }

  tellErrors(errors) {
    this.facts.complain(errors);
    for (const [number, shown] of [...this.part("lines").children].entries()) {
      const told = Object.entries(errors).filter(([name]) => name.startsWith(`items.${number}.`));
      const place = shown.querySelector('[data-is="error"]');
      place.textContent = told.flatMap(([, words]) => words).join(" ");
      place.hidden = told.length === 0;
      for (const input of shown.querySelectorAll("input")) mark(input, told.some(([name]) => name.endsWith(`.${input.name}`)));
    }
  }

  complain(text) {
    this.part("problem").textContent = text;
    this.part("problem").hidden = !text;
  }

  async check() {
    const { findings } = await api.post(`/api/v1/prescriptions/${this.draft.id}/check`);
    this.findings = findings;
    const shown = findings.map((finding) => {
      const place = this.copy("finding");
      place.classList.add(LOOKS[finding.grade]);
      place.dataset.finding = finding.key;
      place.querySelector('[data-is="title"]').textContent = finding.title;
      place.querySelector('[data-is="grade"]').textContent = finding.grade_words;
      place.querySelector('[data-is="text"]').textContent = finding.text;
      place.querySelector('[data-is="source"]').textContent = finding.source_words;
      place.querySelector('[data-is="override"]').hidden = finding.grade !== "block";
      const kept = this.overrides.get(finding.key) || {};
      place.querySelector("select").value = kept.reason || "";
      place.querySelector("input").value = kept.note || "";
      return place;
    });
    if (!findings.length && this.lines.length) shown.push(this.copy("clear"));
    // The list is left alone while a reason is being chosen in it and nothing has changed.
    const before = this.part("findings").dataset.keys;
    const now = findings.map((finding) => finding.key + finding.text).join("|") + this.lines.length;
    if (before !== now) this.part("findings").replaceChildren(...shown);
    this.part("findings").dataset.keys = now;
    this.offerSigning();
  }

  missing() { return this.findings.some((finding) => finding.grade === "block" && !this.overrides.get(finding.key)?.reason); }

  offerSigning() {
    this.querySelector('[data-act="ask"]').disabled = !this.lines.length;
  }

  clicked(event) {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    const acts = {
      remove: () => {
        const before = this.kept();
        const [gone] = this.lines.splice(this.numberOf(button), 1);
        this.showLines();
        this.later();
        this.offerUndo(`${this.word("removed")} ${this.titleOf(gone.drug)}`, () => this.bringBack(before));
        this.querySelector("#pad-search").focus();
      },
      undo: () => {
        this.part("undo").hidden = true;
        this.undo?.();
        this.undo = null;
      },
      keep: () => this.tryTo(() => this.own.star(this.wishOf(this.lines[this.numberOf(button)]))),
      "keep-snippet": () => this.tryTo(() => this.own.keepSnippet(this.querySelector("#pad-advice").value.trim())),
      "keep-set": () => {
        this.querySelector("#pad-set-name").value = "";
        this.part("naming").querySelector(".error").hidden = true;
        this.part("naming").showModal();
      },
      "name-set": () => this.keepSet(),
      revisit: () => {
        const day = new Date(`${this.getAttribute("on")}T12:00:00Z`);
        day.setUTCDate(day.getUTCDate() + Number(button.dataset.days));
        this.facts.set("revisit_on", day.toISOString().slice(0, 10));
      },
      ask: () => this.ask(),
      sign: () => this.sign(button),
      another: () => {
        this.draft = null;
        this.fill();
        this.part("draft").hidden = false;
        button.hidden = true;
        this.querySelector("#pad-search").focus();
      },
      "ask-withdraw": () => {
        this.part("withdraw").dataset.id = button.dataset.id;
        this.part("withdraw").showModal();
      },
      withdraw: () => this.withdraw(button),
    };
    acts[button.dataset.act]?.();
  }

  numberOf(button) { return [...this.part("lines").children].indexOf(button.closest(".pad-line")); }

  async tryTo(act) {
    try {
      await act();
    } catch (problem) {
      toast(problem.detail || problem.message, "bad");
    }
  }

  async keepSet() {
    const name = this.querySelector("#pad-set-name").value.trim();
    if (!name) return this.querySelector("#pad-set-name").focus();
    const told = this.part("naming").querySelector(".error");
    try {
      await this.own.keepSet(name, this.lines.map((line) => this.wishOf(line)), this.querySelector("#pad-advice").value, this.querySelector("#pad-set-shared").checked);
      this.part("naming").close();
    } catch (problem) {
      told.textContent = problem.detail || problem.message;
      told.hidden = false;
    }
  }
}

customElements.define("prescription-pad", PrescriptionPad);
