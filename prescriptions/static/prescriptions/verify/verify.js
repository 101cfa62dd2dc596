// The page at a counter without network: scan, paste or open a picture; the verdict in plain words.
import { isStale, judge, Refused } from "./slip.js";
import { known, renew } from "./lists.js";

const part = (name) => document.querySelector(`[data-part="${name}"]`);
const word = (name) => document.querySelector(`[data-word="${name}"]`)?.textContent ?? name;
const language = document.documentElement.lang;
const text = document.getElementById("slip-text");
const seconds = () => Math.floor(Date.now() / 1000);
const moment = (at) => new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short" }).format(at * 1000);
const RENEW_EVERY = 10 * 60_000;
let lists = null;
let newest = 0; // the last question asked; answers to earlier ones come too late

function tell() {
  const box = part("lists");
  const old = !lists || isStale(lists.revocations, seconds());
  box.className = `notice notice--${old ? "warn" : "good"}`;
  part("lists-text").textContent = !lists
    ? word("no-lists")
    : `${word(old ? "old-lists" : "good-lists")} ${moment(lists.revocations.iat)} · ${word("number")} ${lists.revocations.number}`;
}

function row(list, name, value) {
  const term = document.createElement("dt");
  const said = document.createElement("dd");
  term.textContent = name;
  said.textContent = value;
  list.append(term, said);
}

function shown({ slip, holder }) {
  const facts = part("facts");
  facts.replaceChildren();
  row(facts, word("code"), slip.c);
  row(facts, word("patient"), slip.b ? `${slip.n} · ${new Intl.DateTimeFormat(language, { timeZone: "UTC" }).format(Date.parse(slip.b))}` : slip.n);
  row(facts, word("doctor"), `${holder.prescriber} · ${holder.licence}`);
  row(facts, word("facility"), `${holder.facility_name} (${holder.facility})`);
  row(facts, word("signed"), moment(slip.s));
  row(facts, word("collect-by"), moment(slip.e - 1));
  const medicines = part("medicines");
  medicines.replaceChildren();
  for (const [name, total, unit, dose] of slip.i) {
    const item = document.createElement("li");
    const strong = document.createElement("strong");
    strong.textContent = name;
    item.append(strong, ` · ${total} ${unit} (${dose})`);
    medicines.append(item);
  }
  if (slip.m) {
    const more = document.createElement("li");
    more.textContent = word("more").replace("#", slip.m);
    medicines.append(more);
  }
  part("not-legal").hidden = holder.legally_valid;
}

async function look(asked) {
  const mine = ++newest;
  const verdict = part("verdict");
  if (!asked.trim()) {
    verdict.hidden = true;
    return;
  }
  let found = null;
  let reason = "";
  try {
    if (/^[^/.]{14}#[0-9 -]+$/.test(asked.trim())) throw new Refused("code_only");
    if (!lists) throw new Refused("no_lists");
    found = await judge(asked, lists, seconds());
  } catch (error) {
    reason = error instanceof Refused ? error.reason : "unreadable";
  }
  if (mine !== newest) return;
  verdict.hidden = false;
  verdict.dataset.verdict = found ? "good" : reason;
  part("good").hidden = !found;
  part("bad").hidden = Boolean(found);
  if (found) shown(found);
  else part("reason").textContent = word(`why-${reason}`);
}

const again = () => look(text.value);
text.addEventListener("input", again);
document.getElementById("slip-form").addEventListener("submit", (event) => {
  event.preventDefault();
  again();
  part("verdict").focus();
});

async function refresh() {
  try {
    lists = await renew(lists);
  } catch (error) {
    if (error instanceof Refused) part("lists-problem").hidden = false;
  }
  tell();
  again();
}

// ---- pictures: from the camera or a file, where the browser can read codes itself

async function detector() {
  if (!("BarcodeDetector" in window)) return null;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
}

function read(found) {
  if (!found.length) return false;
  text.value = found[0].rawValue;
  again();
  return true;
}

async function pictures() {
  const reader = await detector();
  const file = document.getElementById("slip-picture");
  if (!reader) {
    part("picture").hidden = true;
    part("no-picture").hidden = false;
    return;
  }
  file.addEventListener("change", async () => {
    const picture = file.files[0] && (await createImageBitmap(file.files[0]).catch(() => null));
    if (file.files[0] && !(picture && read(await reader.detect(picture)))) {
      text.value = "-";
      again();
    }
  });
  const scan = part("scan");
  const video = part("camera");
  let stream = null;
  const stop = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.hidden = true;
    scan.setAttribute("aria-pressed", "false");
  };
  if (!navigator.mediaDevices?.getUserMedia) return;
  scan.hidden = false;
  scan.addEventListener("click", async () => {
    if (stream) return stop();
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch(() => null);
    if (!stream) {
      scan.hidden = true;
      return;
    }
    scan.setAttribute("aria-pressed", "true");
    video.hidden = false;
    video.srcObject = stream;
    await video.play();
    while (stream) {
      if (read(await reader.detect(video).catch(() => []))) return stop();
      await new Promise((done) => setTimeout(done, 200));
    }
  });
}

function fromAddress() {
  if (location.hash.length < 2) return;
  text.value = location.hash.slice(1);
  // The address is left as plain as it was: the code of a patient does not stay in the history.
  history.replaceState(null, "", location.pathname);
}

fromAddress();
addEventListener("hashchange", () => {
  fromAddress();
  again();
});
lists = await known();
tell();
again();
pictures();
await refresh();
document.documentElement.dataset.ready = "yes";
setInterval(refresh, RENEW_EVERY);
addEventListener("online", refresh);
if ("serviceWorker" in navigator && isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});
