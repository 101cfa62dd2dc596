// <corridor-board data-call data-say>: shows its page anew when the bell rings, and sounds when another number is called.
// The seconds are for a line that is down; what is shown comes from the server each time, so nothing can be out of step.
import { liveSocket, socketAddress } from "../js/socket.js";

const LOOK_EVERY = 10_000;

customElements.define("corridor-board", class extends HTMLElement {
  connectedCallback() {
    if (this.socket) return;
    this.timer = setInterval(() => this.look(), LOOK_EVERY);
    this.clock = setInterval(() => this.tick(), 1000);
    this.addEventListener("click", (event) => { if (event.target.closest("[data-sound]")) this.allowSound(); });
    this.offerSound();
    this.socket = liveSocket(async (signal) => {
      const answer = await fetch(new URL("pass/", location.href), { credentials: "omit", signal });
      if (!answer.ok) throw Object.assign(new Error(), { status: answer.status });
      const { pass } = await answer.json();
      return socketAddress(`/ws/v1/board?${new URLSearchParams({ pass })}`);
    }, { onmessage: (frame) => { if (frame?.t === "bell") this.look(); } });
    navigator.wakeLock?.request("screen").catch(() => {});
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    clearInterval(this.clock);
    this.socket?.close();
    this.socket = null;
  }

  async look() {
    // A bell while we are looking: look once more afterwards, because what we fetched may be older than the bell.
    if (this.looking) { this.again = true; return; }
    this.looking = true;
    try {
      const answer = await fetch(location.href, { credentials: "omit", headers: { Accept: "text/html" } });
      if (answer.status === 404) { location.reload(); return; } // ended by the desk
      const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("corridor-board");
      if (fresh) this.show(fresh);
    } catch {
      // No connection: the next look finds out.
    } finally {
      this.looking = false;
    }
    if (this.again) { this.again = false; this.look(); }
  }

  show(fresh) {
    const called = fresh.dataset.call && fresh.dataset.call !== this.dataset.call;
    this.replaceChildren(...fresh.childNodes);
    Object.assign(this.dataset, { call: fresh.dataset.call, say: fresh.dataset.say });
    this.offerSound();
    if (!called) return;
    this.querySelector(".corridor__room--latest")?.classList.add("corridor__room--rings");
    this.ring();
    this.speak();
  }

  /** Browsers let a page sound only after somebody has touched it once. */
  offerSound() {
    const button = this.querySelector("[data-sound]");
    if (button) button.hidden = this.audio?.state === "running";
  }

  async allowSound() {
    this.audio ??= new AudioContext();
    await this.audio.resume();
    this.offerSound();
    this.ring();
  }

  ring() {
    if (this.audio?.state !== "running") return;
    const start = this.audio.currentTime;
    for (const [place, pitch] of [[0, 784], [0.35, 988], [0.7, 1175]]) {
      const tone = this.audio.createOscillator();
      const volume = this.audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, start + place);
      volume.gain.exponentialRampToValueAtTime(0.4, start + place + 0.03);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + place + 0.6);
      tone.connect(volume).connect(this.audio.destination);
      tone.start(start + place);
      tone.stop(start + place + 0.65);
    }
  }

  /** The number and the room are read aloud where the device has a Vietnamese voice; no name is ever said. */
  speak() {
    if (this.audio?.state !== "running" || !this.dataset.say || !window.speechSynthesis) return;
    const voice = speechSynthesis.getVoices().find((one) => one.lang.startsWith("vi"));
    if (!voice) return;
    const words = new SpeechSynthesisUtterance(this.dataset.say);
    Object.assign(words, { voice, lang: voice.lang, rate: 0.9 });
    speechSynthesis.cancel();
    setTimeout(() => speechSynthesis.speak(words), 1300);
  }

  tick() {
    const place = this.querySelector("[data-clock]");
    if (place) place.textContent = new Date().toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit", timeZone: place.dataset.zone || undefined });
  }
});
