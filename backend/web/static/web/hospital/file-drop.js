// <file-drop>: a file dragged onto the field is chosen as if by its button; the form is sent as any other.
class FileDrop extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector('input[type="file"]');
    for (const kind of ["dragenter", "dragover"]) this.addEventListener(kind, (event) => this.over(event));
    this.addEventListener("dragleave", () => this.removeAttribute("data-over"));
    this.addEventListener("drop", (event) => this.drop(event));
  }

  over(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    this.setAttribute("data-over", "");
  }

  drop(event) {
    this.removeAttribute("data-over");
    const file = event.dataTransfer?.files[0];
    if (!file || !this.input) return;
    event.preventDefault();
    const one = new DataTransfer();
    one.items.add(file);
    this.input.files = one.files;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    this.input.focus();
  }
}

customElements.define("file-drop", FileDrop);
