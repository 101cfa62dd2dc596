// Inviting somebody into the doctor's call: the form, the link that is shown once, and the invitations that still stand.

import { api } from "../web/js/api.js";
import "../web/js/copy-text.js";

export class Invites {
  constructor({ call, room, words }) {
    Object.assign(this, { call, words });
    this.address = `/api/v1/rooms/${room}/invites`;
    this.form = call.at("invite");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.make();
    });
    call.at("inviting").addEventListener("toggle", () => this.refresh());
    call.at("inviting").addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (button?.dataset.act === "withdraw") this.withdraw(button.dataset.invite);
      if (button?.dataset.act === "invite_another") this.another();
    });
  }

  async make() {
    const values = Object.fromEntries(new FormData(this.form));
    const button = this.form.querySelector("[type=submit]");
    button.disabled = true;
    this.problem("");
    try {
      const made = await api.post(this.address, values);
      this.call.querySelector("#invite-address").value = made.link;
      const sent = [values.phone, values.email].filter((one) => one.trim()).join(", ");
      this.form.hidden = true;
      this.call.at("invite-link").hidden = false;
      this.call.at("invite-sent").textContent = sent
        ? this.words.invite_sent.replace("%(to)s", sent)
        : this.words.invite_made.replace("%(name)s", made.name);
      this.call.querySelector("#invite-address").focus();
    } catch (problem) {
      const [words] = Object.values(problem.errors ?? {}).flat();
      this.problem(words?.detail ?? words ?? problem.detail ?? problem.message);
    } finally {
      button.disabled = false;
    }
    await this.refresh();
  }

  problem(words) {
    const place = this.call.at("invite-problem");
    place.textContent = words;
    place.hidden = !words;
  }

  another() {
    this.form.reset();
    this.form.hidden = false;
    this.call.at("invite-link").hidden = true;
    this.call.querySelector("#invite-address").value = "";
    this.form.querySelector("input").focus();
  }

  async withdraw(id) {
    await api.post(`${this.address}/${id}/withdraw`).catch((problem) => this.problem(problem.detail));
    await this.refresh();
  }

  async refresh() {
    if (!this.call.at("inviting").open) return;
    const { results } = await api.get(this.address).catch(() => ({ results: null }));
    if (!results) return;
    this.call.at("invites").replaceChildren(...results.filter((one) => one.status !== "withdrawn").map((one) => this.row(one)));
  }

  row(invite) {
    const row = this.call.at("invite-row").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-part=invite-name]").textContent = `${invite.name} · ${this.words[`kind_${invite.kind}`]}`;
    row.querySelector("[data-part=invite-state]").textContent = this.words[`invite_${invite.status}`];
    row.querySelector("[data-part=invite-of]").textContent = `: ${invite.name}`;
    row.querySelector("button").dataset.invite = invite.id;
    row.querySelector("button").hidden = invite.status === "expired";
    return row;
  }
}
