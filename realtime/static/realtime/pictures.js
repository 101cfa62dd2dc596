// How the pictures of a call travel: straight between two browsers, or through the media relay; and how one becomes the other
// without a gap. The server decides (topology, preparing, epoch in each `room` frame); here it is carried out.

import { Peer } from "./peer.js";
import { RelayPeer } from "./relay.js";

const leads = (seat) => seat.role === "practitioner";
const STUCK_AFTER = 8000; // browser to browser not to be had: ask for the relay
const LINGERS = 700; // closing a connection holds up the page: not while the other one takes over

/** Make these the stream's tracks. The new ones come first: a video that is without any for a moment goes dark. */
function fill(stream, tracks) {
  for (const track of tracks) stream.addTrack(track);
  for (const track of stream.getTracks()) if (!tracks.includes(track)) stream.removeTrack(track);
}

/**
 * new Pictures({ send, onpeople, onstate, onhint, onbroken })
 * `onpeople` gets a Map of seat → MediaStream to be shown; `onstate` the state of the connection that is shown; `onhint` a key of
 * the words; `onbroken` says that the seat must be taken anew.
 */
export class Pictures {
  constructor({ send, onpeople, onstate, onhint, onbroken }) {
    Object.assign(this, { send, onpeople, onstate, onhint, onbroken });
    this.stream = null;
    this.iceServers = [];
    this.room = { topology: "p2p", preparing: "", epoch: 0, relay: false };
    this.shown = "p2p";
    this.streams = new Map(); // seat → what its video plays; the stream stays when the way changes, only its tracks do not
  }

  /** The connection whose pictures are on the screen. */
  get current() {
    return this.shown === "relay" ? this.relay : this.peer;
  }

  get state() {
    return this.current?.state ?? "none";
  }

  /** The room as it stands now, seen from `me` ({ id, role }); `others` are those who are in the call. */
  update(room, me, others) {
    this.room = room;
    this.me = me;
    const uses = (topology) => room.topology === topology || room.preparing === topology;
    if (uses("p2p")) this.followPeer(others);
    if (uses("relay")) this.followRelay(others);
    const switched = this.shown !== room.topology;
    this.shown = room.topology;
    this.show();
    if (!uses("p2p")) this.dropPeer(switched ? LINGERS : 0);
    if (!uses("relay")) this.dropRelay(switched ? LINGERS : 0);
    // What takes over has long been connected, and says so no more.
    if (switched && this.current) this.onstate(this.state);
  }

  show() {
    const people = this.shown === "relay" ? this.relay?.people : this.peer && new Map([[this.peerSeat, this.peer.remote]]);
    for (const seat of this.streams.keys()) if (!people?.has(seat)) this.streams.delete(seat);
    for (const [seat, stream] of people ?? []) {
      if (!this.streams.has(seat)) this.streams.set(seat, new MediaStream());
      fill(this.streams.get(seat), stream.getTracks());
    }
    this.onpeople(this.streams);
  }

  // ---- browser to browser

  followPeer(others) {
    const [other] = others;
    if (others.length !== 1) {
      // While the relay is prepared for a third, the two who speak go on.
      if (!others.some((one) => one.id === this.peerSeat)) this.dropPeer();
      return;
    }
    if (other.present) this.meet(other);
    else if (other.id !== this.peerSeat) this.dropPeer();
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
    this.peerSeat = other.id;
    this.onhint("connecting");
    this.peer = new Peer({
      // The doctor's side leads; of two who are no doctors, the one with the smaller id.
      polite: leads(this.me) === leads(other) ? this.me.id > other.id : leads(other),
      iceServers: this.iceServers,
      stream: this.stream,
      send: (signal) => this.send("signal", { to: other.id, ...signal }),
      onremote: () => this.show(),
      onstate: (state) => this.peerState(state),
      onbroken: () => this.peerBroken(),
    });
    this.stuck = setTimeout(() => this.peer?.state !== "connected" && this.room.relay && this.send("stuck", {}), STUCK_AFTER);
  }

  peerState(state) {
    if (state === "connected" && this.room.preparing === "p2p") this.send("ready", { epoch: this.room.epoch });
    if (this.shown === "p2p") this.onstate(state);
  }

  peerBroken() {
    if (!this.room.relay || !this.send("stuck", {})) this.onbroken();
  }

  take(signal) {
    if (signal.from === this.peerSeat) this.peer?.take(signal);
  }

  dropPeer(wait = 0) {
    clearTimeout(this.stuck);
    this.peer?.close(wait);
    this.peer = this.peerKey = this.peerSeat = null;
  }

  // ---- through the relay

  followRelay(others) {
    // An epoch that only prepares the way back to p2p leaves the relay's connection as it is.
    const anew = this.relay && this.room.epoch !== this.relayEpoch && this.room.preparing !== "p2p";
    if (this.relay && !anew) return;
    this.dropRelay();
    if (others.length || this.room.topology === "relay") this.openRelay();
  }

  openRelay() {
    const epoch = this.room.epoch;
    this.relayEpoch = epoch;
    if (this.shown === "relay") this.onhint("connecting");
    this.relay = new RelayPeer({
      iceServers: this.iceServers,
      stream: this.stream,
      offer: (sdp, restart) => this.send("offer", { epoch, sdp, restart }),
      onpeople: () => this.shown === "relay" && this.show(),
      onready: () => this.room.preparing === "relay" && this.send("ready", { epoch }),
      onstate: (state) => this.shown === "relay" && this.onstate(state),
      onbroken: () => this.relayBroken(),
    });
  }

  /** A new connection on the same seat; the last picture stays until the next one comes. */
  relayBroken(wait = 300) {
    this.dropRelay();
    clearTimeout(this.again);
    this.again = setTimeout(() => {
      if (!this.relay && [this.room.topology, this.room.preparing].includes("relay")) this.openRelay();
    }, wait);
  }

  /** The relay did not answer; another one takes over within seconds. */
  refused() {
    if (this.relay && this.relay.state !== "connected") this.relayBroken(this.relay.state === "new" ? 1000 : 300);
  }

  answer(data) {
    if (data.epoch === this.relayEpoch) this.relay?.answer(data);
  }

  slots(data) {
    this.relay?.seat(data.slots);
  }

  dropRelay(wait = 0) {
    this.relay?.close(wait);
    this.relay = this.relayEpoch = null;
  }

  // ---- both

  /** The line to the house is back after it was away. */
  lineBack() {
    this.peer?.restart();
    this.relay?.again();
  }

  /** What is tried from now on uses these servers, also on a connection that stands. */
  useServers(iceServers) {
    this.iceServers = iceServers;
    for (const one of [this.peer, this.relay]) one?.pc.setConfiguration({ ...one.pc.getConfiguration(), iceServers });
  }

  async replace(stream) {
    this.stream = stream;
    await Promise.all([this.peer?.replace(stream), this.relay?.replace(stream)]);
  }

  drop() {
    clearTimeout(this.again);
    this.dropPeer();
    this.dropRelay();
    this.show();
  }

  /** The peer connections there are; while one topology gives way to another, both. */
  get connections() {
    return [this.peer?.pc, this.relay?.pc].filter(Boolean);
  }

  async stats() {
    return this.current ? this.current.stats() : null;
  }
}
