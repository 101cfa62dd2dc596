// On every page: the bell, the lost-connection banner, menus, dialogs opened by buttons, forms that are sent once, the service worker.
import { followBell } from "./bell.js";
import { keepMenus } from "./menus.js";
import { followTheme } from "./theme.js";
import { toast } from "./toast.js";

followTheme();
followBell();
keepMenus();

const banner = document.querySelector("[data-offline-banner]");
if (banner) {
  const show = () => { banner.hidden = navigator.onLine; };
  addEventListener("online", show);
  addEventListener("offline", show);
  show();
}

// <button data-opens="id"> opens <dialog id>; <button data-closes> closes the dialog it stands in.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog?.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog")?.close();
});

// A double tap on a slow line must not book, pay or send twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.dataset.themeForm !== undefined || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
});

// Selects and checkboxes that filter a list send their form by themselves.
document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-live] :is(select, input[type=radio], input[type=checkbox], input[type=date])")) event.target.form.requestSubmit();
});

// After a failed form, start where the first mistake is.
document.querySelector("[aria-invalid=true]")?.focus();

for (const line of document.querySelectorAll("[data-toast]")) toast(line.dataset.toast, line.dataset.kind || "");

if ("serviceWorker" in navigator && isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});
