// Who has it: the device's position fills the form when asked to, and answers appear by themselves.
import { onNews } from "../web/js/news.js";
import { toast } from "../web/js/toast.js";

class AskNear extends HTMLElement {
  connectedCallback() {
    if (!navigator.geolocation) return;
    this.hidden = false;
    this.querySelector("button").addEventListener("click", (event) => this.ask(event.currentTarget));
  }

  ask(button) {
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.removeAttribute("aria-busy");
        // About a hundred metres: enough to find the nearest pharmacy.
        this.querySelector("[name=near]").value = `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`;
        for (const part of this.querySelectorAll("[data-part]")) part.hidden = false;
        this.closest("form").querySelector("[data-part=province]").hidden = true;
      },
      () => {
        button.removeAttribute("aria-busy");
        toast(this.dataset.refused);
      },
      { timeout: 10_000, maximumAge: 600_000 },
    );
  }
}

customElements.define("ask-near", AskNear);

const EVERY = 20_000; // for lines on which no socket lives; the bell is quicker

async function look() {
  const shown = document.getElementById("asked");
  if (!shown || document.visibilityState !== "visible" || shown.querySelector("ask-near")) return;
  try {
    const fresh = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html").getElementById("asked");
    if (fresh && plain(fresh) !== plain(shown)) shown.replaceWith(document.adoptNode(fresh));
  } catch {
    // The next look comes soon.
  }
}

// What people read, without the forms' tokens, which differ each time.
const plain = (part) => part.textContent.replace(/\s+/g, " ");

onNews((kind) => { if (/^prescription\.|^resync$/.test(kind)) look(); });
setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
