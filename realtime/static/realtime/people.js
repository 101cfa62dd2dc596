// Who is in the doctor's call: one row each, with the buttons that mute and remove; and how a person is called on the page.

/** The name, and for somebody invited as what they are there. */
export function who(seat, words) {
  const kind = seat.with_citizen ? words.kind_with_citizen : words[`kind_${seat.kind}`];
  return seat.kind ? `${seat.name} · ${kind ?? ""}` : seat.name;
}

/** A doctor is not a doctor's to mute or to show out, unless they have handed the visit over. */
const leads = (seat) => seat.role === "practitioner" && !seat.former;

export class People {
  constructor({ call, words, send }) {
    Object.assign(this, { call, words });
    call.at("people").addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (button) send(button.dataset.act, button.dataset.seat); // mute, unmute or remove
    });
  }

  show(seats, me) {
    const others = seats.filter((seat) => seat.id !== me && seat.state === "admitted");
    const list = this.call.at("people");
    this.call.at("people-empty").hidden = others.length > 0;
    const rows = new Map([...list.children].map((row) => [row.dataset.seat, row]));
    for (const seat of others) {
      const row = rows.get(seat.id) ?? this.rowFor(seat);
      rows.delete(seat.id);
      const state = !seat.present ? "person_away" : seat.muted ? "person_muted" : seat.mic ? "person_mic_on" : "person_mic_off";
      row.querySelector("[data-part=person-state]").textContent = this.words[state];
      row.querySelector("[data-act=mute]").disabled = !seat.mic;
      row.querySelector("[data-act=mute]").hidden = seat.muted || leads(seat);
      row.querySelector("[data-act=unmute]").hidden = !seat.muted;
      row.querySelector("[data-act=remove]").hidden = leads(seat);
      row.querySelector("[data-part=person-name]").textContent = who(seat, this.words);
      if (!row.isConnected) list.append(row);
    }
    for (const gone of rows.values()) gone.remove();
  }

  rowFor(seat) {
    const row = this.call.at("person-row").content.firstElementChild.cloneNode(true);
    row.dataset.seat = seat.id;
    // A button is read alone: say whose it is.
    for (const place of row.querySelectorAll("[data-part=person-of]")) place.textContent = `: ${seat.name}`;
    for (const button of row.querySelectorAll("button")) button.dataset.seat = seat.id;
    return row;
  }
}
