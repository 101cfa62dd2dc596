// One prescription, open on a phone at the counter: looks again while a pharmacy works on it, and shows the change.
import { api } from "../web/js/api.js";
import { onNews } from "../web/js/news.js";

const page = document.querySelector("[data-prescription]");
const OPEN = new Set(["signed", "accepted"]);
const EVERY = 20_000; // for lines on which no socket lives; the bell is quicker
const fingerprint = (found) => [found.status, found.cancel_asked_at, found.pharmacy?.id, ...found.items.map((item) => item.dispensed_quantity)].join();

let known = null;

async function look() {
  if (document.visibilityState !== "visible") return;
  try {
    const now = fingerprint(await api.get(`/api/v1/prescriptions/${page.dataset.prescription}`));
    if (known !== null && now !== known && !document.querySelector("details[open] form")) location.reload();
    known = now;
  } catch {
    // Without a connection the page keeps showing what it has; that is what it is for.
  }
}

if (page && OPEN.has(page.dataset.status)) {
  look();
  setInterval(look, EVERY);
  onNews((kind) => { if (/^prescription\.|^resync$/.test(kind)) look(); });
  document.addEventListener("visibilitychange", look);
}
