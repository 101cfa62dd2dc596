// <video-call room="…" role-in="citizen|practitioner" words="id of the json_script"> brings the markup inside it to life.
// Screens (data-screen): check → waiting → call → ended. The server says where one stands; this file only shows it.

import { api } from "../web/js/api.js";
import { liveSocket } from "../web/js/socket.js";
import { toast } from "../web/js/toast.js";
import { Chat } from "./chat.js";
import { alreadyAllowed, listDevices, listen, openDevices, stopAll } from "./devices.js";
import { Peer } from "./peer.js";

const QUIET_BEFORE_HINT = 5000;
const PASSING = new Set(["connected", "peer_mic_off", "peer_camera_off", "peer_media_on", "chat_new"]);

class VideoCall extends HTMLElement {
  connectedCallback() {
    if (this.words) return;
    this.words = JSON.parse(document.getElementById(this.getAttribute("words")).textContent);
    this.room = this.getAttribute("room");
    this.isDoctor = this.getAttribute("role-in") === "practitioner";
    this.page = crypto.randomUUID(); // this peer connection; another one after a reload or a broken call
    this.memory = `call:${this.room}`; // the resume token lives as long as the tab
    this.devices = { mic: true, camera: true };
    this.seats = [];
    this.me = null;
    this.chat = new Chat({
      list: this.at("lines"),
      form: this.at("say"),
      words: this.words,
      send: (id, text) => this.send("say", { text }, id),
      onnews: (line) => this.noticeLine(line),
    });
    this.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (button) this[`do_${button.dataset.act}`]?.(button);
    });
    this.addEventListener("change", (event) => {
      if (event.target.matches("[data-part=cameras] select, [data-part=mics] select")) this.changeDevice();
    });
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.classList.contains("call--chatting")) this.do_chat();
    });
    addEventListener("pagehide", () => stopAll(this.stream));
    addEventListener("offline", () => this.say("line_lost"));
    // A press before this script stood would have been lost; so the page sends these buttons disabled.
    this.at("allow")?.removeAttribute("disabled");
    this.watchHours();
    if (this.closest("[data-over]")) return;
    this.screen(this.getAttribute("start") || "check", { focus: false });
    // Back after a reload in the middle of a call: no questions, the same seat.
    if (sessionStorage.getItem(this.memory)) this.start().then(() => this.enter());
    else if (!this.isDoctor) alreadyAllowed().then((yes) => yes && this.start());
  }

  disconnectedCallback() {
    this.socket?.close();
    this.peer?.close();
    stopAll(this.stream);
  }

  at(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  all(name) {
    return this.querySelectorAll(`[data-part="${name}"]`);
  }

  word(key, name = "") {
    return (this.words[key] ?? "").replace("%(name)s", name);
  }

  /** A caption of state, read aloud by screen readers; what is merely good news does not stay on the picture. */
  say(key, name = "") {
    const text = this.word(key, name);
    for (const place of this.all("status")) if (place.textContent !== text) place.textContent = text;
    clearTimeout(this.captionTimer);
    if (PASSING.has(key)) this.captionTimer = setTimeout(() => this.say(""), 6000);
  }

  screen(name, { focus = true } = {}) {
    const changed = this.dataset.shown !== name;
    this.dataset.shown = name;
    for (const one of this.querySelectorAll("[data-screen]")) {
      one.hidden = !one.dataset.screen.split(" ").includes(name);
    }
    document.body.classList.toggle("in-call", name === "call" && !this.isDoctor);
    // A screen reader must learn that the page has become another one.
    const place = `[data-screen~="${name}"]`;
    if (changed && focus) this.querySelector(`${place}[data-focus], ${place} [data-focus]`)?.focus({ preventScroll: name === "call" });
  }

  // ---- hours

  watchHours() {
    const opens = Date.parse(this.getAttribute("opens-at") ?? "");
    const show = () => {
      const early = Date.now() < opens;
      for (const one of this.all("early")) one.hidden = !early;
      for (const one of this.all("enter")) one.disabled = early;
      if (early) setTimeout(show, Math.min(opens - Date.now() + 500, 60_000));
    };
    show();
  }

  // ---- devices

  async do_start() {
    await this.start();
    if (this.isDoctor) await this.enter();
  }

  async start(choice = {}) {
    if (this.starting) return this.starting;
    this.starting = this.open(choice).finally(() => { this.starting = null; });
    return this.starting;
  }

  async open(choice) {
    this.say("camera_asked");
    this.at("allow")?.toggleAttribute("hidden", true);
    stopAll(this.stream);
    const { stream, problem } = await openDevices(choice);
    this.stream = stream;
    this.devices.problem = problem;
    for (const video of this.all("self")) video.srcObject = stream;
    this.classList.toggle("call--no-camera", !stream?.getVideoTracks().length);
    this.classList.toggle("call--no-devices", !stream);
    const trouble = this.at("trouble");
    if (trouble) {
      trouble.hidden = !problem;
      trouble.querySelector("[data-part=trouble-words]").textContent = problem ? this.word(problem) : "";
    }
    this.say(problem || "devices_ready");
    this.stopListening?.();
    if (stream) {
      await listDevices(this.querySelector("[data-part=cameras] select"), this.querySelector("[data-part=mics] select"), stream);
      this.watchLevel(stream);
      for (const track of stream.getTracks()) track.onended = () => this.deviceGone();
    }
    this.at("ready")?.toggleAttribute("hidden", !stream);
    this.at("again")?.toggleAttribute("hidden", !problem);
    this.applyDevices();
    await this.peer?.replace(stream);
  }

  watchLevel(stream) {
    const meter = this.at("level");
    const hint = this.at("level-words");
    if (!meter) return;
    let heard = false;
    const since = Date.now();
    this.stopListening = listen(stream, (level) => {
      meter.value = level;
      heard ||= level > 0.22;
      const words = heard ? this.words.mic_heard : Date.now() - since > QUIET_BEFORE_HINT ? this.words.mic_quiet : "";
      if (hint.textContent !== words) hint.textContent = words;
    });
  }

  async changeDevice() {
    const value = (name) => this.querySelector(`[data-part=${name}] select`)?.value ?? "";
    await this.start({ camera: value("cameras"), mic: value("mics") });
  }

  deviceGone() {
    // Unplugged in the middle: say so and try what is left.
    this.say("busy");
    this.start();
  }

  applyDevices() {
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = this.devices.mic;
    for (const track of this.stream?.getVideoTracks() ?? []) track.enabled = this.devices.camera;
    for (const name of ["mic", "camera"]) {
      const has = Boolean(this.stream?.getTracks().some((track) => track.kind === (name === "mic" ? "audio" : "video")));
      const on = has && this.devices[name];
      for (const button of this.querySelectorAll(`[data-act=${name}]`)) {
        button.setAttribute("aria-pressed", String(!on));
        button.classList.toggle("call__button--off", !on);
        button.disabled = !has;
        const label = button.querySelector("[data-part=label]");
        if (label) label.textContent = this.words[`${name}_${on ? "on" : "off"}`];
      }
    }
    this.classList.toggle("call--camera-off", !this.shown().camera);
  }

  shown() {
    const has = (kind) => Boolean(this.stream?.getTracks().some((track) => track.kind === kind && track.readyState === "live"));
    return { mic: this.devices.mic && has("audio"), camera: this.devices.camera && has("video") };
  }

  do_mic() {
    this.devices.mic = !this.devices.mic;
    this.applyDevices();
    this.send("media", this.shown());
  }

  do_camera() {
    this.devices.camera = !this.devices.camera;
    this.applyDevices();
    this.send("media", this.shown());
  }

  // ---- the room

  async do_enter() {
    await this.enter();
  }

  async do_again() {
    await this.start();
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
      async () => {
        const joined = first ?? (await this.join());
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

  async join() {
    const joined = await api.post(`/api/v1/rooms/${this.room}/join`, { resume_token: sessionStorage.getItem(this.memory) });
    sessionStorage.setItem(this.memory, joined.resume_token);
    return joined;
  }

  notEntered(problem) {
    if (problem.code === "room_over") this.end("ended");
    else {
      this.screen("check", { focus: false });
      this.say(problem.code === "room_not_open" ? "not_open" : "refused");
    }
  }

  refused(problem) {
    const codes = { 4409: "displaced", 4410: "ended", 4403: "removed" };
    this.end(codes[problem.code] ?? (problem.code === "room_over" ? "ended" : "refused"));
  }

  send(kind, data, id) {
    return this.socket?.send({ v: 1, t: kind, ...(id ? { id } : {}), d: data }) ?? false;
  }

  on_welcome(data) {
    this.me = data.you;
    this.myRole = data.role;
    this.polite = data.polite;
    this.iceServers = data.ice_servers;
    this.chat.fill(data.chat, data.you);
    if (this.isDoctor && data.chat.length) this.showChat(true);
    this.send("media", this.shown());
    this.on_room(data.room);
    // Only the line to the house was gone, the picture went on: take back what was said about it.
    if (this.peer?.state === "connected") this.say("connected");
  }

  on_room(room) {
    const before = this.seats;
    this.seats = room.seats;
    const mine = room.seats.find((seat) => seat.id === this.me);
    if (!mine) return;
    if (mine.state === "waiting") this.showWaiting();
    else this.showCall(before);
    if (this.isDoctor) this.showGuests();
  }

  showWaiting() {
    this.screen("waiting");
    const doctor = this.seats.find((seat) => seat.role === "practitioner" && seat.present);
    this.say(doctor ? "waiting_doctor_here" : "waiting");
    this.dropPeer();
  }

  showCall(before) {
    this.screen("call");
    const other = this.seats.find((seat) => seat.id !== this.me && seat.state === "admitted" && seat.role !== this.myRole);
    this.classList.toggle("call--alone", !other);
    if (!other) {
      this.dropPeer();
      const left = before.find((seat) => seat.id !== this.me && seat.state === "admitted");
      if (left) this.say("peer_left", left.name);
      else this.say(this.isDoctor ? (this.seats.some((seat) => seat.state === "waiting") ? "" : "nobody_waiting") : "alone_citizen");
      return;
    }
    this.at("peer-name").textContent = other.name;
    this.classList.toggle("call--peer-camera-off", !other.camera);
    if (other.present) this.meet(other);
    else if (this.peer?.state !== "connected") this.say(this.isDoctor ? "alone_practitioner" : "alone_citizen");
    const was = before.find((seat) => seat.id === other.id);
    if (was && this.peer?.state === "connected") {
      if (was.mic && !other.mic) this.say("peer_mic_off", other.name);
      else if (was.camera && !other.camera) this.say("peer_camera_off", other.name);
      else if (was.mic !== other.mic || was.camera !== other.camera) this.say("peer_media_on", other.name);
    }
  }

  /** Keep one peer connection for each page of the other side; their reload begins a new one. */
  meet(other) {
    const key = `${other.id}/${other.page}`;
    if (this.peerKey === key) {
      this.peer.restart();
      return;
    }
    this.dropPeer();
    this.peerKey = key;
    this.say("connecting");
    this.peer = new Peer({
      polite: this.polite,
      iceServers: this.iceServers,
      stream: this.stream,
      send: (signal) => this.send("signal", { to: other.id, ...signal }),
      onremote: (stream) => {
        const video = this.at("remote");
        if (video.srcObject !== stream) video.srcObject = stream;
        video.play().catch(() => {});
      },
      onstate: (state) => this.peerState(state),
      onbroken: () => this.beginAnew(),
    });
    this.peerSeat = other.id;
  }

  peerState(state) {
    this.dataset.peer = state;
    this.classList.toggle("call--connected", state === "connected");
    if (state === "connected") this.say("connected");
    if (state === "disconnected" || state === "failed") this.say("reconnecting");
  }

  /** Restarting did not help: the same seat, a new peer connection on both sides. */
  beginAnew() {
    this.page = crypto.randomUUID();
    this.dropPeer();
    this.socket?.close();
    this.socket = null;
    this.enter();
  }

  dropPeer() {
    this.peer?.close();
    this.peer = this.peerKey = this.peerSeat = null;
    this.classList.remove("call--connected");
    const video = this.at("remote");
    if (video) video.srcObject = null;
  }

  on_signal(data) {
    if (data.from === this.peerSeat) this.peer?.take(data);
  }

  on_said(line) {
    this.chat.hear(line);
  }

  on_error(error) {
    if (error.code === "candidate_refused" || error.code === "nobody_there") return; // the next try finds another way
    if (error.detail) for (const place of this.all("status")) place.textContent = error.detail;
  }

  // ---- who waits (doctor)

  showGuests() {
    const list = this.at("guests");
    const waiting = this.seats.filter((seat) => seat.state === "waiting");
    this.at("guests-empty").hidden = waiting.length > 0;
    const rows = new Map([...list.children].map((row) => [row.dataset.seat, row]));
    for (const seat of waiting) {
      const row = rows.get(seat.id) ?? this.guestRow(seat);
      rows.delete(seat.id);
      row.querySelector("button").disabled = !seat.present;
      if (!row.isConnected) {
        list.append(row);
        this.say("waits", seat.name);
      }
    }
    for (const gone of rows.values()) gone.remove();
  }

  guestRow(seat) {
    const row = this.at("guest-row").content.firstElementChild.cloneNode(true);
    row.dataset.seat = seat.id;
    row.querySelector("[data-part=guest-name]").textContent = seat.name;
    row.querySelector("button").dataset.seat = seat.id;
    return row;
  }

  do_let_in(button) {
    this.send("let_in", { seat: button.dataset.seat });
  }

  // ---- chat

  do_chat() {
    const open = !this.classList.contains("call--chatting");
    this.showChat(open);
    if (open) this.at("say").querySelector("textarea").focus();
    else this.querySelector(".call__controls [data-act=chat]")?.focus();
  }

  showChat(open) {
    this.classList.toggle("call--chatting", open);
    for (const button of this.querySelectorAll("[data-act=chat]")) button.setAttribute("aria-expanded", String(open));
    this.classList.remove("call--unread");
    this.at("chat").toggleAttribute("inert", !open && this.at("chat").dataset.drawer !== undefined);
  }

  noticeLine(line) {
    if (this.isDoctor) {
      this.showChat(true); // beside the note there is place for it, and no line may be missed
      // On a phone another part of the visit may stand before the call.
      if (!this.at("chat").checkVisibility()) toast(this.word("chat_new", line.name));
      return;
    }
    if (this.classList.contains("call--chatting")) return;
    this.classList.add("call--unread");
    this.say("chat_new", line.name);
  }

  // ---- the end

  do_hang_up() {
    this.send("leave", {});
    this.end("left");
  }

  do_back() {
    this.ending = false;
    this.page = crypto.randomUUID();
    this.screen("check", { focus: false });
    this.start().then(() => this.enter());
  }

  end(key) {
    sessionStorage.removeItem(this.memory);
    this.socket?.close();
    this.socket = null;
    this.dropPeer();
    this.stopListening?.();
    stopAll(this.stream);
    this.stream = null;
    this.seats = [];
    this.screen("ended");
    this.dataset.ended = key;
    this.say(key);
    for (const button of this.querySelectorAll("[data-part=back]")) button.hidden = key === "ended" || key === "removed";
    this.dispatchEvent(new CustomEvent("call-ended", { bubbles: true, detail: { why: key } }));
  }

  on_bye() {
    // The close code that follows says the same and works without this frame.
  }

  /** For quality figures and tests: what the peer connection has decoded so far; null when there is none. */
  async stats() {
    return this.peer ? this.peer.stats() : null;
  }
}

customElements.define("video-call", VideoCall);
