// <station-vitals>: the nurse's fields. All that were typed go together; a correction goes alone and names what it corrects.
import { api, newKey } from "../js/api.js";

const numberOf = (text) => Number(text.trim().replace(",", "."));
const UPPER = "8480-6";
const LOWER = "8462-4";

customElements.define("station-vitals", class extends HTMLElement {
  connectedCallback() {
    this.words = JSON.parse(document.getElementById(this.getAttribute("words")).textContent);
    this.form = this.querySelector("form");
    this.inputs = [...this.querySelectorAll("input[data-code]")];
    this.corrects = null;
    this.form.addEventListener("input", () => { this.say("state", ""); this.look(); });
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    this.addEventListener("click", (event) => { if (event.target.closest("[data-act=as_before]")) this.correct(null); });
    document.addEventListener("vital-to-correct", (this.asked = (event) => this.correct(event.detail)));
    addEventListener("beforeunload", (event) => { if (this.filled().length) event.preventDefault(); });
    this.look();
  }

  disconnectedCallback() {
    document.removeEventListener("vital-to-correct", this.asked);
  }

  at(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  say(place, text) {
    if (this.at(place).textContent !== text) this.at(place).textContent = text;
  }

  filled() {
    return this.inputs.filter((input) => input.value.trim());
  }

  valueOf(code) {
    const input = this.inputs.find((one) => one.dataset.code === code);
    return input.value.trim() ? numberOf(input.value) : null;
  }

  look() {
    const filled = this.filled();
    const bad = filled.filter((input) => {
      const value = numberOf(input.value);
      return !(value >= Number(input.dataset.low) && value <= Number(input.dataset.high));
    });
    const [upper, lower] = [this.valueOf(UPPER), this.valueOf(LOWER)];
    // While the second number is being typed it is small: only what is complete is compared.
    const crossed = !bad.length && upper !== null && lower !== null && lower >= upper;
    for (const input of this.inputs) {
      const wrong = bad.includes(input) || (crossed && [UPPER, LOWER].includes(input.dataset.code));
      wrong ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
    }
    this.say("problem", bad.length ? this.words.wrong : crossed ? this.words.crossed : "");
    this.key = newKey(); // other values, another request
    this.at("save").disabled = !filled.length || bad.length > 0 || crossed;
  }

  correct(value) {
    this.corrects = value;
    for (const input of this.inputs) {
      input.value = "";
      input.disabled = Boolean(value) && input.dataset.code !== value.code;
    }
    this.at("correcting").hidden = !value;
    if (value) {
      this.say("correcting-words", this.words.correcting.replace("%(name)s", value.name).replace("%(value)s", `${value.shown} ${value.shown_unit}`));
      const input = this.inputs.find((one) => one.dataset.code === value.code);
      input.value = value.shown;
      input.focus();
      input.select();
    }
    this.look();
  }

  async save() {
    if (this.at("save").disabled || this.saving) return;
    this.saving = true;
    this.say("state", this.words.saving);
    const sent = this.filled().map((input) => [input, input.value]);
    const values = sent.map(([input, text]) => ({ code: input.dataset.code, value: numberOf(text).toFixed(2) }));
    const wish = { values, ...(this.corrects && { corrects: this.corrects.id }) };
    try {
      const { results } = await api.post(`/api/v1/encounters/${this.dataset.encounter}/vitals`, wish, { idempotencyKey: this.key });
      if (this.corrects) this.correct(null);
      else for (const [input, text] of sent) if (input.value === text) input.value = ""; // not what was typed meanwhile
      this.look();
      this.say("state", this.words.saved);
      document.dispatchEvent(new CustomEvent("vitals-entered", { detail: results }));
    } catch (problem) {
      this.say("state", "");
      this.say("problem", problem.status === 0 ? this.words.offline : problem.detail || problem.message);
    }
    this.saving = false;
  }
});
