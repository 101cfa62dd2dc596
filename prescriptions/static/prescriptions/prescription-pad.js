// <prescription-pad encounter="…">: search, doses with computed totals, the safety check as one types, signature.
// Everything is saved as a draft through the public API; a reload brings it back.
import { api, newKey } from "../web/js/api.js";
import { toast } from "../web/js/toast.js";
import { combobox } from "./combobox.js";

const SAVE_AFTER = 600;
const NUMBERS = ["dose_quantity", "doses_a_day", "days", "total"];
const FIRST_DOSE = { tablet: 1, capsule: 1, sachet: 1, ml: 5, drop: 2, puff: 2, application: 1, iu: 10 };
const LOOKS = { block: "notice--bad", warn: "notice--warn", inform: "notice--info" };
const STATUS_LOOKS = { signed: "badge--good", accepted: "badge--info", cancelled: "badge--bad", expired: "badge--warn" };

// As a prescription writes it: the generic name, the brand in brackets, the strength.
const titleOf = (drug) => [drug.name, drug.brand && `(${drug.brand})`, drug.strength].filter(Boolean).join(" ");

class PrescriptionPad extends HTMLElement {
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
    this.showLines();
  }

  option(drug) {
    const shown = document.createElement("span");
    const name = document.createElement("strong");
    name.textContent = titleOf(drug);
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

  computed({ drug, values }) {
    if (!drug.pack_size) return null;
    const taken = Number(values.dose_quantity) * Number(values.doses_a_day) * Number(values.days);
    return Number.isFinite(taken) && taken > 0 ? Math.ceil(Math.round((taken / drug.pack_size) * 1e6) / 1e6) : null;
  }

  showLines() {
    this.part("lines").replaceChildren(...this.lines.map((line) => {
      const shown = this.copy("line");
      const words = { name: titleOf(line.drug), form: line.drug.form_words, dose_unit: line.drug.dose_unit_words, unit: line.drug.unit_words };
      for (const [name, text] of Object.entries(words)) for (const place of shown.querySelectorAll(`[data-is="${name}"]`)) place.textContent = text;
      const control = shown.querySelector('[data-is="control"]');
      control.hidden = line.drug.control === "ordinary";
      control.textContent = line.drug.control_words;
      for (const input of shown.querySelectorAll("input")) input.value = line.values[input.name];
      return shown;
    }));
    this.part("empty").hidden = this.lines.length > 0;
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
  }

  later() {
    this.unsaved = true;
    this.part("saved").textContent = this.word("unsaved");
    this.offerSigning();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), SAVE_AFTER);
  }

  wish() {
    const items = this.lines.map(({ drug, values }) => ({
      drug: drug.code,
      dose_quantity: values.dose_quantity.replace(",", "."),
      ...Object.fromEntries(NUMBERS.slice(1).map((name) => [name, Number(values[name])])),
      instruction: values.instruction,
    }));
    return { items, advice: this.querySelector("#pad-advice").value };
  }

  valid() {
    return [...this.part("lines").querySelectorAll("input")].every((input) => input.checkValidity());
  }

  save() {
    clearTimeout(this.timer);
    // One after the other: two answers that overtake each other would leave the older text.
    this.saving = this.saving.then(() => this.saveNow());
    return this.saving;
  }

  async saveNow() {
    if (!this.unsaved || !this.valid()) return;
    this.unsaved = false;
    this.part("saved").textContent = this.word("saving");
    try {
      if (!this.draft) this.draft = await api.post("/api/v1/prescriptions", { encounter: this.getAttribute("encounter") }, { idempotencyKey: newKey() });
      await api.patch(`/api/v1/prescriptions/${this.draft.id}`, this.wish());
      this.complain("");
      this.lineErrors({});
      if (!this.unsaved) this.part("saved").textContent = this.word("saved");
      await this.check();
    } catch (problem) {
      this.unsaved = true;
      this.part("saved").textContent = this.word("unsaved");
      this.lineErrors(problem.errors || {});
      this.complain(problem.detail || problem.message);
    }
    this.offerSigning();
  }

  lineErrors(errors) {
    for (const [number, shown] of [...this.part("lines").children].entries()) {
      const told = Object.entries(errors).filter(([name]) => name.startsWith(`items.${number}.`));
      const place = shown.querySelector('[data-is="error"]');
      place.textContent = told.flatMap(([, words]) => words).join(" ");
      place.hidden = told.length === 0;
      for (const input of shown.querySelectorAll("input")) input.toggleAttribute("aria-invalid", told.some(([name]) => name.endsWith(`.${input.name}`)));
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
        this.lines.splice([...this.part("lines").children].indexOf(button.closest(".pad-line")), 1);
        this.showLines();
        this.later();
        this.querySelector("#pad-search").focus();
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

  async ask() {
    const wrong = [...this.part("lines").querySelectorAll("input")].find((input) => !input.reportValidity());
    if (wrong) return;
    await this.save();
    if (this.unsaved) return;
    if (this.missing()) {
      this.complain(this.word("reason"));
      [...this.querySelectorAll('.pad-override:not([hidden]) select')].find((select) => !select.value)?.focus();
      return;
    }
    this.complain("");
    this.part("summary").replaceChildren(...this.lines.map(({ drug, values }) => this.summary(titleOf(drug), `${values.total} ${drug.unit_words}`)));
    this.part("confirm").showModal();
  }

  summary(name, rest) {
    const line = document.createElement("li");
    const strong = document.createElement("strong");
    strong.textContent = name;
    line.append(strong, ` · ${rest}`);
    return line;
  }

  async sign(button) {
    button.disabled = true;
    const overrides = this.findings.filter((finding) => finding.grade === "block").map((finding) => ({ finding: finding.key, note: "", ...this.overrides.get(finding.key) }));
    try {
      await api.post(`/api/v1/prescriptions/${this.draft.id}/sign`, { overrides }, { idempotencyKey: newKey() });
      this.part("confirm").close();
      toast(this.word("signed"), "good");
      this.draft = null;
      this.overrides.clear();
      this.findings = [];
      this.part("findings").replaceChildren();
      this.part("findings").dataset.keys = "";
      this.part("saved").textContent = "";
      await this.load();
      // The list of drugs has gone, and the page with it: bring what was signed before the doctor's eyes.
      this.scrollIntoView({ block: "start" });
      this.dispatchEvent(new CustomEvent("prescription-signed", { bubbles: true }));
    } catch (problem) {
      this.part("confirm").close();
      this.complain(problem.detail || problem.message);
      if (problem.code === "override_needed") await this.check();
    } finally {
      button.disabled = false;
    }
  }

  async withdraw(button) {
    button.disabled = true;
    try {
      await api.post(`/api/v1/prescriptions/${this.part("withdraw").dataset.id}/cancel`, { reason: this.querySelector("#pad-why").value }, { idempotencyKey: newKey() });
      toast(this.word("cancelled"), "good");
      await this.load();
    } catch (problem) {
      toast(problem.detail || problem.message, "bad");
    } finally {
      this.part("withdraw").close();
      button.disabled = false;
    }
  }

  showSigned(results) {
    this.part("signed").replaceChildren(...results.map((one) => {
      const shown = this.copy("signed");
      const open = ["signed", "accepted"].includes(one.status) && !one.cancel_asked_at;
      shown.querySelector('[data-is="code"]').textContent = one.code;
      shown.querySelector('[data-is="paper"]').href = `/api/v1/prescriptions/${one.id}/document.pdf`;
      const badge = shown.querySelector('[data-is="status"]');
      badge.textContent = one.status_words;
      shown.querySelector('[data-is="standing"]').textContent = one.standing;
      if (STATUS_LOOKS[one.status]) badge.classList.add(STATUS_LOOKS[one.status]);
      shown.querySelector('[data-is="items"]').replaceChildren(...one.items.map((item) => this.summary(titleOf(item.drug), `${item.dose_words} · ${item.amount_words}`)));
      const cancel = shown.querySelector('[data-act="ask-withdraw"]');
      cancel.dataset.id = one.id;
      cancel.hidden = !open;
      return shown;
    }));
  }
}

customElements.define("prescription-pad", PrescriptionPad);
