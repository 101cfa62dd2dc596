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
    addEventListener("beforeunload", (event) => { if (this.changed().length) event.preventDefault(); });
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
      await api.post(`/api/v1/people/${page.person}/record/observations`, { encounter: page.encounter, values }, { idempotencyKey: this.key });
      for (const input of changed) input.dataset.saved = input.value.trim();
      toast(JSON.parse(document.getElementById("note-words").textContent).measured, "good");
    } catch (problem) {
      toast(problem.detail || problem.message, "bad");
    }
    this.button.removeAttribute("aria-busy");
    this.look();
  }
});
