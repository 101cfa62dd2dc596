// The list of diagnoses, main one first, and the ICD-10 search beneath it (codes, Vietnamese without tone marks, English).
import { combobox } from "../../prescriptions/combobox.js";
import { api } from "../js/api.js";

const MOST = 13;

export class Diagnoses {
  constructor(root, { rows, language, words, onchange }) {
    Object.assign(this, { rows, language, words, onchange });
    this.list = root.querySelector("[data-part=diagnoses]");
    this.template = root.querySelector("template[data-part=diagnosis]");
    this.show();
    const picker = root.querySelector("icd-picker");
    if (!picker) return;
    const input = picker.querySelector("input");
    combobox(input, picker.querySelector("[role=listbox]"), {
      search: async (text) => (await api.get(`/api/v1/icd10?${new URLSearchParams({ q: text, limit: 12 })}`)).results,
      render: (found) => this.option(found),
      choose: (found) => this.add(found),
      say: (count) => {
        picker.querySelector("[data-part=count]").textContent = count ? words.found.replace("%(n)s", count) : words.none_found;
      },
    });
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const place = Number(button.closest("li").dataset.place);
      const [row] = this.rows.splice(place, 1);
      if (button.dataset.act === "main") this.rows.unshift(row);
      this.rows = [...this.rows];
      this.show();
      input.focus();
      this.onchange();
    });
  }

  fill(rows) {
    this.rows = rows.map(({ code, name }) => ({ code, name }));
    this.show();
  }

  add(found) {
    if (this.rows.length >= MOST || this.rows.some((row) => row.code === found.code)) return;
    this.rows = [...this.rows, { code: found.code, name: this.nameOf(found) }];
    this.show();
    this.onchange();
  }

  nameOf(found) {
    return (this.language === "en" ? found.name_en || found.name_vi : found.name_vi || found.name_en).slice(0, 255);
  }

  option(found) {
    const box = document.createElement("span");
    const code = document.createElement("strong");
    code.textContent = found.code;
    const other = document.createElement("span");
    other.className = "meta";
    other.textContent = this.nameOf(found) === found.name_en ? found.name_vi : found.name_en;
    box.append(code, ` ${this.nameOf(found)}`, document.createElement("br"), other);
    return box;
  }

  show() {
    this.list.replaceChildren(...this.rows.map((row, place) => this.line(row, place)));
    this.list.hidden = this.rows.length === 0;
  }

  line(row, place) {
    const line = this.template.content.firstElementChild.cloneNode(true);
    line.dataset.place = place;
    line.querySelector("[data-is=code]").textContent = row.code;
    line.querySelector("[data-is=name]").textContent = row.name;
    if (place > 0) line.querySelector("[data-is=main]").remove();
    else line.querySelector("[data-act=main]")?.remove();
    for (const button of line.querySelectorAll("button")) {
      const words = button.dataset.act === "main" ? this.words.make_main : this.words.remove;
      button.setAttribute("aria-label", `${words}: ${row.code} ${row.name}`);
      button.title = words;
    }
    return line;
  }
}
