// <person-facts>: of several people's facts only those of the chosen person are shown; without script all are, with names.

class PersonFacts extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.choose = () => this.show();
    this.form?.addEventListener("change", this.choose);
    this.show();
  }

  disconnectedCallback() {
    this.form?.removeEventListener("change", this.choose);
  }

  show() {
    const chosen = this.form?.querySelector("input[name=person]:checked, input[name=person][type=hidden]")?.value;
    if (chosen) for (const part of this.querySelectorAll("[data-person]")) part.hidden = part.dataset.person !== chosen;
  }
}

customElements.define("person-facts", PersonFacts);
