// Times as people say them, always in the clinic's zone: a visit in Hà Nội is at nine in Hà Nội.

export const CLINIC_ZONE = "Asia/Ho_Chi_Minh";

const language = () => (document.documentElement.lang || "vi").slice(0, 2);
const part = (options, zone) => new Intl.DateTimeFormat(language() === "vi" ? "vi-VN" : "en-GB", { timeZone: zone, ...options });

/** "09:30" */
export function clock(when, zone = CLINIC_ZONE) {
  return part({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, zone).format(new Date(when));
}

/** "Thứ Ba, 24/11/2026" or "Tuesday, 24 Nov 2026" */
export function day(when, zone = CLINIC_ZONE) {
  const moment = new Date(when);
  const weekday = part({ weekday: "long" }, zone).format(moment);
  if (language() !== "vi") return `${weekday}, ${part({ day: "numeric", month: "short", year: "numeric" }, zone).format(moment)}`;
  return `${weekday}, ${part({ day: "2-digit", month: "2-digit", year: "numeric" }, zone).format(moment)}`;
}

export const dayAndClock = (when, zone = CLINIC_ZONE) => `${clock(when, zone)} · ${day(when, zone)}`;

/** Milliseconds as "9:05", from an hour on as "3:22:36" */
export function minutesLeft(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
