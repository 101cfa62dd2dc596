// <call-film seconds="…"> plays the films of several people as one: one button, one slider, one clock.
// Without script each film has its own controls.

const OFF_BY = 0.2; // seconds a film may be away from the clock before it is set right
const LOOK_EVERY = 250;

class CallFilm extends HTMLElement {
  connectedCallback() {
    this.length = Number(this.getAttribute("seconds"));
    this.films = [...this.querySelectorAll("video")].map((video) => ({ video, starts: Number(video.dataset.starts) / 1000 }));
    if (!this.films.length) return;
    this.at("bar").hidden = false;
    for (const { video } of this.films) {
      video.controls = false;
      video.preload = "auto";
    }
    this.time = 0;
    this.playing = false;
    this.at("play").addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.at("place").addEventListener("input", (event) => this.jump(Number(event.target.value)));
    this.look = setInterval(() => this.follow(), LOOK_EVERY);
  }

  disconnectedCallback() {
    clearInterval(this.look);
  }

  at(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  play() {
    if (this.time >= this.length - 0.1) this.jump(0);
    this.playing = true;
    this.since = performance.now() - this.time * 1000;
    this.follow();
    this.show();
  }

  pause() {
    this.playing = false;
    for (const { video } of this.films) video.pause();
    this.show();
  }

  jump(time) {
    this.time = time;
    this.since = performance.now() - time * 1000;
    for (const { video, starts } of this.films) video.currentTime = Math.max(0, time - starts);
    this.show();
  }

  /** The clock leads; while a film still loads, it waits for it. */
  follow() {
    if (!this.playing) return;
    const now = (performance.now() - this.since) / 1000;
    const due = this.films.filter(({ video, starts }) => now >= starts && !(video.duration <= now - starts));
    const waits = due.some(({ video }) => video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA);
    if (waits) this.since = performance.now() - this.time * 1000;
    else this.time = now;
    for (const { video, starts } of due) {
      if (Math.abs(video.currentTime - (this.time - starts)) > OFF_BY) video.currentTime = this.time - starts;
      if (video.paused) video.play().catch(() => {});
    }
    if (this.time >= this.length) this.pause();
    this.show();
  }

  show() {
    const seconds = Math.min(this.time, this.length);
    this.at("place").value = seconds;
    this.at("clock").value = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
    this.at("play").setAttribute("aria-pressed", String(this.playing));
    this.at("play-words").textContent = this.querySelector(`[data-say="${this.playing ? "pause" : "play"}"]`).innerHTML;
    this.dataset.playing = String(this.playing);
  }
}

customElements.define("call-film", CallFilm);
