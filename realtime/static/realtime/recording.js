// Whether the call is recorded: asks, shows the sign, lets anybody stop it. The server decides; nothing is recorded before its word.

const NOTHING = { state: "", can: false, wish: 0, part: 0, cut: "", agreed: [] };

export class Recording {
  constructor({ call, words, send, silence, isDoctor }) {
    Object.assign(this, { call, words, send, silence, isDoctor });
    this.unsaid = null; // a no that the house has not confirmed
    this.room = NOTHING;
    this.asked = 0; // the wish whose question has been opened
    this.dialog = call.at("rec-ask");
    const does = {
      rec_begin: () => this.begin(), rec_answer: () => this.answerLater(), rec_yes: () => this.say(true), rec_no: () => this.say(false), rec_stop: () => this.stop(),
    };
    call.addEventListener("click", (event) => does[event.target.closest("[data-act]")?.dataset.act]?.());
  }

  /** The room as it stands: `recording` of the room, my seat, and who is in the call. */
  show(told, me, seats) {
    const recording = { ...NOTHING, ...told };
    const before = this.room;
    this.room = recording;
    this.me = me;
    if (this.unsaid && (!recording.state || recording.wish !== this.unsaid.wish)) this.unsaid = null; // it was heard
    const inside = seats.filter((seat) => seat.state === "admitted" && seat.present);
    const missing = inside.filter((seat) => !recording.agreed.includes(seat.id));
    const mine = Boolean(recording.state) && missing.some((seat) => seat.id === me);
    const others = missing.filter((seat) => seat.id !== me).map((seat) => seat.name).join(", ");
    this.call.at("rec-sign").hidden = !recording.state;
    this.call.at("rec-sign").dataset.state = recording.state;
    this.write("rec-words", this.sentence(recording, mine, others));
    this.call.at("rec-answer").hidden = !mine;
    const stop = this.call.at("rec-stop");
    stop.hidden = !recording.state || mine;
    stop.textContent = this.words[recording.state === "asked" ? (this.isDoctor ? "rec_cancel" : "rec_take_back") : "rec_stop"];
    const start = this.call.at("rec-start");
    if (start) start.hidden = !recording.can || Boolean(recording.state);
    if (mine && recording.wish !== this.asked) this.ask(recording.wish);
    else if (!mine && this.dialog.open && this.answering) this.close();
    if (before.state && !recording.state) this.call.say(`rec_cut_${recording.cut}`);
    if (before.part && recording.part > before.part && recording.cut === "broke") this.call.say("rec_cut_broke");
  }

  sentence(recording, mine, others) {
    if (recording.state === "on") return this.words.rec_on;
    if (mine) return this.words.rec_question;
    if (recording.state === "asked") return this.words.rec_waits.replace("%(name)s", others);
    return others ? this.words.rec_rests_for.replace("%(name)s", others) : this.words.rec_rests;
  }

  write(part, text) {
    const place = this.call.at(part);
    if (place.textContent !== text) place.textContent = text;
  }

  /** The same words for the doctor before asking and for everybody who is asked. */
  open(kind) {
    this.write("rec-title", this.words[`rec_title_${kind}`]);
    this.write("rec-yes", this.words[`rec_yes_${kind}`]);
    this.write("rec-no", this.words[`rec_no_${kind}`]);
    if (!this.dialog.open) this.dialog.showModal();
  }

  ask(wish) {
    this.asked = wish;
    this.answering = true;
    this.open("asked");
  }

  begin() {
    this.answering = false;
    this.open("asking");
  }

  answerLater() {
    this.ask(this.room.wish);
  }

  say(yes) {
    if (this.answering && !yes) this.withdraw("consent", { wish: this.room.wish, yes });
    else if (this.answering) this.send("consent", { wish: this.room.wish, yes });
    else if (yes) this.send("record", {});
    this.close();
  }

  stop() {
    if (this.isDoctor) this.withdraw("stop_recording", {});
    else this.withdraw("consent", { wish: this.room.wish, yes: false });
  }

  /** A no is kept until the house has it; where the line is away, nothing more of this side is sent meanwhile. */
  withdraw(kind, data) {
    this.unsaid = { kind, data, wish: this.room.wish };
    if (this.send(kind, data) || this.room.state !== "on") return;
    this.silence();
    this.call.say("rec_unsaid");
  }

  /** The line is back: say what may not have been heard. */
  again() {
    if (this.unsaid) this.send(this.unsaid.kind, this.unsaid.data);
  }

  close() {
    this.answering = false;
    this.dialog.close();
  }

  /** The call is over here: nobody is asked any more. */
  end() {
    this.call.at("rec-sign").hidden = true;
    if (this.dialog.open) this.close();
  }
}
