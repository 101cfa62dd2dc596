// The counter: a hand scanner types "code#access code" and Enter; a camera reads the same where the browser can; the
// queue looks again by itself.
import { onNews } from "../js/news.js";

const form = document.getElementById("lookup");
const code = form.elements.namedItem("code");
const accessCode = form.elements.namedItem("access_code");
const LOOK_EVERY = 20_000; // for lines on which no socket lives; the bell is quicker

function take(text) {
  const [first, second] = text.trim().split("#");
  code.value = first;
  if (second) accessCode.value = second;
  return Boolean(second);
}

code.addEventListener("input", () => {
  if (code.value.includes("#") && take(code.value) && accessCode.value.length >= 8) form.requestSubmit();
});
// Enter after the first code goes on to the second, unless a scanner has brought both.
code.addEventListener("keydown", (event) => {
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

async function start() {
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
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
  while (stream) {
    const found = await detector.detect(video).catch(() => []);
    if (found.length && take(found[0].rawValue)) {
      stop();
      form.requestSubmit();
      return;
    }
    await new Promise((done) => setTimeout(done, 200));
  }
}

if ("BarcodeDetector" in window && navigator.mediaDevices?.getUserMedia) {
  scan.hidden = false;
  scan.addEventListener("click", start);
  document.getElementById("scan-stop").addEventListener("click", stop);
}

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
