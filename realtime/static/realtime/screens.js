// What a call shows around its pictures: screens (data-screen: check → waiting → call → ended), captions, hours and the chat's drawer.
// <video-call> is one of these; where one stands the server says, and video-call.js hears it.

import { toast } from "../web/js/toast.js";

const PASSING = new Set([
  "connected", "peer_mic_off", "peer_camera_off", "peer_media_on", "peer_screen_on", "sharing", "chat_new", "step_full", "step_theirs_full",
  "rec_cut_declined", "rec_cut_withdrawn", "rec_cut_stopped", "rec_cut_left", "rec_cut_handed_over", "rec_cut_limit", "rec_cut_storage", "rec_cut_broke",
]);

export class CallScreens extends HTMLElement {
  at(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  all(name) {
    return this.querySelectorAll(`[data-part="${name}"]`);
  }

  word(key, name = "") {
    return (this.words[key] ?? "").replace("%(name)s", name);
  }

  /** A caption of state, read aloud by screen readers; what is merely good news does not stay on the picture. */
  say(key, name = "") {
    const text = this.word(key, name);
    for (const place of this.all("status")) if (place.textContent !== text) place.textContent = text;
    clearTimeout(this.captionTimer);
    if (PASSING.has(key)) this.captionTimer = setTimeout(() => this.say(""), 6000);
  }

  screen(name, { focus = true } = {}) {
    const changed = this.dataset.shown !== name;
    this.dataset.shown = name;
    for (const one of this.querySelectorAll("[data-screen]")) {
      one.hidden = !one.dataset.screen.split(" ").includes(name);
    }
    document.body.classList.toggle("in-call", name === "call" && !this.isDoctor && !this.hasAttribute("in-page"));
    // A screen reader must learn that the page has become another one.
    const place = `[data-screen~="${name}"]`;
    if (changed && focus) this.querySelector(`${place}[data-focus], ${place} [data-focus]`)?.focus({ preventScroll: name === "call" });
  }

  // ---- hours

  watchHours() {
    const opens = Date.parse(this.getAttribute("opens-at") ?? "");
    const show = () => {
      const early = Date.now() < opens;
      for (const one of this.all("early")) one.hidden = !early;
      for (const one of this.all("enter")) one.disabled = early;
      if (early) setTimeout(show, Math.min(opens - Date.now() + 500, 60_000));
    };
    show();
  }

  // ---- chat

  do_chat() {
    const open = !this.classList.contains("call--chatting");
    this.showChat(open);
    if (open) this.at("say").querySelector("textarea").focus();
    else this.querySelector(".call__controls [data-act=chat]")?.focus();
  }

  showChat(open) {
    this.classList.toggle("call--chatting", open);
    for (const button of this.querySelectorAll("[data-act=chat]")) button.setAttribute("aria-expanded", String(open));
    this.classList.remove("call--unread");
    this.at("chat").toggleAttribute("inert", !open && this.at("chat").dataset.drawer !== undefined);
  }

  noticeLine(line) {
    if (this.isDoctor) {
      this.showChat(true); // beside the note there is place for it, and no line may be missed
      // On a phone another part of the visit may stand before the call.
      if (!this.at("chat").checkVisibility()) toast(this.word("chat_new", line.name));
      return;
    }
    if (this.classList.contains("call--chatting")) return;
    this.classList.add("call--unread");
    this.say("chat_new", line.name);
  }
}
