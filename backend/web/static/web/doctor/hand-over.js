// Handing the visit over without leaving the call: the page behind the button shown as a dialog, its forms sent from there.
import { onNews } from "../js/news.js";
import { saveNote } from "./visit-note.js";

const dialog = document.getElementById("hand-over");
const link = document.querySelector("[data-hand-over]");
const state = document.querySelector(".visit [data-hand-over-state]");

/** The card and how the wish stands, from the page at an address; `given`: the visit is a colleague's now. */
async function look(address, how = {}) {
  const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" }, ...how });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const card = page.querySelector("[data-hand-over-card]");
  const stands = page.querySelector("[data-hand-over-state]");
  if (!stands) throw new Error("not the page we asked for");
  state.replaceChildren(...stands.cloneNode(true).childNodes);
  if (page.querySelector("[data-given]")) leaveIt();
  return card;
}

function show(card) {
  if (!card) return dialog.close();
  card.classList.remove("card");
  for (const back of card.querySelectorAll("[data-closes]")) {
    back.addEventListener("click", (press) => {
      press.preventDefault();
      dialog.close();
    });
  }
  dialog.replaceChildren(card);
  if (!dialog.open) dialog.showModal();
  else card.querySelector("[type=search], [data-closes]")?.focus(); // what had the focus is gone
}

/** The colleague has it: nothing here is ours to write any more; the call goes on until we hang up. */
function leaveIt() {
  for (const id of ["pane-note", "pane-drugs"]) document.getElementById(id).inert = true;
  for (const button of document.querySelectorAll("[data-finish], [data-hand-over]")) button.remove();
  dialog.close();
}

link?.addEventListener("click", async (press) => {
  press.preventDefault();
  link.setAttribute("aria-busy", "true");
  try {
    await saveNote(); // the colleague finds what was written up to here
    show(await look(link.href));
  } catch {
    location.assign(link.href);
  } finally {
    link.removeAttribute("aria-busy");
  }
});

document.querySelector(".visit")?.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-stays]");
  if (!form || !link) return;
  event.preventDefault();
  const said = new URLSearchParams(new FormData(form));
  const wasOpen = dialog.open;
  try {
    const sends = form.method === "post";
    const address = new URL(form.getAttribute("action") || link.href, location.href);
    if (!sends) address.search = said;
    const card = await look(address, sends ? { method: "POST", body: said } : {});
    if (wasOpen) show(card);
  } catch {
    form.submit();
  }
});

// The colleague has answered, or the line was away while they did.
if (link) onNews((kind) => { if (/^(handover\.|resync$)/.test(kind)) look(link.href).then((card) => dialog.open && show(card)).catch(() => {}); });
