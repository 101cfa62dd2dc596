// What must stand on a prescription besides its lines: what the record knows is there already, what the doctor writes is sent.

const OF_KIND = { c: ["long_term"], n: ["acute", "cancer_pain"], h: ["acute", "long_term"], t: ["acute", "long_term"] };
const KIND = { narcotic: "n", psychotropic: "h" };
const EMPTY = { at_discharge: false };

/** The type that lines of these drugs give a prescription: c, n, h or t. */
export function kindOf(drugs) {
  const controlled = drugs.find((drug) => KIND[drug.control]);
  if (controlled) return KIND[controlled.control];
  return drugs.some((drug) => drug.tradition === "herb") ? "t" : "c";
}

const written = (value) => String(Number(value)).replace(".", document.documentElement.lang === "vi" ? "," : ".");

/** Mark a field as wrong, or no longer. */
export function mark(field, wrong) {
  if (wrong) field?.setAttribute("aria-invalid", "true");
  else field?.removeAttribute("aria-invalid");
}

/** facts(place, changed): the fields of `place` marked data-fact. */
export function facts(place, changed) {
  const known = JSON.parse(document.getElementById("pad-known").textContent);
  const fields = [...place.querySelectorAll("[data-fact]")];
  const touched = new Set();
  const details = place.querySelector('[data-part="facts"]');

  const valueOf = (field) => {
    if (field.type === "checkbox") return field.checked;
    if (field.type === "date") return field.value || null;
    if (field.name === "weight_kg") return field.value ? field.value.replace(",", ".") : null;
    return field.value;
  };

  function tell() {
    const said = fields.filter((field) => ["weight_kg", "residence"].includes(field.name) && field.value);
    place.querySelector('[data-part="facts-said"]').textContent = said.map((field) => (field.name === "weight_kg" ? `${field.value} kg` : field.value)).join(" · ");
    const day = known.weight_on && !touched.has("weight_kg") ? new Date(`${known.weight_on}T12:00:00`) : null;
    const words = place.querySelector('[data-template="words"]').content.querySelector('[data-word="weighed"]').textContent;
    place.querySelector('[data-part="weighed"]').textContent = day ? `${words} ${day.toLocaleDateString(document.documentElement.lang)}` : "";
    place.querySelector('[data-part="revisit-said"]').hidden = !place.querySelector('[name="revisit_on"]').value;
  }

  place.addEventListener("input", (event) => {
    if (!event.target.matches("[data-fact]")) return;
    touched.add(event.target.name);
    tell();
    changed();
  });

  return {
    /** Show a draft's values; where it says nothing, what the record knows. */
    fill(said) {
      touched.clear();
      for (const field of fields) {
        const value = said?.[field.name] ?? known[field.name] ?? "";
        if (field.type === "checkbox") field.checked = Boolean(value);
        else field.value = field.name === "weight_kg" && value ? written(value) : value;
      }
      tell();
    },
    /** What the record has learned meanwhile (a weight that was just measured) appears where nothing is written. */
    refresh(said) {
      for (const name of ["weight_kg", "companion", "companion_phone", "phone", "residence"]) {
        const field = fields.find((one) => one.name === name);
        if (field.value || touched.has(name) || !said[name]) continue;
        field.value = name === "weight_kg" ? written(said[name]) : said[name];
        if (name === "weight_kg") known.weight_on = said.weight_on;
      }
      tell();
    },
    /** Show what this kind of prescription asks for. */
    show(kind, traditional) {
      for (const part of place.querySelectorAll("[data-when]")) {
        part.hidden = !{ small: known.small, narcotic: kind === "n", traditional }[part.dataset.when];
      }
      const course = place.querySelector('[name="course"]');
      for (const option of course.querySelectorAll("[data-course]")) option.hidden = option.disabled = !OF_KIND[kind].includes(option.value);
      if (course.selectedOptions[0]?.disabled) {
        course.value = "";
        touched.add("course");
      }
    },
    set(name, value) {
      const field = fields.find((one) => one.name === name);
      field.value = value;
      touched.add(name);
      tell();
      changed();
    },
    wish: () => Object.fromEntries(fields.filter((field) => touched.has(field.name)).map((field) => [field.name, valueOf(field) ?? EMPTY[field.name] ?? null])),
    valid: () => fields.every((field) => field.checkValidity()),
    /** Say what is wrong where it stands. Returns whether something of it was here. */
    complain(errors) {
      const told = Object.fromEntries(Object.entries(errors).filter(([name]) => name.startsWith("particulars.")).map(([name, words]) => [name.slice("particulars.".length), words]));
      for (const shown of place.querySelectorAll("[data-error]")) {
        shown.textContent = (told[shown.dataset.error] || []).join(" ");
        shown.hidden = !told[shown.dataset.error];
        mark(place.querySelector(`[name="${shown.dataset.error}"]`), !shown.hidden);
      }
      const first = fields.find((field) => told[field.name]);
      if (first) {
        details.open = true;
        first.focus();
      }
      return Boolean(first);
    },
  };
}
