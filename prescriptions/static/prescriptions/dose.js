// Doses as people write them ("1", "0,5", "1/2", "1 1/2", "½"), and what a course comes to. The server reckons the same, and decides.

const SIGNS = { "½": 0.5, "¼": 0.25, "¾": 0.75 };

/** The dose as a number; null where the text says none, or one that has no exact decimal. */
export function doseOf(text) {
  const written = String(text).trim().replace(",", ".");
  if (/^\d{1,5}(\.\d{1,2})?$/.test(written)) return Number(written);
  const sign = written.match(/^(\d{0,4})\s*([½¼¾])$/);
  if (sign) return Number(sign[1] || 0) + SIGNS[sign[2]];
  const part = written.match(/^(?:(\d{1,4})\s+)?(\d{1,2})\s*\/\s*(\d{1,2})$/);
  if (!part || !Number(part[3])) return null;
  const hundredths = Number(part[1] || 0) * 100 + (Number(part[2]) * 100) / Number(part[3]);
  return Number.isInteger(hundredths) ? hundredths / 100 : null;
}

/** Units of sale, rounded up to whole ones; null where a dose has no size (a cream) or nothing is written yet. */
export function totalOf(dose, timesADay, days, packSize) {
  if (!packSize || !dose) return null;
  const taken = dose * timesADay * days;
  return Number.isFinite(taken) && taken > 0 ? Math.ceil(Math.round((taken / packSize) * 1e6) / 1e6) : null;
}
