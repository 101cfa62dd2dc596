// Photos and PDF files in the chat: chosen and looked at before they go, sent with their progress, tried again without losing
// the words, shown small, opened large. Their addresses last a minute, so each is asked for when it is needed.

import { api, csrfToken } from "../web/js/api.js";

const AGAIN_AFTER = 2000; // our first try is still being read: ask again how it went
const SHOWN = new Set(["image/jpeg", "image/png", "image/webp"]);

/** call: the element with the parts; chat: where the lines go; room: its id. */
export class Files {
  constructor({ call, chat, room, words }) {
    Object.assign(this, { call, chat, room, words });
    this.most = Number(call.at("say").dataset.mostBytes);
    this.drafts = [];
    this.queue = Promise.resolve(); // one at a time: the call needs the line too
    this.near = new IntersectionObserver((seen) => {
      for (const one of seen) if (one.isIntersecting) this.showSmall(one.target);
    });
    for (const input of call.querySelectorAll("[data-part=say] input[type=file]")) {
      input.addEventListener("change", () => {
        this.choose(input.files);
        input.value = ""; // the same photo may be chosen again
      });
    }
    chat.field.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.choose(event.clipboardData.files);
    });
    call.at("viewer").addEventListener("click", (event) => {
      if (event.target === event.currentTarget) event.currentTarget.close();
    });
    call.at("viewer").addEventListener("close", () => call.at("viewer").querySelector("img").removeAttribute("src"));
    chat.files = this;
  }

  copyOf(name) {
    return this.call.at(name).content.firstElementChild.cloneNode(true);
  }

  // ---- before it goes

  choose(files) {
    for (const file of files) {
      const draft = { file, url: SHOWN.has(file.type) ? URL.createObjectURL(file) : "", card: this.copyOf("draft") };
      const image = draft.card.querySelector("img");
      image.hidden = !draft.url;
      draft.card.querySelector(".icon").toggleAttribute("hidden", Boolean(draft.url));
      if (draft.url) image.src = draft.url;
      draft.card.querySelector("[data-part=draft-name]").textContent = file.name;
      draft.card.querySelector("button").addEventListener("click", () => this.dropDraft(draft));
      if (file.size > this.most) {
        this.complain(this.words.file_too_large);
        this.release(draft);
        continue;
      }
      this.drafts.push(draft);
      this.call.at("drafts").append(draft.card);
    }
    this.call.at("drafts").hidden = !this.drafts.length;
    if (this.drafts.length) this.call.at("say").querySelector("[type=submit]").focus();
  }

  complain(text) {
    const place = this.call.at("file-problem");
    place.textContent = text;
    setTimeout(() => place.textContent === text && (place.textContent = ""), 9000);
  }

  release(draft) {
    if (draft.url) URL.revokeObjectURL(draft.url);
    draft.card.remove();
  }

  dropDraft(draft) {
    this.release(draft);
    this.drafts = this.drafts.filter((one) => one !== draft);
    this.call.at("drafts").hidden = !this.drafts.length;
    this.chat.field.focus();
  }

  // ---- on its way

  /** The words go with the first file. False when there is no file to send. */
  sendWith(text) {
    if (!this.drafts.length) return false;
    for (const [place, draft] of this.drafts.entries()) this.begin(draft, place ? "" : text);
    this.drafts = [];
    this.call.at("drafts").hidden = true;
    return true;
  }

  begin(draft, text) {
    const id = crypto.randomUUID();
    const row = this.chat.row({ name: this.words.you, text, at: new Date() }, true);
    row.classList.add("chat__line--waiting");
    const sending = this.copyOf("sending");
    const image = sending.querySelector("img");
    image.hidden = !draft.url;
    if (draft.url) image.src = draft.url;
    sending.querySelector("[data-part=draft-name]").textContent = draft.file.name;
    row.append(sending);
    this.chat.toEnd();
    draft.card.remove();
    const one = { id, text, row, sending, file: draft.file, url: draft.url, tries: 0 };
    sending.querySelector("[data-part=retry]").addEventListener("click", () => this.send(one));
    sending.querySelector("[data-part=forget]").addEventListener("click", () => this.forget(one));
    this.chat.pending.set(id, { row, again: () => one.waitsForLine && this.send(one), gone: () => this.done(one) });
    this.send(one);
  }

  send(one) {
    one.waitsForLine = false;
    this.show(one, "going");
    this.queue = this.queue.then(() => this.upload(one));
  }

  upload(one) {
    const form = new FormData();
    form.append("client_id", one.id);
    form.append("text", one.text);
    form.append("file", one.file, "file"); // what it is called at home is nobody's business
    const progress = one.sending.querySelector("progress");
    return new Promise((finished) => {
      const request = new XMLHttpRequest();
      request.open("POST", `/api/v1/rooms/${this.room}/files`);
      request.setRequestHeader("X-CSRFToken", csrfToken());
      request.setRequestHeader("Accept-Language", document.documentElement.lang || "vi");
      request.responseType = "json";
      request.upload.onprogress = (event) => {
        // What is sent is still to be read: the last bit of the bar is the house's.
        if (event.lengthComputable) progress.value = (event.loaded / event.total) * 0.9;
      };
      request.onload = () => {
        if (request.status === 201) progress.value = 1; // the line itself comes over the socket
        else if (request.response?.code === "file_on_its_way" && (one.tries += 1) < 15) setTimeout(() => this.send(one), AGAIN_AFTER);
        else this.failed(one, request.response?.detail || this.words.file_not_sent);
      };
      request.onerror = request.ontimeout = () => {
        one.waitsForLine = true; // tried again by itself once we are connected
        this.failed(one, this.words.file_offline);
      };
      request.onloadend = finished;
      request.send(form);
    });
  }

  show(one, state) {
    one.sending.dataset.state = state;
    one.sending.querySelector("progress").hidden = state !== "going";
    one.sending.querySelector("[data-part=failed]").hidden = state !== "failed";
  }

  failed(one, why) {
    this.show(one, "failed");
    one.sending.querySelector("[data-part=why]").textContent = why;
    this.chat.toEnd();
  }

  forget(one) {
    this.chat.pending.delete(one.id);
    one.row.remove();
    this.done(one);
    // Nobody has to type it again.
    if (one.text && !this.chat.field.value) this.chat.field.value = one.text;
    this.chat.field.focus();
  }

  done(one) {
    if (one.url) URL.revokeObjectURL(one.url);
  }

  // ---- in the chat

  /** What stands in a line for { id, kind }: a button that shows it small and opens it large. */
  lineFor(file, { name, at }) {
    const button = this.copyOf(file.kind === "pdf" ? "file-pdf" : "file-picture");
    button.dataset.file = file.id;
    button.dataset.kind = file.kind;
    const words = this.words[`${file.kind}_of`].replace("%(name)s", name).replace("%(time)s", at);
    button.setAttribute("aria-label", words);
    button.addEventListener("click", () => this.open(button, words));
    this.near.observe(button);
    return button;
  }

  ask(id) {
    return api.get(`/api/v1/visit-files/${id}`);
  }

  async showSmall(button) {
    this.near.unobserve(button);
    try {
      const file = await this.ask(button.dataset.file);
      if (button.dataset.kind === "pdf") {
        const size = Math.max(file.size / 1048576, 0.1).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
        button.querySelector("[data-part=facts]").textContent = this.words.pdf_facts.replace("%(pages)s", file.pages).replace("%(size)s", size);
        return;
      }
      const image = button.querySelector("img");
      const scale = Math.min(1, 240 / Math.max(file.width, file.height));
      const atEnd = this.chat.isAtEnd();
      image.width = Math.round(file.width * scale);
      image.height = Math.round(file.height * scale);
      image.src = file.small;
      if (atEnd) this.chat.toEnd(); // what was in sight before the picture had its height stays in sight
    } catch {
      button.classList.add("chat__file--gone"); // a tap tries again
    }
  }

  async open(button, words) {
    let file;
    try {
      file = await this.ask(button.dataset.file);
    } catch (problem) {
      this.complain(problem.detail || this.words.file_gone);
      return;
    }
    if (button.dataset.kind === "pdf") {
      this.save(file.address);
      return;
    }
    const viewer = this.call.at("viewer");
    const image = viewer.querySelector("img");
    image.src = file.address;
    image.alt = words;
    viewer.dataset.file = button.dataset.file;
    viewer.showModal();
  }

  async saveOpen() {
    this.save((await this.ask(this.call.at("viewer").dataset.file)).address);
  }

  save(address) {
    const link = document.createElement("a");
    link.href = address;
    link.download = "";
    link.click();
  }
}
