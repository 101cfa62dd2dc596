// What a connection's own report says, added up: for the quality shown, for support, and for tests.

/**
 * report: RTCStatsReport → frames, bytes, losses of what came in; frames of what went out, what the other end misses of it and
 * what the line would still take; round trip in seconds; whether it goes over a TURN server.
 */
export function summed(report) {
  const sums = { framesDecoded: 0, framesSent: 0, freezes: 0, audioBytes: 0, videoBytes: 0, packetsLost: 0, packets: 0,
    jitter: 0, bytesSent: 0, decodedBy: {}, rtt: null, codec: "", available: null, lossOut: {}, turn: false };
  for (const one of report.values()) {
    if (one.type === "inbound-rtp") {
      sums[`${one.kind}Bytes`] += one.bytesReceived ?? 0;
      sums.packetsLost += one.packetsLost ?? 0;
      sums.packets += one.packetsReceived ?? 0;
      sums.jitter = Math.max(sums.jitter, one.jitter ?? 0);
      if (one.kind === "video") {
        sums.framesDecoded += one.framesDecoded ?? 0;
        sums.decodedBy[one.mid] = one.framesDecoded ?? 0;
        sums.freezes += one.freezeCount ?? 0;
        if (one.bytesReceived) sums.codec = report.get(one.codecId)?.mimeType ?? sums.codec;
      }
    } else if (one.type === "outbound-rtp") {
      sums.bytesSent += one.bytesSent ?? 0;
      if (one.kind === "video") sums.framesSent += one.framesSent ?? 0;
    } else if (one.type === "remote-inbound-rtp") {
      if (one.fractionLost !== undefined) sums.lossOut[one.kind] = one.fractionLost;
    } else if (one.type === "candidate-pair" && one.nominated) {
      sums.rtt = one.currentRoundTripTime ?? sums.rtt;
      sums.available = one.availableOutgoingBitrate ?? sums.available;
      sums.turn = [one.localCandidateId, one.remoteCandidateId].some((id) => report.get(id)?.candidateType === "relay");
    }
  }
  return sums;
}
