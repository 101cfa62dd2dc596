// The pictures of a call on its stage: one large, the others in a row, each under its name.

import { who } from "./people.js";

export class Stage {
  /** call: the <video-call> element. */
  constructor(call) {
    this.call = call;
    this.others = []; // everybody else in the call, the large one first
  }

  /** Who is large: whoever shows their screen; else for the doctor the citizen, for everybody else the doctor whose visit it is. */
  follow(others) {
    const large = this.call.isDoctor ? "citizen" : "practitioner";
    const rank = (seat) => {
      if (seat.screen) return -1;
      if (seat.role !== large) return 2;
      return this.call.isDoctor || seat.name === this.call.doctor?.name ? 0 : 1;
    };
    this.others = [...others].sort((one, other) => rank(one) - rank(other)); // of equals whoever came first
    return this.others;
  }

  /** people: Map of seat → MediaStream. The first is large, the others stand in a row. */
  show(people) {
    const { call } = this;
    const [first, ...rest] = this.others;
    this.play(call.at("remote"), first && people.get(first.id));
    call.at("peer-name").textContent = first ? who(first, call.words) : "";
    call.classList.toggle("call--peer-camera-off", Boolean(first && !first.camera && !first.screen));
    call.classList.toggle("call--peer-screen", Boolean(first?.screen));
    const row = call.at("others");
    const tiles = new Map([...row.children].map((tile) => [tile.dataset.seat, tile]));
    for (const seat of rest) {
      const tile = tiles.get(seat.id) ?? call.at("tile").content.firstElementChild.cloneNode(true);
      tiles.delete(seat.id);
      tile.dataset.seat = seat.id;
      tile.classList.toggle("call__tile--blank", !(seat.camera || seat.screen) || !seat.present);
      tile.classList.toggle("call__tile--guest", Boolean(seat.kind));
      tile.querySelector("figcaption").textContent = who(seat, call.words);
      if (!tile.isConnected) row.append(tile);
      this.play(tile.querySelector("video"), people.get(seat.id));
    }
    for (const gone of tiles.values()) gone.remove();
    call.classList.toggle("call--several", rest.length > 0);
  }

  /** The small picture of a seat, or null when it is the large one or gone. */
  tileOf(seat) {
    return [...this.call.at("others").children].find((tile) => tile.dataset.seat === seat) ?? null;
  }

  play(video, stream = null) {
    if (video.srcObject !== stream) video.srcObject = stream;
    if (stream && video.paused) video.play().catch(() => {});
  }

  /** Say what somebody turned on or off since `was`. */
  noticeMedia(now, was) {
    if (!was) return;
    if (!was.screen && now.screen) this.call.say("peer_screen_on", now.name);
    else if (was.mic && !now.mic) this.call.say("peer_mic_off", now.name);
    else if (was.camera && !now.camera) this.call.say("peer_camera_off", now.name);
    else if (was.mic !== now.mic || was.camera !== now.camera) this.call.say("peer_media_on", now.name);
  }
}
