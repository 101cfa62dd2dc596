// The bell in the header: its number follows the inbox while the page stays open.
import { api } from "./api.js";
import { onNews } from "./news.js";
import { toast } from "./toast.js";

export function followBell() {
  const bell = document.querySelector(".bell[data-words]");
  if (!bell) return;
  let timer = null;
  onNews((kind) => {
    if (kind !== "message.written" && kind !== "resync") return;
    clearTimeout(timer);
    timer = setTimeout(() => count(kind === "message.written"), 200);
  });

  async function count(isNew) {
    let unread;
    try {
      ({ unread } = await api.get("/api/v1/notifications/unread"));
    } catch {
      return;
    }
    const now = document.querySelector(".bell[data-words]");
    if (!now) return;
    const before = Number(now.dataset.unread);
    now.dataset.unread = unread;
    now.querySelector("[data-bell-words]").textContent = now.dataset.words.replace("#", unread);
    const number = now.querySelector(".bell__count");
    number.textContent = unread > 9 ? "9+" : unread;
    number.hidden = !unread;
    // Nothing lies over a face: who waits for a call or is in one reads it afterwards.
    const isBusy = document.querySelector("video-call:is([data-shown=waiting], [data-shown=call])");
    if (isNew && unread > before && !isBusy && !location.pathname.startsWith("/inbox/")) toast(now.dataset.new);
  }
}
