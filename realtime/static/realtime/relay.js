// One connection to the media relay: this page's own two tracks up, and a fixed number of slots down. The relay decides who is
// in which slot and tells it; nothing is negotiated again when people come and go.

import { summed } from "./stats.js";

const OTHERS = 5; // slots of each kind: six people in a call
const LOOK_EVERY = 100;
const SILENT_AFTER = 3000; // connected, and nobody sends anything: then that is how it is
const GIVE_UP_AFTER = 8000;
const RESTART_AFTER = 2000;

function preferred(kind) {
  const known = RTCRtpReceiver.getCapabilities?.(kind)?.codecs ?? [];
  const names = kind === "video" ? ["video/VP8", "video/H264", "video/rtx"] : ["audio/opus", "audio/red"];
  return known
    .filter((codec) => names.includes(codec.mimeType))
    .sort((one, other) => names.indexOf(one.mimeType) - names.indexOf(other.mimeType));
}

/**
 * new RelayPeer({ iceServers, stream, offer, onpeople, onready, onstate, onbroken })
 * `offer` takes the sdp and sends it; the answer comes back through answer(). `onpeople` gets a Map of seat → MediaStream.
 * `onready` says that pictures or sound have arrived; `onbroken` that this connection will not come back.
 */
export class RelayPeer {
  constructor({ iceServers, stream, offer, onpeople, onready, onstate, onbroken }) {
    Object.assign(this, { stream, offer, onpeople, onready, onstate, onbroken });
    this.people = new Map();
    this.slots = [];
    this.closed = false;
    this.began = performance.now();
    this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.own = {};
    this.pc.onconnectionstatechange = () => this.follow();
    this.look = setInterval(() => this.watch(), LOOK_EVERY);
    this.prepare().then(() => this.begin());
  }

  /** The two lines up and the slots, with a breath after each: made at once they hold up the page, and the call that runs. */
  async prepare() {
    for (const kind of ["audio", "video"]) {
      this.own[kind] = this.add(this.track(kind) ?? kind, kind, "sendonly");
      for (let slot = 0; slot < OTHERS; slot += 1) {
        await new Promise((done) => setTimeout(done));
        if (this.closed) return;
        this.add(kind, kind, "recvonly");
      }
    }
  }

  get state() {
    return this.pc.connectionState;
  }

  add(what, kind, direction) {
    const transceiver = this.pc.addTransceiver(what, { direction });
    const codecs = preferred(kind);
    if (codecs.length) transceiver.setCodecPreferences?.(codecs);
    return transceiver;
  }

  track(kind) {
    return this.stream?.getTracks().find((one) => one.kind === kind) ?? null;
  }

  async begin(iceRestart = false) {
    if (this.closed) return;
    try {
      await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart }));
      this.offer(this.pc.localDescription.sdp, iceRestart);
    } catch {
      this.fail();
    }
  }

  /** The relay's answer to our offer, and who is in which slot. */
  async answer({ sdp, slots }) {
    if (this.closed || this.pc.signalingState !== "have-local-offer") return;
    this.slots = slots; // who comes while the description is taken in is told meanwhile, and that is newer
    try {
      await this.pc.setRemoteDescription({ type: "answer", sdp });
      this.seat(this.slots);
    } catch {
      this.fail();
    }
  }

  /** slots: [{ mid, kind, seat }]; a seat of "" or null is an empty slot. */
  seat(slots) {
    this.slots = slots;
    const people = new Map();
    for (const { mid, seat } of slots) {
      const track = seat && this.slotTrack(mid);
      if (!track) continue;
      if (!people.has(seat)) people.set(seat, this.people.get(seat) ?? new MediaStream());
      const stream = people.get(seat);
      for (const old of stream.getTracks()) if (old.kind === track.kind && old !== track) stream.removeTrack(old);
      stream.addTrack(track);
    }
    this.people = people;
    this.onpeople(people);
  }

  slotTrack(mid) {
    return this.pc.getTransceivers().find((one) => one.mid === mid)?.receiver.track;
  }

  async replace(stream) {
    this.stream = stream;
    for (const [kind, transceiver] of Object.entries(this.own)) await transceiver.sender.replaceTrack(this.track(kind));
  }

  follow() {
    if (this.closed) return;
    this.onstate(this.state);
    clearTimeout(this.dip);
    if (this.state === "connected") {
      this.since ??= performance.now();
      this.restarted = false;
    } else if (this.state === "failed") this.restart();
    else if (this.state === "disconnected") this.dip = setTimeout(() => this.restart(), RESTART_AFTER);
  }

  /** New words for the same connection; once that has not helped, this connection is given up. */
  restart() {
    if (this.closed || this.state === "connected") return;
    if (this.restarted) {
      this.fail();
      return;
    }
    this.restarted = true;
    this.began = performance.now();
    this.begin(true);
  }

  /** The line to the house is back, and what was said meanwhile may be lost: say it again. */
  again() {
    if (this.closed || this.state === "connected" || !this.pc.localDescription) return;
    if (this.pc.signalingState === "have-local-offer") this.offer(this.pc.localDescription.sdp, Boolean(this.restarted));
    else this.restart();
  }

  fail() {
    if (!this.closed) this.onbroken();
  }

  async watch() {
    if (this.closed || this.looking) return;
    this.looking = true;
    try {
      if (this.state !== "connected" && performance.now() - this.began > GIVE_UP_AFTER) this.fail();
      else if (!this.ready && this.state === "connected" && (await this.hasArrived())) {
        this.ready = true;
        this.onready();
      }
    } finally {
      this.looking = false;
    }
  }

  async hasArrived() {
    if (performance.now() - this.since > SILENT_AFTER) return true;
    // Everybody's, not anybody's: whose picture is still on its way would stand still after the switch.
    const pictures = this.slots.filter((slot) => slot.seat && slot.kind === "video");
    // A report of twelve lines stops the packets of all connections for a moment: not while nothing has come anyway.
    if (pictures.some((slot) => this.slotTrack(slot.mid)?.muted)) return false;
    const seen = await this.stats();
    return pictures.length ? pictures.every((slot) => seen.decodedBy[slot.mid] > 0) : seen.audioBytes > 0;
  }

  async stats() {
    return { state: this.state, path: "relay", people: this.people.size, ...summed(await this.pc.getStats()) };
  }

  /** See Peer.close(). */
  close(wait = 0) {
    this.closed = true;
    clearInterval(this.look);
    clearTimeout(this.dip);
    this.pc.onconnectionstatechange = null;
    if (wait) setTimeout(() => this.pc.close(), wait);
    else this.pc.close();
  }
}
