// What a doctor keeps (favourite lines, sets, sentences), and what this patient had before. Each is used with one tap, and undone with one.
import { api, newKey } from "../web/js/api.js";
import { toast } from "../web/js/toast.js";

const AT = "/api/v1/prescribing";

/** own(pad): fills the fold "Sets, favourites, earlier prescriptions" and the sentences under the advice. */
export function own(pad) {
  let kept = { favourites: [], sets: [], snippets: [] };
  let loaded = false;
  const nameOf = (line) => pad.titleOf(line.drug);
  const shortOf = (line) => `${nameOf(line)} · ${document.documentElement.lang === "vi" ? line.dose_quantity.replace(".", ",") : line.dose_quantity} ${pad.word("times")} ${line.doses_a_day} · ${line.days} ${pad.word("days")}`;

  async function load() {
    loaded = true;
    try {
      kept = await api.get(`${AT}/own?${new URLSearchParams({ on: pad.getAttribute("on") })}`);
      show();
    } catch (problem) {
      loaded = false;
      toast(problem.detail || problem.message, "bad");
    }
  }

  // What was prescribed before is the patient's record: it is read, and noted, only when the fold is opened.
  async function loadEarlier() {
    const draft = await pad.begin();
    const { results } = await api.get(`/api/v1/prescriptions/${draft.id}/earlier`);
    pad.part("earlier").replaceChildren(...results.map((one) => {
      const row = pad.copy("before");
      row.querySelector('[data-is="what"]').textContent = [...one.lines.map(nameOf), ...one.gone].join(", ");
      row.querySelector('[data-is="who"]').textContent = `${new Date(one.signed_at).toLocaleDateString(document.documentElement.lang)} · ${one.practitioner}`;
      const gone = row.querySelector('[data-is="gone"]');
      gone.hidden = !one.gone.length;
      gone.textContent = `${pad.word("gone")} ${one.gone.join(", ")}`;
      const use = row.querySelector('[data-is="use"]');
      use.disabled = !one.lines.length;
      use.addEventListener("click", () => pad.addLines(one.lines, one.advice, one.gone));
      return row;
    }));
    pad.part("earlier-group").hidden = !results.length;
    return results.length;
  }

  function chip(name, { use, drop, share, shared }) {
    const row = pad.copy("kept");
    const button = row.querySelector('[data-is="use"]');
    button.textContent = name;
    button.addEventListener("click", use);
    if (drop) {
      const away = row.querySelector('[data-is="drop"]');
      away.hidden = false;
      away.querySelector('[data-is="name"]').textContent = name;
      away.addEventListener("click", drop);
    }
    if (share) {
      const button = row.querySelector('[data-is="share"]');
      button.hidden = false;
      button.setAttribute("aria-pressed", String(shared));
      button.addEventListener("click", share);
    }
    return row;
  }

  function show() {
    pad.part("favourites").replaceChildren(...kept.favourites.map((one) => chip(shortOf(one), { use: () => pad.addLines([one]), drop: () => dropFavourite(one) })));
    pad.part("sets").replaceChildren(...kept.sets.map((one) => chip(one.is_own ? one.name : `${one.name} · ${pad.word("by")} ${one.by}`, {
      use: () => pad.addLines(one.lines, one.advice, one.gone),
      drop: one.is_own ? () => dropSet(one) : null,
      share: one.is_own ? () => share(one) : null,
      shared: one.shared,
    })));
    pad.part("snippets").replaceChildren(...kept.snippets.map((one) => chip(one.text, { use: () => pad.addAdvice(one.text), drop: () => dropSnippet(one) })));
    pad.part("favourites-group").hidden = !kept.favourites.length;
    pad.part("sets-group").hidden = !kept.sets.length;
    pad.part("own-loading").hidden = true;
    pad.part("own-empty").hidden = Boolean(kept.favourites.length || kept.sets.length || pad.part("earlier").children.length);
    pad.showKept();
  }

  // Thrown away at once, and brought back by the one button beside the words.
  async function dropThen(path, what, again) {
    try {
      await api.delete(path);
    } catch (problem) {
      toast(problem.detail || problem.message, "bad");
    }
    await load();
    pad.offerUndo(`${pad.word("dropped")} ${what}`, async () => {
      await again();
      await load();
    });
  }

  const lineOf = ({ drug, dose_quantity, doses_a_day, days, instruction }) => ({ drug: drug.code, dose_quantity, doses_a_day, days, instruction });
  const post = (path, wish) => api.post(`${AT}/${path}`, wish, { idempotencyKey: newKey() });
  const dropFavourite = (one) => dropThen(`${AT}/favourites/${one.id}`, nameOf(one), () => post("favourites", lineOf(one)));
  const dropSnippet = (one) => dropThen(`${AT}/snippets/${one.id}`, one.text, () => post("snippets", { text: one.text }));
  const dropSet = (one) => dropThen(`${AT}/sets/${one.id}`, one.name, () => post("sets", { name: one.name, lines: one.lines.map(lineOf), advice: one.advice, shared: one.shared }));

  async function share(one) {
    try {
      await api.patch(`${AT}/sets/${one.id}`, { shared: !one.shared });
      await load();
    } catch (problem) {
      toast(problem.detail || problem.message, "bad");
    }
  }

  const same = (one, wish) => one.drug.code === wish.drug && Number(one.dose_quantity) === Number(wish.dose_quantity) && one.doses_a_day === wish.doses_a_day && one.days === wish.days && one.instruction === wish.instruction;

  pad.part("own").addEventListener("toggle", async () => {
    if (!pad.part("own").open) return;
    pad.part("own-loading").hidden = false;
    try {
      await Promise.all([loaded ? null : load(), loadEarlier()]);
      show();
    } catch (problem) {
      pad.part("own-loading").hidden = true;
      toast(problem.detail || problem.message, "bad");
    }
  });

  return {
    load,
    isFavourite: (wish) => kept.favourites.some((one) => same(one, wish)),
    /** The star: keeps a line, or keeps it no longer. */
    async star(wish) {
      const there = kept.favourites.find((one) => same(one, wish));
      if (there) return dropFavourite(there);
      await post("favourites", wish);
      toast(pad.word("kept"), "good");
      return load();
    },
    async keepSet(name, lines, advice, shared) {
      await post("sets", { name, lines, advice, shared });
      toast(pad.word("kept"), "good");
      return load();
    },
    async keepSnippet(text) {
      await post("snippets", { text });
      toast(pad.word("kept"), "good");
      return load();
    },
    hasSnippet: (text) => kept.snippets.some((one) => one.text === text),
  };
}
