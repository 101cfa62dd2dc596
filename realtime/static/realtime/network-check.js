// <network-check> tries the speaker, and the network by a call with oneself through the media relay: what goes up comes down again.
// It needs no room, so it works days before the visit. Its sentences stand in its <template>s, by data-say.

import { api } from "../web/js/api.js";
import { socketAddress } from "../web/js/socket.js";
import { RelayPeer } from "./relay.js";

const MEASURE = 8000;
const LOOK_EVERY = 500;
const CONNECT_WITHIN = 8000;
const WARM_UP = 2000; // the estimate of a line begins low

// Above these a call is good, below the second it is a trouble (round trip in ms, lost of a hundred, kbit/s up, unevenness in ms).
const LIMITS = {
  rtt: { good: 200, fair: 450 },
  loss: { good: 1, fair: 5 },
  jitter: { good: 30, fair: 80 },
  estimate: { good: 700, fair: 250 },
};

/** figures → { level: "good" | "fair" | "poor", troubles: names of LIMITS that are not good, worst first }. */
function judge(figures) {
  const rank = (name) => {
    const { good, fair } = LIMITS[name];
    const fits = (limit) => (name === "estimate" ? figures[name] >= limit : figures[name] <= limit);
    return fits(good) ? 0 : fits(fair) ? 1 : 2;
  };
  const troubles = Object.keys(LIMITS).filter((name) => rank(name)).sort((one, other) => rank(other) - rank(one));
  return { level: ["good", "fair", "poor"][Math.max(0, ...troubles.map(rank))], troubles };
}

/** A picture that moves and a tone nobody hears: the trial asks for no camera. */
function ownStream(context) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
  const pen = canvas.getContext("2d");
  const timer = setInterval(() => {
    for (let n = 0; n < 60; n += 1) {
      pen.fillStyle = `hsl(${Math.random() * 360} 70% 50%)`;
      pen.fillRect(Math.random() * 640, Math.random() * 360, 80, 60);
    }
  }, 50);
  const stream = canvas.captureStream(20);
  const tone = context.createOscillator();
  const out = context.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  stream.addTrack(out.stream.getAudioTracks()[0]);
  return { stream, stop: () => { clearInterval(timer); tone.stop(); for (const track of stream.getTracks()) track.stop(); } };
}

const pause = (wait) => new Promise((done) => { setTimeout(done, wait); });
const middle = (values) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

class Blocked extends Error {}

/** → { rtt, loss, jitter, estimate }. Throws Blocked when no packet gets through, ApiProblem or Error when we cannot be reached. */
async function measure() {
  const { ticket } = await api.post("/api/v1/socket-tickets", { scope: "me" });
  const socket = new WebSocket(socketAddress(`/ws/v1/me?ticket=${encodeURIComponent(ticket)}`));
  const context = new AudioContext();
  const own = ownStream(context);
  const ends = {};
  let refused = false;
  const end = (name, stream) => {
    ends[name] = new RelayPeer({
      iceServers: [], stream, onpeople() {}, onready() {}, onstate() {}, onbroken() {},
      offer: (sdp) => socket.send(JSON.stringify({ v: 1, t: "probe", d: { end: name, sdp } })),
    });
  };
  const connected = async (name) => {
    const until = performance.now() + CONNECT_WITHIN;
    while (ends[name].state !== "connected") {
      if (refused) throw new Error("refused");
      if (performance.now() > until) throw new Blocked();
      await pause(50);
    }
  };
  try {
    await new Promise((done, fail) => { socket.onopen = done; socket.onerror = () => fail(new Error("no line")); });
    socket.onmessage = ({ data }) => {
      const { t, d } = JSON.parse(data);
      if (t === "answer") ends[d.end]?.answer({ sdp: d.sdp, slots: [] });
      else if (t === "error") refused = true;
      else if (t === "beat") socket.send(JSON.stringify({ v: 1, t: "beat", d: { n: d.n } }));
    };
    end("up", own.stream);
    await connected("up");
    end("down", null);
    await connected("down");
    await pause(WARM_UP);
    return await watch(ends);
  } finally {
    for (const one of Object.values(ends)) one.close();
    own.stop();
    context.close().catch(() => {});
    socket.close();
  }
}

async function watch({ up, down }) {
  const rtts = [];
  const jitters = [];
  let estimate = 0;
  const before = await down.stats();
  const until = performance.now() + MEASURE;
  while (performance.now() < until) {
    await pause(LOOK_EVERY);
    for (const one of (await up.pc.getStats()).values()) {
      if (one.type !== "candidate-pair" || !one.nominated) continue;
      if (one.currentRoundTripTime !== undefined) rtts.push(1000 * one.currentRoundTripTime);
      estimate = Math.max(estimate, (one.availableOutgoingBitrate ?? 0) / 1000);
    }
    jitters.push(1000 * (await down.stats()).jitter);
  }
  const after = await down.stats();
  const lost = Math.max(0, after.packetsLost - before.packetsLost);
  const came = after.packets - before.packets;
  if (!came) throw new Blocked();
  return { rtt: middle(rtts), loss: (100 * lost) / (lost + came), jitter: middle(jitters), estimate };
}

/** Three notes, loud enough for a phone on a table. */
async function playNotes() {
  const context = new AudioContext();
  await context.resume();
  [523, 659, 784].forEach((pitch, n) => {
    const tone = context.createOscillator();
    const loud = context.createGain();
    const begins = context.currentTime + 0.35 * n;
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0, begins);
    loud.gain.linearRampToValueAtTime(0.4, begins + 0.03);
    loud.gain.linearRampToValueAtTime(0, begins + 0.32);
    tone.connect(loud).connect(context.destination);
    tone.start(begins);
    tone.stop(begins + 0.34);
  });
  await pause(1300);
  await context.close();
}

class NetworkCheck extends HTMLElement {
  static judge = judge;

  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    for (const button of this.querySelectorAll("[data-try]")) button.disabled = false;
    this.addEventListener("click", (event) => {
      const what = event.target.closest("[data-try]")?.dataset.try;
      if (what) this[`try_${what}`]();
    });
  }

  at(name) {
    return this.querySelector(`[data-at="${name}"]`);
  }

  words(name) {
    return this.querySelector(`template[data-say="${name}"]`).content.textContent.trim();
  }

  async try_speaker() {
    const button = this.querySelector("[data-try=speaker]");
    button.disabled = true;
    this.at("speaker").textContent = this.words("listen");
    await playNotes().catch(() => {});
    button.disabled = false;
    this.at("heard").hidden = false;
    this.at("speaker").textContent = this.words("did-you-hear");
  }

  try_heard() {
    this.at("heard").hidden = true;
    this.dataset.speaker = "ok";
    this.at("speaker").textContent = this.words("speaker-good");
  }

  try_silent() {
    this.at("heard").hidden = true;
    this.dataset.speaker = "silent";
    this.at("speaker").textContent = this.words("speaker-fix");
  }

  async try_network() {
    const button = this.querySelector("[data-try=network]");
    button.disabled = true;
    this.at("figures").hidden = true;
    this.show("measuring", []);
    try {
      const figures = await measure();
      const { level, troubles } = judge(figures);
      this.dataset.level = level;
      for (const [name, value] of Object.entries(figures)) {
        this.at(name).textContent = name === "loss" ? value.toFixed(1) : String(Math.round(value));
      }
      this.at("figures").hidden = false;
      this.show(level, troubles);
    } catch (problem) {
      this.dataset.level = problem instanceof Blocked ? "blocked" : "unknown";
      this.show(this.dataset.level, []);
    }
    button.disabled = false;
  }

  show(name, troubles) {
    this.at("network").textContent = [this.words(name), ...troubles.slice(0, 2).map((one) => this.words(`fix-${one}`))].join(" ");
  }
}

customElements.define("network-check", NetworkCheck);
