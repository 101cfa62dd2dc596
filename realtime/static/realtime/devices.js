// Camera and microphone: opening them, saying in plain words why not, and showing that one can be heard.

const WISH = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  // 720p where the camera has it: enough to see a rash, little enough for a phone's uplink.
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24, max: 30 }, facingMode: "user" },
};

/** What a browser's error means for a person: a key of the words. */
function reason(error) {
  switch (error?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "no_device";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "no_device";
  }
}

function withDevice(wish, id) {
  return id ? { ...wish, deviceId: { exact: id } } : wish;
}

/**
 * Opens both; where only one of them exists, that one.
 * → { stream, problem }: `problem` is "" | "no_camera" | "no_mic" | "denied" | "no_device" | "busy" | "insecure".
 */
export async function openDevices({ camera = "", mic = "" } = {}) {
  if (!navigator.mediaDevices?.getUserMedia) return { stream: null, problem: "insecure" };
  const audio = withDevice(WISH.audio, mic);
  const video = withDevice(WISH.video, camera);
  let first;
  try {
    return { stream: await navigator.mediaDevices.getUserMedia({ audio, video }), problem: "" };
  } catch (error) {
    first = error;
  }
  if (first.name === "NotAllowedError" || first.name === "SecurityError") return { stream: null, problem: "denied" };
  for (const [part, problem] of [[{ audio }, "no_camera"], [{ video }, "no_mic"]]) {
    try {
      return { stream: await navigator.mediaDevices.getUserMedia(part), problem };
    } catch {
      // the other one, then
    }
  }
  return { stream: null, problem: reason(first) };
}

/** True when the browser will not ask again, so that the preview can start by itself. */
export async function alreadyAllowed() {
  try {
    const states = await Promise.all(["camera", "microphone"].map((name) => navigator.permissions.query({ name })));
    return states.every((status) => status.state === "granted");
  } catch {
    return false;
  }
}

/** Fills two <select>s with what is plugged in; a select with one choice is of no use and stays hidden. */
export async function listDevices(cameras, mics, stream) {
  const found = await navigator.mediaDevices.enumerateDevices();
  for (const [select, kind, track] of [
    [cameras, "videoinput", stream?.getVideoTracks()[0]],
    [mics, "audioinput", stream?.getAudioTracks()[0]],
  ]) {
    if (!select) continue;
    const devices = found.filter((device) => device.kind === kind && device.label);
    const current = track?.getSettings().deviceId;
    select.replaceChildren(...devices.map((device) => new Option(device.label, device.deviceId, false, device.deviceId === current)));
    select.closest("[data-part]").hidden = devices.length < 2;
  }
  const more = cameras?.closest("details");
  if (more) more.hidden = ![cameras, mics].some((select) => select && !select.closest("[data-part]").hidden);
}

/** Calls back with the loudness between 0 and 1, ten times a second, until the returned function is called. */
export function listen(stream, onlevel) {
  if (!stream?.getAudioTracks().length || !window.AudioContext) return () => {};
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    if (context.state === "suspended") context.resume().catch(() => {});
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    // Speech has a root mean square of about 0.02 to 0.2; the square root spreads that over the meter.
    onlevel(Math.min(1, Math.sqrt(Math.sqrt(sum / samples.length)) * 1.6));
  }, 100);
  return () => {
    clearInterval(timer);
    context.close().catch(() => {});
  };
}

export function stopAll(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
