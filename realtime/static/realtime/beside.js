// A station's nurse says whether the citizen sits before her camera; it can change while she waits and while she speaks.

export class Beside {
  constructor({ call, room }) {
    this.call = call;
    this.box = call.at("with-citizen");
    this.memory = `beside:${room}`; // as long as the tab: a reload must not say something else
    if (this.box) this.box.checked = sessionStorage.getItem(this.memory) !== "no";
  }

  /** What joining says; nothing where there is no such question. */
  get said() {
    return this.box?.checked;
  }

  change() {
    sessionStorage.setItem(this.memory, this.said ? "yes" : "no");
    this.call.send("beside", { with_citizen: this.said }); // without a line the next joining says it
  }

  /** As the house has it: a refusal, or a word that was lost, shows. */
  show(seat) {
    if (this.box && seat) this.box.checked = seat.with_citizen;
  }
}
