// Carries a step of the ladder out on the senders of a connection; sound has priority over pictures on the way.

import { SENDS } from "./ladder.js";

export async function limit(pc, step) {
  for (const sender of pc?.getSenders() ?? []) {
    const wanted = SENDS[step][sender.track?.kind];
    const parameters = wanted && sender.getParameters();
    if (!parameters?.encodings?.length) continue; // nothing negotiated yet; the next window comes by again
    const [encoding] = parameters.encodings;
    const all = sender.track.kind === "audio" ? { ...wanted, priority: "high", networkPriority: "high" } : { ...wanted, priority: "low" };
    if (Object.entries(all).every(([name, value]) => encoding[name] === value)) continue;
    Object.assign(encoding, all);
    try {
      await sender.setParameters(parameters);
    } catch {
      // Negotiated anew under our hands, or a browser that lacks a part: the next window tries again.
    }
  }
}
