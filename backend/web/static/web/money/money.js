// The cash desk: change and counts are reckoned while one types; the server reckons again.
const dong = (amount) => `${amount < 0 ? "-" : ""}${Math.abs(amount).toString().replace(/\B(?=(\d{3})+$)/g, ".")}\u00a0₫`;
const whole = (text) => {
  const digits = text.replace(/[\s.,₫đ]/g, "");
  return /^\d{1,12}$/.test(digits) ? Number(digits) : null;
};

/** <cash-change data-price> says what goes back; its chips fill in usual amounts. */
customElements.define("cash-change", class extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("[name=given]");
    this.output = this.querySelector("[data-output]");
    this.input.addEventListener("input", () => this.reckon());
    for (const chip of this.querySelectorAll("[data-given]")) {
      chip.addEventListener("click", () => {
        this.input.value = dong(Number(chip.dataset.given)).replace(/\u00a0₫$/, "");
        this.reckon();
      });
    }
    this.closest("form").addEventListener("submit", (event) => {
      if (this.sent) event.preventDefault(); // a second tap is the same tap
      this.sent = true;
    });
    this.reckon();
  }

  reckon() {
    const given = whole(this.input.value);
    const change = given === null ? null : given - Number(this.dataset.price);
    this.output.textContent = change === null || change < 0 ? "–" : dong(change);
  }
});

/** <cash-count data-expected> sums the banknotes and says how the drawer differs. */
customElements.define("cash-count", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", () => this.sum());
    this.sum();
  }

  sum() {
    let counted = 0;
    for (const input of this.querySelectorAll("[data-note]")) counted += Number(input.dataset.note) * (whole(input.value) ?? 0);
    const difference = counted - Number(this.dataset.expected);
    const shown = this.querySelector("[data-difference]");
    this.querySelector("[data-counted]").textContent = dong(counted);
    shown.textContent = `${difference > 0 ? "+" : ""}${dong(difference)}`;
    shown.toggleAttribute("data-off", difference !== 0);
  }
});

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
