// <visit-vitals>: measurements of this visit; all that were typed are sent together, each within sane bounds.
import { api, newKey } from "../js/api.js";
import { toast } from "../js/toast.js";

const numberOf = (text) => Number(text.trim().replace(",", "."));

customElements.define("visit-vitals", class extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("[data-part=vitals-save]");
    if (!this.button) return;
    this.inputs = [...this.querySelectorAll("input[data-code]")];
    this.addEventListener("input", (event) => { event.stopPropagation(); this.look(); });
    this.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); this.save(); }
    });
    this.button.addEventListener("click", () => this.save());
    // What the nurse has just measured stands in the fields too, unless the doctor is writing there.
    document.addEventListener("vitals-shown", (event) => this.take(event.detail));
    addEventListener("beforeunload", (event) => { if (this.changed().length) event.preventDefault(); });
  }

  take(values) {
    const newest = new Map([...values].reverse().map((one) => [one.code, one.shown]));
    for (const input of this.inputs) {
      const known = input.dataset.saved;
      if (input.value.trim() !== known || document.activeElement === input) continue;
      input.value = input.dataset.saved = newest.get(input.dataset.code) ?? ""; // taken back: nothing stands
    }
    this.look();
  }

  changed() {
    return this.inputs.filter((input) => input.value.trim() && input.value.trim() !== input.dataset.saved);
  }

  look() {
    const changed = this.changed();
    let wrong = false;
    for (const input of this.inputs) {
      const value = numberOf(input.value);
      const bad = changed.includes(input) && !(value >= Number(input.dataset.low) && value <= Number(input.dataset.high));
      bad ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
      wrong ||= bad;
    }
    this.key = newKey(); // other values, another request
    this.querySelector("[data-part=vitals-error]").hidden = !wrong;
    this.button.disabled = wrong || !changed.length;
  }

  async save() {
    this.look();
    if (this.button.disabled) return;
    const page = this.closest("[data-encounter]").dataset;
    const changed = this.changed();
    this.button.setAttribute("aria-busy", "true");
    try {
      const values = changed.map((input) => ({ code: input.dataset.code, value: numberOf(input.value).toFixed(2) }));
      const { results } = await api.post(`/api/v1/encounters/${page.encounter}/vitals`, { values }, { idempotencyKey: this.key });
      for (const input of changed) input.dataset.saved = input.value.trim();
      document.dispatchEvent(new CustomEvent("vitals-entered", { detail: results }));
      toast(JSON.parse(document.getElementById("note-words").textContent).measured, "good");
    } catch (problem) {
      toast(problem.detail || problem.message, "bad");
    }
    this.button.removeAttribute("aria-busy");
    this.look();
  }
});
