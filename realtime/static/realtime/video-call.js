// <video-call room="…" role-in="citizen|practitioner|guest|nurse" words="id of the json_script"> brings the markup inside it to life.
// The server says where one stands; here it is heard, and the devices, pictures, chat and figures of the call are moved by it.

import { api } from "../web/js/api.js";
import { liveSocket } from "../web/js/socket.js";
import { toast } from "../web/js/toast.js";
import { Beside } from "./beside.js";
import { Chat } from "./chat.js";
import { alreadyAllowed } from "./devices.js";
import { Entry } from "./entry.js";
import { Files } from "./files.js";
import { Guests } from "./guests.js";
import { Invites } from "./invites.js";
import { Leaving } from "./leaving.js";
import "./network-check.js";
import { OwnDevices } from "./own-devices.js";
import { People, who } from "./people.js";
import { Pictures } from "./pictures.js";
import { Quality } from "./quality.js";
import { Recording } from "./recording.js";
import { CallScreens } from "./screens.js";
import { ScreenShare } from "./share.js";
import { Stage } from "./stage.js";

class VideoCall extends CallScreens {
  connectedCallback() {
    if (this.words) return;
    this.words = JSON.parse(document.getElementById(this.getAttribute("words")).textContent);
    this.room = this.getAttribute("room");
    this.isDoctor = this.getAttribute("role-in") === "practitioner";
    this.page = crypto.randomUUID(); // this peer connection; another one after a reload or a broken call
    this.memory = `call:${this.room}`; // the resume token lives as long as the tab
    this.seats = [];
    this.me = null;
    this.chat = new Chat({
      list: this.at("lines"),
      form: this.at("say"),
      words: this.words,
      send: (id, text) => this.send("say", { text }, id),
      onnews: (line) => this.noticeLine(line),
    });
    this.files = new Files({ call: this, chat: this.chat, room: this.room, words: this.words });
    this.share = new ScreenShare({ call: this, words: this.words, onchange: () => this.sendScreen() });
    if (this.isDoctor) {
      this.guests = new Guests({ list: this.at("guests"), empty: this.at("guests-empty"), row: this.at("guest-row"), onnew: (name) => this.say("waits", name), label: (seat) => who(seat, this.words) });
      this.people = new People({ call: this, words: this.words, send: (kind, seat) => this.send(kind, { seat }) });
      this.invites = new Invites({ call: this, room: this.room, words: this.words });
    }
    this.devices = new OwnDevices({
      call: this,
      words: this.words,
      say: (key) => this.say(key),
      onstream: (stream) => this.pictures.replace(this.share.mixed(stream)),
      onchange: () => this.tellMedia(),
    });
    this.pictures = new Pictures({
      send: (kind, data) => this.send(kind, data),
      onpeople: (people) => this.showPeople(people),
      onstate: (state) => this.pictureState(state),
      onhint: (key) => this.say(key),
      onbroken: () => this.beginAnew(),
    });
    this.entry = new Entry({ call: this, room: this.room });
    this.stage = new Stage(this);
    this.quality = new Quality(this);
    this.beside = new Beside({ call: this, room: this.room });
    this.recording = new Recording({ call: this, words: this.words, send: (kind, data) => this.send(kind, data), silence: () => this.silence(), isDoctor: this.isDoctor });
    this.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (button) this[`do_${button.dataset.act}`]?.(button);
    });
    this.addEventListener("change", (event) => {
      if (event.target.matches("[data-part=cameras] select, [data-part=mics] select")) this.devices.change();
      else if (event.target.matches("[data-part=with-citizen]")) this.beside.change();
    });
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.querySelector("dialog[open]") && this.classList.contains("call--chatting")) this.do_chat();
    });
    addEventListener("pagehide", () => this.devices.stop());
    addEventListener("offline", () => this.say("line_lost"));
    // A press before this script stood would have been lost; so the page sends these buttons disabled.
    this.at("allow")?.removeAttribute("disabled");
    this.watchHours();
    if (this.closest("[data-over]")) return;
    this.screen(this.getAttribute("start") || "check", { focus: false });
    // Back after a reload in the middle of a call: no questions, the same seat.
    if (sessionStorage.getItem(this.memory)) this.devices.start().then(() => this.enter());
    else if (!this.isDoctor) alreadyAllowed().then((yes) => yes && this.devices.start());
  }

  disconnectedCallback() {
    this.socket?.close();
    this.share?.stop();
    this.pictures?.drop();
    this.quality?.stop();
    this.devices?.stop();
  }

  // ---- devices

  async do_start() {
    await this.devices.start();
    if (!this.isDoctor) return;
    this.entry.report();
    await this.enter();
  }

  async do_again() {
    await this.devices.start();
  }

  do_mic() {
    this.devices.toggle("mic");
  }

  do_camera() {
    this.devices.toggle("camera");
  }

  do_share() {
    this.share.toggle();
  }

  sendScreen() {
    this.pictures.replace(this.share.mixed(this.devices.stream));
    this.tellMedia();
    this.say(this.share.track ? "sharing" : "");
  }

  tellMedia() {
    this.send("media", { ...this.devices.shown(), screen: Boolean(this.share.track) });
  }

  // ---- the room

  async do_enter() {
    if (!(await this.entry.agree())) return;
    this.entry.report();
    await this.enter();
  }

  enter() {
    // Two presses are one: a second seat would put out the first.
    this.entering ??= this.takeSeat().finally(() => { this.entering = null; });
    return this.entering;
  }

  async takeSeat() {
    if (this.socket) return;
    this.say("joining");
    let first;
    try {
      first = await this.join();
    } catch (problem) {
      this.notEntered(problem);
      return;
    }
    this.screen(first.state === "admitted" ? "call" : "waiting");
    this.socket = liveSocket(
      async (signal) => {
        const joined = first ?? (await this.join(signal));
        first = null;
        return `${joined.socket_url}?ticket=${encodeURIComponent(joined.ticket)}&page=${this.page}`;
      },
      {
        onmessage: (frame) => this[`on_${frame.t}`]?.(frame.d),
        onopen: () => this.chat.sendAgain(),
        onstate: (state) => state === "lost" && this.say("line_lost"),
        onrefused: (problem) => this.refused(problem),
      },
    );
  }

  async join(signal) {
    const address = this.getAttribute("seat-at") ?? `/api/v1/rooms/${this.room}/join`;
    const joined = await api.post(address, { resume_token: sessionStorage.getItem(this.memory), with_citizen: this.beside.said }, { signal });
    sessionStorage.setItem(this.memory, joined.resume_token);
    return joined;
  }

  notEntered(problem) {
    if (problem.code === "room_over") this.end("ended");
    else {
      this.screen("check", { focus: false });
      this.say({ room_not_open: "not_open", consent_missing: "consent_missing" }[problem.code] ?? "refused");
    }
  }

  refused(problem) {
    if (["room_not_open", "consent_missing"].includes(problem.code)) {
      this.socket = null;
      this.dropPictures();
      this.notEntered(problem);
      return;
    }
    const codes = { 4409: "displaced", 4410: "ended", 4403: "removed" };
    this.end(codes[problem.code] ?? (problem.code === "room_over" ? "ended" : "refused"));
  }

  send(kind, data, id) {
    return this.socket?.send({ v: 1, t: kind, ...(id ? { id } : {}), d: data }) ?? false;
  }

  on_welcome(data) {
    this.me = data.you;
    this.myRole = data.role;
    this.on_handed_over(data.doctor);
    this.pictures.useServers(data.ice_servers);
    this.pictures.lineBack();
    this.chat.fill(data.chat, data.you);
    if (this.isDoctor && data.chat.length) this.showChat(true);
    // Muted by the doctor before a reload: still so.
    if (data.room.seats.some((seat) => seat.id === data.you && seat.muted)) this.devices.set("mic", false);
    this.tellMedia();
    this.on_room(data.room);
    this.recording.again();
    // Only the line to the house was gone, the picture went on: take back what was said about it.
    if (this.pictures.state === "connected") this.say("connected");
  }

  on_room(room) {
    const before = this.seats;
    this.seats = room.seats;
    const mine = room.seats.find((seat) => seat.id === this.me);
    if (!mine) return;
    if (mine.state === "waiting") this.showWaiting();
    else this.showCall(room, before);
    this.beside.show(mine);
    this.recording.show(room.recording, this.me, this.seats);
    this.guests?.show(this.seats);
    this.people?.show(this.seats, this.me);
    this.invites?.refresh();
  }

  showWaiting() {
    this.screen("waiting");
    this.recording.end();
    const doctor = this.seats.find((seat) => seat.role === "practitioner" && seat.present);
    this.say(doctor ? "waiting_doctor_here" : "waiting");
    this.pictures.drop();
  }

  showCall(room, before) {
    this.screen("call");
    const others = this.stage.follow(this.seats.filter((seat) => seat.id !== this.me && seat.state === "admitted"));
    const [other] = others;
    this.classList.toggle("call--alone", !other);
    this.pictures.update(room, { id: this.me, role: this.myRole }, others);
    this.quality.follow(others);
    if (!other) {
      const left = before.find((seat) => seat.id !== this.me && seat.state === "admitted");
      if (left) this.say("peer_left", left.name);
      else this.say(this.isDoctor ? (this.seats.some((seat) => seat.state === "waiting") ? "" : "nobody_waiting") : "alone_citizen");
      return;
    }
    if (!other.present && this.pictures.state !== "connected") this.say(this.isDoctor ? "alone_practitioner" : "alone_citizen");
    if (this.pictures.state === "connected") for (const one of others) this.stage.noticeMedia(one, before.find((seat) => seat.id === one.id));
  }

  showPeople(people) {
    this.stage.show(people);
    this.quality.show();
  }

  pictureState(state) {
    this.dataset.peer = state;
    this.classList.toggle("call--connected", state === "connected");
    if (state === "connected") this.say("connected");
    if (state === "disconnected" || state === "failed") {
      this.say("reconnecting");
      this.socket?.check(); // what cut the pictures may have cut this line as well, and it would not say so
    }
  }

  /** Restarting did not help: the same seat, a new peer connection on both sides. */
  beginAnew() {
    this.page = crypto.randomUUID();
    this.dropPictures();
    if (this.socket && this.socket.state !== "open") return; // it comes back by itself, and meets the others anew
    this.socket?.close();
    this.socket = null;
    this.enter();
  }

  dropPictures() {
    this.pictures.drop();
    this.classList.remove("call--connected");
  }

  on_signal(data) {
    this.pictures.take(data);
  }

  on_answer(data) {
    this.pictures.answer(data);
  }

  on_slots(data) {
    this.pictures.slots(data);
  }

  on_quality(data) {
    this.quality.hear(data);
  }

  on_ice_servers(data) {
    this.pictures.useServers(data.ice_servers);
  }

  on_said(line) {
    this.chat.hear(line);
  }

  on_error(error) {
    if (error.code === "relay_refused") this.pictures.refused();
    if (["candidate_refused", "nobody_there", "relay_refused"].includes(error.code)) return; // the next try finds another way
    this.beside.show(this.seats.find((seat) => seat.id === this.me));
    if (error.detail) for (const place of this.all("status")) place.textContent = error.detail;
  }

  /** Nothing more of this side is sent; who turns it on again decides so. */
  silence() {
    for (const kind of ["mic", "camera"]) this.devices.set(kind, false);
    this.tellMedia();
  }

  on_muted() {
    this.devices.set("mic", false);
    this.tellMedia();
    this.say("muted");
  }

  on_unmuted() {
    this.devices.set("mic", true);
    this.tellMedia();
    this.say("unmuted");
  }

  /** Whose visit it is: told with each welcome, and at once when it goes to a colleague. */
  on_handed_over(doctor) {
    const before = this.doctor;
    this.doctor = doctor;
    if (!before || before.id === doctor.id) return;
    for (const place of this.all("doctor")) place.textContent = doctor.name;
    const field = doctor.field[document.documentElement.lang.slice(0, 2)];
    const name = field ? `${doctor.name} (${field})` : doctor.name;
    this.handedAway = this.isDoctor;
    const key = this.isDoctor ? "handed_over_doctor" : "handed_over";
    this.say(key, name);
    toast(this.word(key, name));
  }

  do_let_in(button) {
    this.send("let_in", { seat: button.dataset.seat });
  }

  do_save_file() {
    this.files.saveOpen();
  }

  // ---- the end

  do_hang_up() {
    this.send("leave", {});
    this.leaving = new Leaving(this.hasAttribute("seat-at") ? "" : `/api/v1/rooms/${this.room}/leave`);
    this.end("left");
  }

  do_back() {
    this.leaving?.cancel();
    this.page = crypto.randomUUID();
    this.screen("check", { focus: false });
    this.devices.start().then(() => this.enter());
  }

  end(key) {
    sessionStorage.removeItem(this.memory);
    this.socket?.close();
    this.socket = null;
    this.share.stop();
    this.dropPictures();
    this.quality.stop();
    this.recording.end();
    this.devices.stop();
    this.seats = [];
    this.screen("ended");
    this.dataset.ended = key;
    this.say(key);
    for (const button of this.querySelectorAll("[data-part=back]")) button.hidden = key === "ended" || key === "removed" || Boolean(this.handedAway);
    this.dispatchEvent(new CustomEvent("call-ended", { bubbles: true, detail: { why: key } }));
  }

  on_bye() {
    // The close code that follows says the same and works without this frame.
  }

  /** For quality figures and tests: what the peer connection has decoded so far; null when there is none. */
  async stats() {
    return this.pictures.stats();
  }
}

customElements.define("video-call", VideoCall);
