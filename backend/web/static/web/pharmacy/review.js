// A prescription open at the counter: if it is cancelled or changed elsewhere, the page says so at once.
import { api } from "../js/api.js";
import { onNews } from "../js/news.js";

const page = document.querySelector("[data-prescription]");
const EVERY = 20_000; // for lines on which no socket lives; the bell is quicker
const fingerprint = (found) => [found.status, Boolean(found.cancel_asked_at), ...found.items.map((item) => item.dispensed_quantity)].join();
let known = null;
let leaving = false; // the counter's own step is on its way: its answer must not be lost to a look

async function look() {
  if (leaving || document.visibilityState !== "visible") return;
  try {
    const now = fingerprint(await api.get(`/api/v1/prescriptions/${page.dataset.prescription}`));
    if (leaving) return;
    if (known !== null && now !== known) location.reload();
    known = now;
    page.dataset.live = "yes"; // from here on a change shows by itself
  } catch (error) {
    // What this counter may not see any more, it does not go on showing: taken elsewhere, cancelled before it was taken.
    if (error?.status === 404 && !leaving) location.reload();
  }
}

if (page) {
  document.addEventListener("submit", () => { leaving = true; });
  look();
  onNews((kind) => { if (/^prescription\.|^resync$/.test(kind)) look(); });
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
