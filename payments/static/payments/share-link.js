// <share-link data-text hidden>: shown where the phone has a way to share; its button hands the text to another app.
class ShareLink extends HTMLElement {
  connectedCallback() {
    if (!navigator.share) return;
    this.hidden = false;
    this.querySelector("button")?.addEventListener("click", () => this.share());
  }

  async share() {
    try {
      await navigator.share({ text: this.dataset.text });
    } catch {
      // Closed without a choice: the link stands beside it.
    }
  }
}

customElements.define("share-link", ShareLink);
