// <near-me data-refused>: a button that asks the device where it is and searches from there; about a kilometre, no closer.
import { toast } from "./toast.js";

class NearMe extends HTMLElement {
  connectedCallback() {
    if (!navigator.geolocation) return;
    this.hidden = false;
    this.querySelector("button").addEventListener("click", () => this.ask());
  }

  ask() {
    const button = this.querySelector("button");
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const address = new URL(location.href);
        for (const [name, value] of new FormData(this.closest("form"))) value ? address.searchParams.set(name, value) : address.searchParams.delete(name);
        address.searchParams.set("near", `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`);
        address.searchParams.delete("page");
        location.assign(address);
      },
      () => {
        button.removeAttribute("aria-busy");
        toast(this.dataset.refused);
      },
      { timeout: 10_000, maximumAge: 600_000 },
    );
  }
}

customElements.define("near-me", NearMe);
