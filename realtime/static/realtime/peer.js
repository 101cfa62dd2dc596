// One peer connection to one other browser: perfect negotiation with roles from the server, trickle ICE, restart.
// The doctor's side offers first, the citizen's side answers; later either may offer and the citizen's gives way.

import { summed } from "./stats.js";

const RESTART_AFTER = { impolite: 2000, polite: 4000 };
const GIVE_UP_AFTER = 12_000;
const LOST_AFTER = 1000; // an offer without an answer

function preferVp8(transceiver) {
  const known = RTCRtpReceiver.getCapabilities?.("video")?.codecs;
  if (!known || !transceiver.setCodecPreferences) return;
  const rank = (codec) => (codec.mimeType === "video/VP8" ? 0 : 1);
  transceiver.setCodecPreferences([...known].sort((one, other) => rank(one) - rank(other)));
}

/**
 * new Peer({ polite, iceServers, stream, send, ontrack, onstate, onbroken })
 * `send` takes {description} or {candidate}; `onstate` gets the connectionState; `onbroken` says that restarting did not help.
 */
export class Peer {
  constructor({ polite, iceServers, stream, send, onremote, onstate, onbroken }) {
    this.polite = polite;
    this.stream = stream;
    this.send = send;
    this.onstate = onstate;
    this.onbroken = onbroken;
    this.remote = new MediaStream();
    this.makingOffer = false;
    this.ignoreOffer = false;
    this.waiting = []; // candidates that came before the description they belong to
    this.turn = Promise.resolve(); // one signal at a time, in their order
    this.timers = new Set();
    this.closed = false;
    this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.pc.onicecandidate = ({ candidate }) => candidate && this.send({ candidate: candidate.toJSON() });
    this.pc.ontrack = ({ track }) => {
      this.remote.addTrack(track);
      onremote(this.remote);
    };
    this.pc.onconnectionstatechange = () => this.follow();
    this.pc.onnegotiationneeded = () => this.offer();
    if (!polite) this.addMedia();
  }

  get state() {
    return this.pc.connectionState;
  }

  /** Both kinds always have their line, with or without a device: turning one on later needs no new negotiation. */
  addMedia() {
    for (const kind of ["audio", "video"]) {
      const track = this.stream?.getTracks().find((one) => one.kind === kind);
      const transceiver = this.pc.addTransceiver(track ?? kind, { direction: "sendrecv" });
      if (kind === "video") preferVp8(transceiver);
    }
  }

  answerMedia() {
    for (const transceiver of this.pc.getTransceivers()) {
      const kind = transceiver.receiver.track.kind;
      const track = this.stream?.getTracks().find((one) => one.kind === kind);
      transceiver.direction = "sendrecv";
      if (track && transceiver.sender.track !== track) transceiver.sender.replaceTrack(track);
    }
  }

  /** Send another camera or microphone from now on. */
  async replace(stream) {
    this.stream = stream;
    for (const transceiver of this.pc.getTransceivers()) {
      const track = stream?.getTracks().find((one) => one.kind === transceiver.receiver.track.kind) ?? null;
      await transceiver.sender.replaceTrack(track);
    }
  }

  async offer() {
    // The citizen's side answers first; it has no media before the first offer, so it has nothing to negotiate.
    if (this.closed || (this.polite && !this.pc.remoteDescription)) return;
    try {
      this.makingOffer = true;
      await this.pc.setLocalDescription();
      this.describe();
    } catch {
      // The state changed under us; negotiationneeded fires again when it matters.
    } finally {
      this.makingOffer = false;
    }
  }

  /** Send what this side has to say now, with the candidates found so far. */
  describe() {
    this.described = performance.now();
    const { type, sdp } = this.pc.localDescription;
    this.send({ description: { type, sdp } });
  }

  /** Take {description} or {candidate} from the other side. */
  take(signal) {
    this.turn = this.turn.then(() => this.handle(signal)).catch(() => {});
    return this.turn;
  }

  async handle({ description, candidate }) {
    if (this.closed) return;
    if (description) {
      const clash = description.type === "offer" && (this.makingOffer || this.pc.signalingState !== "stable");
      this.ignoreOffer = !this.polite && clash;
      if (this.ignoreOffer) {
        // They would have answered ours, had it not been lost on the way.
        if (performance.now() - this.described > LOST_AFTER) this.describe();
        return;
      }
      if (description.type === "answer" && this.pc.signalingState !== "have-local-offer") return;
      await this.pc.setRemoteDescription(description);
      for (const early of this.waiting.splice(0)) await this.add(early);
      if (description.type === "offer") {
        this.answerMedia();
        await this.pc.setLocalDescription();
        this.describe();
      }
    } else if (candidate) {
      if (this.pc.remoteDescription) await this.add(candidate);
      else this.waiting.push(candidate);
    }
  }

  async add(candidate) {
    try {
      await this.pc.addIceCandidate(candidate.candidate ? candidate : null);
    } catch (error) {
      if (!this.ignoreOffer) throw error;
    }
  }

  follow() {
    const state = this.pc.connectionState;
    this.onstate(state);
    if (state === "connected") {
      this.stopTimers();
      return;
    }
    if ((state === "disconnected" || state === "failed") && !this.timers.size) {
      // A dip of a second mends itself; then look for another way; then begin anew.
      this.later(() => this.restart(), state === "failed" ? 0 : RESTART_AFTER[this.polite ? "polite" : "impolite"]);
      this.later(() => this.onbroken(), GIVE_UP_AFTER);
    }
  }

  restart() {
    if (this.closed || this.state === "connected" || !this.pc.remoteDescription) return;
    if (this.pc.signalingState === "have-local-offer") this.describe(); // the line was away: the offer may not have arrived
    else this.pc.restartIce();
  }

  later(act, wait) {
    const timer = setTimeout(() => {
      if (!this.closed && this.state !== "connected") act();
    }, wait);
    this.timers.add(timer);
  }

  stopTimers() {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  /** What came in, added up; for quality and for tests. */
  async stats() {
    return { state: this.state, path: "p2p", ...summed(await this.pc.getStats()) };
  }

  /** At once; or after so many milliseconds, in which it still sends: the other end may be a little behind. */
  close(wait = 0) {
    this.closed = true;
    this.stopTimers();
    this.pc.onicecandidate = this.pc.ontrack = this.pc.onconnectionstatechange = this.pc.onnegotiationneeded = null;
    if (wait) setTimeout(() => this.pc.close(), wait);
    else this.pc.close();
  }
}
