// A short sentence at the edge of the screen, also spoken by screen readers.

/** toast("Đã lưu", "good" | "bad" | "") */
export function toast(text, kind = "") {
  const place = document.getElementById("toasts");
  if (!place || !text) return;
  for (const same of place.children) if (same.textContent === text) same.remove(); // said once, and for its whole time
  const line = document.createElement("div");
  line.className = kind ? `toast toast--${kind}` : "toast";
  line.textContent = text;
  place.append(line);
  // Long enough to read twice; bad news stays longer.
  setTimeout(() => line.remove(), (kind === "bad" ? 9000 : 5000) + text.length * 30);
}
