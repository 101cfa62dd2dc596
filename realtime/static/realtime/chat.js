// The written part of a call: lines as they come, a line of one's own shown at once and sent again until it is confirmed.

import { clock } from "../web/js/dates.js";

export class Chat {
  /** `send(id, text)` returns false while the line is down; `onnews(line)` is called for a line of somebody else. */
  constructor({ list, form, words, send, onnews }) {
    this.list = list;
    this.field = form.querySelector("textarea");
    this.words = words;
    this.send = send;
    this.onnews = onnews;
    this.me = "";
    this.pending = new Map(); // own id → { text, row }
    this.known = new Set();
    this.files = null; // see files.js
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.say();
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.say();
      }
    });
  }

  say() {
    const text = this.field.value.trim();
    if (this.files?.sendWith(text)) this.field.value = "";
    else if (text) this.sayText(text);
  }

  sayText(text) {
    const id = crypto.randomUUID();
    const row = this.row({ name: this.words.you, text, at: new Date() }, true);
    row.classList.add("chat__line--waiting");
    row.title = this.words.chat_not_sent;
    this.pending.set(id, { row, again: () => this.send(id, text) });
    this.field.value = "";
    this.send(id, text);
  }

  /** After a reconnect: the same ids, so nothing is said twice. */
  sendAgain() {
    for (const { again } of this.pending.values()) again();
  }

  /** All lines so far, from the welcome. */
  fill(lines, me) {
    this.me = me;
    for (const line of lines) this.hear(line, { quiet: true });
  }

  hear(line, { quiet = false } = {}) {
    if (this.known.has(line.id)) return;
    this.known.add(line.id);
    const mine = line.from === this.me;
    const waiting = mine && this.pending.get(line.client_id);
    if (waiting) {
      this.pending.delete(line.client_id);
      waiting.row.remove();
      waiting.gone?.();
    }
    this.row({ name: mine ? this.words.you : line.name, text: line.text, at: new Date(line.at), file: line.file }, mine);
    if (!mine && !quiet) this.onnews(line);
  }

  row({ name, text, at, file }, mine) {
    const row = document.createElement("li");
    row.className = mine ? "chat__line chat__line--mine" : "chat__line";
    const head = document.createElement("p");
    head.className = "chat__who";
    const time = document.createElement("time");
    time.dateTime = at.toISOString();
    time.textContent = clock(at);
    head.append(`${name} · `, time);
    const body = document.createElement("p");
    body.className = "chat__text";
    body.textContent = text;
    row.append(head);
    if (text) row.append(body);
    if (file && this.files) row.append(this.files.lineFor(file, { name, at: clock(at) }));
    this.list.append(row);
    this.toEnd();
    return row;
  }

  isAtEnd() {
    const view = this.list.parentElement;
    return view.scrollHeight - view.scrollTop - view.clientHeight < 80;
  }

  toEnd() {
    this.list.parentElement.scrollTop = this.list.parentElement.scrollHeight;
  }
}
