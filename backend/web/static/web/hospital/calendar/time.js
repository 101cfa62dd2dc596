// Minutes of a day and days of the clinic, without the browser's own zone getting in between.

export const DAY = 1440;

/** "08:30" → 510 */
export const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));

/** 510 → "08:30"; the end of the day is 24:00 */
export const clockText = (number) => `${String(Math.floor(number / 60)).padStart(2, "0")}:${String(number % 60).padStart(2, "0")}`;

/** For the API the end of the day is 00:00. */
export const wallTime = (number) => clockText(number === DAY ? 0 : number);

/** What an input of type time said: 00:00 as an end is the end of the day. */
export const endMinutes = (text) => minutes(text) || DAY;

export const span = (from, to) => `${clockText(from)}–${clockText(to)}`;

/** addDays("2031-03-24", 2) → "2031-03-26" */
export function addDays(day, number) {
  const moment = new Date(`${day}T00:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() + number);
  return moment.toISOString().slice(0, 10);
}

export const daysBetween = (one, other) => Math.round((Date.parse(`${other}T00:00:00Z`) - Date.parse(`${one}T00:00:00Z`)) / 86400000);

/** 0 is Monday. */
export const weekday = (day) => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;

const wall = (moment, zone) => {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
    }).formatToParts(moment).map((one) => [one.type, one.value]),
  );
  return { day: `${parts.year}-${parts.month}-${parts.day}`, minute: Number(parts.hour) * 60 + Number(parts.minute) };
};

/** Where a moment stands on the clinic's clock: {day, minute} */
export const onTheWall = (moment, zone) => wall(new Date(moment), zone);

/** A wall time of the clinic as ISO text in UTC. */
export function instant(day, minute, zone) {
  const meant = Date.parse(`${day}T00:00:00Z`) + minute * 60000;
  let guess = meant;
  for (let tries = 0; tries < 2; tries += 1) {
    const seen = wall(new Date(guess), zone);
    guess += meant - (Date.parse(`${seen.day}T00:00:00Z`) + seen.minute * 60000);
  }
  return new Date(guess).toISOString();
}

/** "Thứ Tư, 26/03" or "Wednesday, 26 Mar" */
export function dayName(day, language) {
  const say = (options) => new Intl.DateTimeFormat(language === "vi" ? "vi-VN" : "en-GB", { timeZone: "UTC", ...options }).format(new Date(`${day}T00:00:00Z`));
  return `${say({ weekday: "long" })}, ${language === "vi" ? `${day.slice(8)}/${day.slice(5, 7)}` : say({ day: "numeric", month: "short" })}`;
}
