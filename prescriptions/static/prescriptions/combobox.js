// A search field with a list beneath it, after the WAI-ARIA combobox pattern: arrows move, Enter takes, Escape closes.
import { toast } from "../web/js/toast.js";

const PAUSE = 180;

/** combobox(input, list, { search: async (text) => rows, render: (row) => Node, choose: (row) => void, say: (count) => void }) */
export function combobox(input, list, { search, render, choose, say }) {
  let rows = [];
  let active = -1;
  let timer = null;
  let asked = 0;

  const options = () => [...list.children];

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(place) {
    active = place;
    for (const [number, option] of options().entries()) option.setAttribute("aria-selected", String(number === place));
    const chosen = options()[place];
    if (!chosen) return;
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }

  function take(place) {
    const row = rows[place];
    if (!row) return;
    input.value = "";
    close();
    choose(row);
  }

  async function look() {
    const text = input.value.trim();
    const number = ++asked;
    if (text.length < 2) return close();
    let found;
    try {
      found = await search(text);
    } catch (problem) {
      if (number === asked) {
        close();
        toast(problem.detail || problem.message, "bad"); // silence would read as "there is no such thing"
      }
      return;
    }
    if (number !== asked) return; // a later letter has been typed meanwhile
    rows = found;
    list.replaceChildren(...rows.map((row, place) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${place}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.append(render(row));
      return option;
    }));
    list.hidden = rows.length === 0;
    input.setAttribute("aria-expanded", String(rows.length > 0));
    say(rows.length);
    if (rows.length) mark(0);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) {
      if (event.key === "ArrowDown" && rows.length && input.value) look();
      return;
    }
    const last = rows.length - 1;
    const moves = { ArrowDown: active >= last ? 0 : active + 1, ArrowUp: active <= 0 ? last : active - 1 };
    if (event.key in moves) {
      event.preventDefault();
      mark(moves[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(active);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  });
  // mousedown comes before blur, so the list is still there to be taken from.
  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    event.preventDefault();
    if (option) take(options().indexOf(option));
  });
  input.addEventListener("blur", close);
}
