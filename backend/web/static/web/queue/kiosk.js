// The kiosk: scans where the browser can, and goes back to its first page by itself, so that nothing of anybody stays.

/** <kiosk-rest data-seconds data-home [data-always]>: back to the start after so long without a touch; with data-always in any case. */
customElements.define("kiosk-rest", class extends HTMLElement {
  connectedCallback() {
    this.left = Number(this.dataset.seconds);
    this.touch = () => { if (this.dataset.always === undefined) this.left = Number(this.dataset.seconds); };
    for (const kind of ["pointerdown", "keydown", "input"]) addEventListener(kind, this.touch);
    this.timer = setInterval(() => this.tick(), 1000);
    // "Done" takes the place of the number in the history: nobody comes back to it, and no typed phone number is sent again.
    this.querySelector("[data-done]")?.addEventListener("click", (event) => {
      event.preventDefault();
      location.replace(this.dataset.home);
    });
    // Whoever goes back in the history finds the first page, never the number of somebody else.
    addEventListener("pageshow", (event) => { if (event.persisted) location.replace(this.dataset.home); });
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    for (const kind of ["pointerdown", "keydown", "input"]) removeEventListener(kind, this.touch);
  }

  tick() {
    this.left -= 1;
    const shown = this.querySelector("[data-left]");
    if (shown) shown.textContent = `(${Math.max(this.left, 0)})`;
    if (this.left > 0) return;
    if (this.dataset.always === undefined && this.isUntouched()) this.left = Number(this.dataset.seconds);
    else location.replace(this.dataset.home);
  }

  isUntouched() {
    const typed = [...this.querySelectorAll("input:not([type=hidden])")].some((field) => field.value);
    return !typed && location.pathname + location.search === this.dataset.home && !this.querySelector("[role=alert]");
  }
});

/** <visit-scanner>: shown where the browser reads QR codes and there is a camera; what it reads is sent as if it were typed. */
customElements.define("visit-scanner", class extends HTMLElement {
  async connectedCallback() {
    if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
    const known = await window.BarcodeDetector.getSupportedFormats().catch(() => []);
    if (!known.includes("qr_code")) return;
    this.hidden = false;
    this.querySelector("button").addEventListener("click", () => this.scan());
  }

  disconnectedCallback() {
    this.stop();
  }

  async scan() {
    const video = this.querySelector("video");
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
    } catch {
      this.hidden = true; // no camera, or nobody may use it: the code can be typed
      return;
    }
    video.hidden = false;
    await video.play();
    const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
    const look = async () => {
      if (!video.srcObject) return;
      const [found] = await detector.detect(video).catch(() => []);
      if (!found) {
        this.timer = setTimeout(look, 150);
        return;
      }
      this.stop();
      const form = this.closest("form");
      form.elements.code.value = found.rawValue.slice(0, 12);
      form.requestSubmit();
    };
    look();
  }

  stop() {
    clearTimeout(this.timer);
    const video = this.querySelector("video");
    for (const track of video?.srcObject?.getTracks() ?? []) track.stop();
    if (video) video.srcObject = null;
  }
});
