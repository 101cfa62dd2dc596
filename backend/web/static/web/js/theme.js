// Light or dark without a reload; the form itself does the same by posting.

async function choose(event) {
  const form = event.target;
  if (!form.matches("form[data-theme-form]")) return;
  event.preventDefault();
  const chosen = event.submitter?.value ?? "";
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
  for (const button of form.querySelectorAll("button[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === chosen));
  }
  const body = new FormData(form);
  body.set("theme", chosen);
  await fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "manual" });
}

export function followTheme() {
  document.addEventListener("submit", choose);
}
