// Showing one's screen in a call, on a computer: its picture goes in place of the camera's on the same connection, and back.

export class ScreenShare {
  /** `onchange` is called when it begins and ends, also by the browser's own button. */
  constructor({ call, words, onchange }) {
    Object.assign(this, { call, words, onchange });
    this.track = null;
    // A phone's browser may have the function and yet no screen to show.
    const can = Boolean(navigator.mediaDevices?.getDisplayMedia) && matchMedia("(pointer: fine)").matches;
    for (const button of this.buttons) button.hidden = !can;
  }

  get buttons() {
    return this.call.querySelectorAll("[data-act=share]");
  }

  async toggle() {
    if (this.track) this.stop();
    else await this.start();
  }

  async start() {
    let stream;
    try {
      // Words must be sharp; a page that stands still needs few frames.
      stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 10, max: 15 } }, audio: false });
    } catch {
      return; // thought better of it in the browser's own dialog
    }
    [this.track] = stream.getVideoTracks();
    this.track.contentHint = "detail";
    this.track.onended = () => this.stop();
    this.changed();
  }

  stop() {
    if (!this.track) return;
    this.track.onended = null;
    this.track.stop();
    this.track = null;
    this.changed();
  }

  changed() {
    const on = Boolean(this.track);
    this.call.classList.toggle("call--sharing", on);
    for (const button of this.buttons) {
      button.setAttribute("aria-pressed", String(on));
      button.querySelector("[data-part=label]").textContent = this.words[on ? "share_stop" : "share_start"];
    }
    this.onchange();
  }

  /** What is sent: the own devices, with the screen in place of the camera. */
  mixed(stream) {
    return this.track ? new MediaStream([...(stream?.getAudioTracks() ?? []), this.track]) : stream;
  }
}
