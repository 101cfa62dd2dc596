// Beside the pad: a signed prescription is not edited, a new one takes its place. The draft says whose.
import { api, newKey } from "../web/js/api.js";
import { toast } from "../web/js/toast.js";

const pad = document.querySelector("prescription-pad");

async function show() {
  const place = pad.querySelector('[data-part="replacing"]');
  const { results } = await api.get(`/api/v1/prescriptions?${new URLSearchParams({ encounter: pad.getAttribute("encounter") })}`);
  const draft = results.find((one) => one.status === "draft" && one.replaces);
  place.hidden = !draft;
  if (!draft) return;
  place.dataset.draft = draft.id;
  place.querySelector('[data-is="old"]').textContent = results.find((one) => one.id === draft.replaces)?.code ?? "";
}

async function act(button) {
  button.disabled = true;
  try {
    if (button.dataset.act === "replace") {
      const id = button.parentElement.querySelector('[data-act="ask-withdraw"]').dataset.id;
      await api.post(`/api/v1/prescriptions/${id}/replace`, {}, { idempotencyKey: newKey() });
    } else {
      await api.delete(`/api/v1/prescriptions/${pad.querySelector('[data-part="replacing"]').dataset.draft}/replaces`);
    }
    await pad.load();
    await show();
    if (button.dataset.act === "replace") pad.querySelector('[data-part="replacing"]').scrollIntoView({ block: "center" });
  } catch (problem) {
    toast(problem.detail || problem.message, "bad");
  } finally {
    button.disabled = false;
  }
}

if (pad) {
  pad.addEventListener("click", (event) => {
    const button = event.target.closest('[data-act="replace"], [data-act="keep-old"]');
    if (button) act(button);
  });
  pad.addEventListener("prescription-signed", () => show().catch(() => {}));
  show().catch(() => {}); // without a connection the pad itself says so
}
