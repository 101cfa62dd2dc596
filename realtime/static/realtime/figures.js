// From two looks at a connection to what the house is told about the seconds between them. Pure: no browser needed.

const whole = (value, most) => Math.min(most, Math.max(0, Math.round(value) || 0));
// A new connection begins to count at zero: then what it counts is what there was.
const more = (now, before) => (now >= before ? now - before : now);

/**
 * before, now: what `stats()` of a connection gives (before: null for the first look); seconds between them.
 * now: null when there is no connection.
 */
export function between(before, now, seconds, step = "full") {
  if (!now || now.state !== "connected") return { up: false, step };
  const was = before ?? { packets: 0, packetsLost: 0, audioBytes: 0, videoBytes: 0, bytesSent: 0, framesDecoded: 0, freezes: 0 };
  const bytesIn = more(now.audioBytes + now.videoBytes, was.audioBytes + was.videoBytes);
  const kbps = (bytes) => whole((bytes * 8) / 1000 / Math.max(seconds, 0.5), 1_000_000);
  return {
    up: true,
    rtt: now.rtt === null ? null : whole(now.rtt * 1000, 60_000),
    jitter: whole(now.jitter * 1000, 60_000),
    packets: whole(more(now.packets, was.packets), 100_000),
    // Late packets are taken off the loss again, so this sum may fall; then nothing was lost.
    lost: whole(now.packetsLost - (now.packets >= was.packets ? was.packetsLost : 0), 100_000),
    kbps_in: kbps(bytesIn),
    kbps_out: kbps(more(now.bytesSent, was.bytesSent)),
    frames: whole(more(now.framesDecoded, was.framesDecoded), 10_000),
    freezes: whole(more(now.freezes, was.freezes), 1_000),
    path: now.path === "relay" ? "relay" : now.turn ? "turn" : "p2p",
    step,
  };
}
