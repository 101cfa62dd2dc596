// Questions and reservations: new ones appear, ended ones go, and nobody loses what they are typing.
import { onNews } from "../js/news.js";

const EVERY = 20_000; // for lines on which no socket lives; the bell is quicker
const cardsOf = (root) => [...root.querySelectorAll("#asked-list > [data-card]")];

async function look() {
  if (document.visibilityState !== "visible") return;
  let fresh;
  try {
    fresh = new DOMParser().parseFromString(await (await fetch("/pharmacy/asked/")).text(), "text/html");
  } catch {
    return; // The next look comes soon.
  }
  const list = document.getElementById("asked-list");
  if (!fresh.getElementById("asked-list")) return; // signed out meanwhile
  const known = new Map(cardsOf(document).map((card) => [card.dataset.card, card]));
  const wanted = cardsOf(fresh).map((card) => {
    const here = known.get(card.dataset.card);
    // A card somebody may be typing in stays as it is, unless a colleague has answered.
    return here && here.dataset.said === card.dataset.said ? here : document.adoptNode(card);
  });
  if (wanted.length !== known.size || wanted.some((card) => known.get(card.dataset.card) !== card)) list.replaceChildren(...wanted);
  const kept = document.getElementById("kept-list"), now = fresh.getElementById("kept-list");
  if (kept.textContent !== now.textContent) kept.replaceChildren(...document.adoptNode(now).childNodes);
}

onNews((kind) => { if (/^inquiry\.|^prescription\.|^resync$/.test(kind)) look(); });
setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
