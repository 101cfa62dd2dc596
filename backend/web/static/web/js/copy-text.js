// <copy-text data-from="id" data-done="Copied">: its button puts the value of a field on the clipboard and says so.
class CopyText extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.button?.addEventListener("click", () => this.copy());
  }

  async copy() {
    const field = document.getElementById(this.dataset.from);
    if (!field) return;
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      return; // it is selected; the keyboard's own way remains
    }
    const words = this.button.querySelector("span");
    words.textContent = this.dataset.done;
    words.setAttribute("role", "status");
  }
}

customElements.define("copy-text", CopyText);
