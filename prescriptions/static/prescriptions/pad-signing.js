// The end of a prescription: asked once more, signed, shown with its code, taken back.
import { api, newKey } from "../web/js/api.js";
import { toast } from "../web/js/toast.js";

const STATUS_LOOKS = { signed: "badge--good", accepted: "badge--info", cancelled: "badge--bad", expired: "badge--warn" };

/** Adds signing to the pad: `class Pad extends signing(HTMLElement)`. */
export const signing = (Base) => class extends Base {
  // As a prescription writes it: the generic name, the brand in brackets, the strength.
  titleOf(drug) { return [drug.name, drug.brand && `(${drug.brand})`, drug.strength].filter(Boolean).join(" "); }

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
    this.part("summary").replaceChildren(...this.lines.map(({ drug, values }) => this.summary(this.titleOf(drug), `${values.total} ${drug.unit_words}`)));
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
      this.complain(this.told(problem));
      this.tellErrors(problem.errors || {});
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
      shown.querySelector('[data-is="items"]').replaceChildren(...one.items.map((item) => this.summary(this.titleOf(item.drug), `${item.dose_words} · ${item.amount_words}`)));
      const cancel = shown.querySelector('[data-act="ask-withdraw"]');
      cancel.dataset.id = one.id;
      cancel.hidden = !open;
      return shown;
    }));
  }
};
