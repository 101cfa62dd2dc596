// The visit: panes on a phone, the note, the measurements, and finishing without leaving the call by accident.
import "./visit-panes.js";
import { saveNote } from "./visit-note.js";
import "./visit-vitals.js";

const dialog = document.getElementById("finish");

/** The page behind the link, shown as a dialog, so that the call goes on while the doctor looks at it. */
document.querySelector("[data-finish]")?.addEventListener("click", async (event) => {
  const link = event.currentTarget;
  event.preventDefault();
  link.setAttribute("aria-busy", "true");
  try {
    await saveNote();
    const answer = await fetch(link.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    const card = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-finish-card]");
    if (!card) throw new Error("not the page we asked for");
    card.classList.remove("card");
    for (const back of card.querySelectorAll("[data-closes]")) {
      back.addEventListener("click", (press) => press.preventDefault());
    }
    dialog.replaceChildren(card);
    dialog.showModal();
  } catch {
    location.assign(link.href);
  } finally {
    link.removeAttribute("aria-busy");
  }
});
