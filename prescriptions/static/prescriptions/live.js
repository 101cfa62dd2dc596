// One prescription, open on a phone at the counter: looks again while a pharmacy works on it, and shows the change.
import { api } from "../web/js/api.js";
import { onNews } from "../web/js/news.js";

const page = document.querySelector("[data-prescription]");
const OPEN = new Set(["signed", "accepted"]);
const EVERY = 20_000; // for lines on which no socket lives; the bell is quicker
// The same as the page says of itself in data-known: what has happened since it was written is seen at the first look.
const fingerprint = (found) => [found.status, Boolean(found.cancel_asked_at), found.pharmacy?.id ?? "", ...found.items.map((item) => item.dispensed_quantity)].join();

let leaving = false; // a form is on its way: to load the page anew would cut it off

async function look() {
  if (leaving || document.visibilityState !== "visible") return;
  try {
    const now = fingerprint(await api.get(`/api/v1/prescriptions/${page.dataset.prescription}`));
    if (leaving || now === page.dataset.known || now === sessionStorage.getItem(page.dataset.prescription)) return;
    if (document.querySelector("details[open] form")) return; // somebody is writing: at a later look
    sessionStorage.setItem(page.dataset.prescription, now); // the page is fetched once for it, whatever it then says
    location.reload();
  } catch {
    // Without a connection the page keeps showing what it has; that is what it is for.
  }
}

if (page && OPEN.has(page.dataset.status)) {
  document.addEventListener("submit", (event) => { leaving = !event.defaultPrevented; });
  window.addEventListener("pageshow", () => { leaving = false; }); // back again, as the browser kept it
  look();
  setInterval(look, EVERY);
  onNews((kind) => { if (/^prescription\.|^resync$/.test(kind)) look(); });
  document.addEventListener("visibilitychange", look);
}
