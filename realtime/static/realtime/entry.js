// What is settled before a call: that the citizen agrees to being treated by video, and how one's own devices were found.

import { api } from "../web/js/api.js";

const WITHOUT = {
  "": ["ok", "ok"], no_camera: ["none", "ok"], no_mic: ["ok", "none"], denied: ["denied", "denied"],
  insecure: ["denied", "denied"], busy: ["busy", "busy"], no_device: ["none", "none"],
};
const NETWORK = { good: "excellent", fair: "good", poor: "poor", blocked: "lost" };

/** What OwnDevices and <network-check> found, in the words of the evidence. */
export function found({ problem = "", heard = null } = {}, check = null) {
  const [camera, microphone] = WITHOUT[problem] ?? WITHOUT.no_device;
  return {
    camera,
    microphone: microphone === "ok" && heard === false ? "silent" : microphone,
    speaker: check?.dataset.speaker ?? "skipped",
    network: NETWORK[check?.dataset.level] ?? "skipped",
  };
}

export class Entry {
  /** call: the <video-call> element. */
  constructor({ call, room }) {
    Object.assign(this, { call, room });
    this.form = call.at("consent");
    this.form?.querySelector("input").addEventListener("change", () => { call.at("consent-problem").hidden = true; });
  }

  /** Once per visit. → whether one may go on. Two presses are one. */
  agree() {
    this.agreeing ??= this.ask().finally(() => { this.agreeing = null; });
    return this.agreeing;
  }

  async ask() {
    if (!this.form) return true;
    const box = this.form.querySelector("input");
    if (!box.checked) {
      this.call.at("consent-problem").hidden = false;
      box.focus();
      return false;
    }
    try {
      await api.post(`/api/v1/rooms/${this.room}/consent`, { what: "remote_visit", given: true, version: this.form.dataset.version });
    } catch (problem) {
      if (problem.code === "consent_text_changed") location.reload();
      this.call.say("refused");
      return false;
    }
    this.form.remove();
    this.form = null;
    return true;
  }

  /** Told for the evidence; nobody waits for it, and a guest has nobody to tell. */
  report() {
    if (this.call.getAttribute("role-in") === "guest") return;
    const result = found(this.call.devices, this.call.querySelector("network-check"));
    api.post(`/api/v1/rooms/${this.room}/device-check`, result).catch(() => {});
  }
}
