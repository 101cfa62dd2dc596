// One's own camera and microphone on the page of a call: opening them, the preview, the level, the two buttons.

import { listDevices, listen, openDevices, stopAll } from "./devices.js";

const QUIET_BEFORE_HINT = 5000;
const HEARD = 0.22; // of the meter: a voice, not a room

/** call: the element with the parts; `onstream` gets each new stream, `onchange` says that mic or camera went on or off. */
export class OwnDevices {
  constructor({ call, words, say, onstream, onchange }) {
    Object.assign(this, { call, words, say, onstream, onchange });
    this.on = { mic: true, camera: true };
    this.problem = "no_device";
    this.heard = null; // where a meter stands: whether a voice was heard
    this.stream = null;
  }

  start(choice = {}) {
    this.starting ??= this.open(choice).finally(() => { this.starting = null; });
    return this.starting;
  }

  async open(choice) {
    const { call } = this;
    this.say("camera_asked");
    call.at("allow")?.toggleAttribute("hidden", true);
    stopAll(this.stream);
    const { stream, problem } = await openDevices(choice);
    this.stream = stream;
    this.problem = problem;
    for (const video of call.all("self")) video.srcObject = stream;
    call.classList.toggle("call--no-camera", !stream?.getVideoTracks().length);
    call.classList.toggle("call--no-devices", !stream);
    const trouble = call.at("trouble");
    if (trouble) {
      trouble.hidden = !problem;
      trouble.querySelector("[data-part=trouble-words]").textContent = problem ? call.word(problem) : "";
    }
    this.say(problem || "devices_ready");
    this.stopListening?.();
    if (stream) {
      await listDevices(call.querySelector("[data-part=cameras] select"), call.querySelector("[data-part=mics] select"), stream);
      this.watchLevel(stream);
      for (const track of stream.getTracks()) track.onended = () => this.gone();
    }
    call.at("ready")?.toggleAttribute("hidden", !stream);
    call.at("again")?.toggleAttribute("hidden", !problem);
    this.apply();
    await this.onstream(stream);
  }

  watchLevel(stream) {
    const meter = this.call.at("level");
    const hint = this.call.at("level-words");
    if (!meter) return;
    this.heard = false;
    const since = Date.now();
    this.stopListening = listen(stream, (level) => {
      meter.value = level;
      this.heard ||= level > HEARD;
      const words = this.heard ? this.words.mic_heard : Date.now() - since > QUIET_BEFORE_HINT ? this.words.mic_quiet : "";
      if (hint.textContent !== words) hint.textContent = words;
    });
  }

  async change() {
    const value = (name) => this.call.querySelector(`[data-part=${name}] select`)?.value ?? "";
    await this.start({ camera: value("cameras"), mic: value("mics") });
  }

  /** Unplugged in the middle: say so and try what is left. */
  gone() {
    this.say("busy");
    this.start();
  }

  toggle(name) {
    this.on[name] = !this.on[name];
    this.apply();
    this.onchange();
  }

  /** Somebody else has turned it off or on; one's own button still does as well. */
  set(name, on) {
    this.on[name] = on;
    this.apply();
  }

  apply() {
    const { call } = this;
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = this.on.mic;
    for (const track of this.stream?.getVideoTracks() ?? []) track.enabled = this.on.camera;
    for (const name of ["mic", "camera"]) {
      const has = Boolean(this.stream?.getTracks().some((track) => track.kind === (name === "mic" ? "audio" : "video")));
      const on = has && this.on[name];
      for (const button of call.querySelectorAll(`[data-act=${name}]`)) {
        button.setAttribute("aria-pressed", String(!on));
        button.classList.toggle("call__button--off", !on);
        button.disabled = !has;
        const label = button.querySelector("[data-part=label]");
        if (label) label.textContent = this.words[`${name}_${on ? "on" : "off"}`];
      }
    }
    call.classList.toggle("call--camera-off", !this.shown().camera);
  }

  shown() {
    const has = (kind) => Boolean(this.stream?.getTracks().some((track) => track.kind === kind && track.readyState === "live"));
    return { mic: this.on.mic && has("audio"), camera: this.on.camera && has("video") };
  }

  stop() {
    this.stopListening?.();
    stopAll(this.stream);
    this.stream = null;
  }
}
