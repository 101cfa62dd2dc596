// Who waits at the doctor's door: one row each, with the button that lets them in.

export class Guests {
  constructor({ list, empty, row, onnew, label }) {
    Object.assign(this, { list, empty, row, onnew, label });
  }

  show(seats) {
    const waiting = seats.filter((seat) => seat.state === "waiting");
    this.empty.hidden = waiting.length > 0;
    const rows = new Map([...this.list.children].map((row) => [row.dataset.seat, row]));
    for (const seat of waiting) {
      const row = rows.get(seat.id) ?? this.rowFor(seat);
      rows.delete(seat.id);
      row.querySelector("button").disabled = !seat.present;
      if (!row.isConnected) {
        this.list.append(row);
        this.onnew(seat.name);
      }
    }
    for (const gone of rows.values()) gone.remove();
  }

  rowFor(seat) {
    const row = this.row.content.firstElementChild.cloneNode(true);
    row.dataset.seat = seat.id;
    row.querySelector("[data-part=guest-name]").textContent = this.label(seat);
    row.querySelector("button").dataset.seat = seat.id;
    return row;
  }
}
