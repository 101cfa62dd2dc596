// The counter: a hand scanner types "code#access code" and Enter; a camera reads the same where the browser can; the
// queue looks again by itself. The signed code on the paper names the prescription alone: the access code is asked for.
import { codeIn } from "../../prescriptions/verify/slip.js";
import { onNews } from "../js/news.js";

const form = document.getElementById("lookup");
const code = form.elements.namedItem("code");
const accessCode = form.elements.namedItem("access_code");
const LOOK_EVERY = 20_000; // for lines on which no socket lives; the bell is quicker

const isSlip = (text) => text.includes("/verify/") || text.startsWith("eyJ");

async function takeSlip(text) {
  const found = await codeIn(text);
  code.value = found;
  accessCode.value = ""; // whatever stands there belongs to another prescription
  document.getElementById("code_hint").textContent = found ? form.dataset.slip : form.dataset.noSlip;
  (found ? accessCode : code).focus();
}

function take(text) {
  const [first, second] = text.trim().split("#");
  code.value = first;
  if (second) accessCode.value = second;
  return Boolean(second);
}

code.addEventListener("input", ({ inputType }) => {
  if (isSlip(code.value)) {
    if (inputType === "insertFromPaste") takeSlip(code.value);
    return; // a scanner is still typing: its Enter ends it
  }
  if (code.value.includes("#") && take(code.value) && accessCode.value.length >= 8) form.requestSubmit();
});
// Enter after the first code goes on to the second, unless a scanner has brought both.
code.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && isSlip(code.value)) {
    event.preventDefault();
    takeSlip(code.value);
    return;
  }
  if (event.key !== "Enter" || accessCode.value || code.value.includes("#")) return;
  event.preventDefault();
  accessCode.focus();
});

const scan = document.getElementById("scan");
const place = document.getElementById("camera");
const video = place.querySelector("video");
let stream = null;

function stop() {
  for (const track of stream?.getTracks() || []) track.stop();
  stream = null;
  place.hidden = true;
}

// Where the browser has no decoder of its own, a frame is read by ours; it is not kept there.
async function readByServer(picture) {
  const body = new FormData();
  body.append("picture", picture, "scan.jpg");
  const answer = await fetch("/pharmacy/scan/", { method: "POST", body, headers: { "X-CSRFToken": form.elements.namedItem("csrfmiddlewaretoken").value } });
  const found = await answer.json().catch(() => ({}));
  return found.text || "";
}

function frameOf(player) {
  const canvas = document.createElement("canvas");
  const scale = Math.min(1, 960 / (player.videoWidth || 960));
  canvas.width = Math.round(player.videoWidth * scale);
  canvas.height = Math.round(player.videoHeight * scale);
  canvas.getContext("2d").drawImage(player, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
}

async function reader() {
  const formats = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats().catch(() => []) : [];
  if (formats.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return { pause: 200, read: async (player) => (await detector.detect(player).catch(() => []))[0]?.rawValue || "" };
  }
  return { pause: 600, read: async (player) => (player.videoWidth ? readByServer(await frameOf(player)).catch(() => "") : "") };
}

async function start() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    scan.hidden = true;
    const told = document.createElement("p");
    told.className = "hint";
    told.setAttribute("role", "alert");
    told.textContent = place.dataset.none;
    form.append(told);
    return;
  }
  place.hidden = false;
  video.srcObject = stream;
  await video.play();
  const { read, pause } = await reader();
  while (stream) {
    const found = await read(video);
    if (stream && isSlip(found)) {
      stop();
      await takeSlip(found);
      return;
    }
    if (stream && found && take(found)) {
      stop();
      form.requestSubmit();
      return;
    }
    await new Promise((done) => setTimeout(done, pause));
  }
}

if (navigator.mediaDevices?.getUserMedia) {
  scan.hidden = false;
  scan.addEventListener("click", start);
  document.getElementById("scan-stop").addEventListener("click", stop);
}

const fromPicture = document.getElementById("from-picture");

async function readPicture(file) {
  const told = fromPicture.querySelector(".hint");
  told.textContent = "…";
  const text = await readByServer(file).catch(() => "");
  told.textContent = text ? "" : fromPicture.dataset.none;
  if (isSlip(text)) await takeSlip(text);
  else if (text && take(text)) form.requestSubmit();
}

function pictureIn(files) {
  return [...(files ?? [])].find((file) => file.type.startsWith("image/"));
}

fromPicture.hidden = false;
fromPicture.querySelector("input").addEventListener("change", ({ target }) => { if (target.files[0]) readPicture(target.files[0]); });
document.addEventListener("paste", (event) => {
  const file = pictureIn(event.clipboardData?.files);
  if (file) { event.preventDefault(); readPicture(file); }
});
form.addEventListener("dragover", (event) => event.preventDefault());
form.addEventListener("drop", (event) => {
  event.preventDefault();
  const file = pictureIn(event.dataTransfer?.files);
  if (file) readPicture(file);
});

async function look() {
  if (document.visibilityState !== "visible") return;
  try {
    // Somebody typing a code keeps their field; the lists alone are fetched anew.
    const fresh = new DOMParser().parseFromString(await (await fetch("/pharmacy/")).text(), "text/html").getElementById("counter-lists");
    const shown = document.getElementById("counter-lists");
    if (fresh && fresh.textContent !== shown.textContent) shown.replaceWith(document.adoptNode(fresh));
  } catch {
    // The next look comes soon.
  }
}

setInterval(look, LOOK_EVERY);
onNews((kind) => { if (/^inquiry\.|^prescription\.|^resync$/.test(kind)) look(); });
