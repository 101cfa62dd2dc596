// One socket for the whole page: what happens to the signed-in person rings here, and whoever listens looks again.
import { api } from "./api.js";
import { liveSocket, socketAddress } from "./socket.js";

const listeners = new Set();
let socket = null;
let heard = { offset: "", epoch: "" };

/** onNews((kind) => …) → a function that stops listening. `kind` is "message.written", …, or "resync" for "look at everything". */
export function onNews(listener) {
  listeners.add(listener);
  socket ??= liveSocket(address, { onmessage: hear });
  return () => {
    listeners.delete(listener);
    if (listeners.size) return;
    socket?.close();
    socket = null;
  };
}

async function address(signal) {
  const { ticket } = await api.post("/api/v1/socket-tickets", { scope: "me" }, { signal });
  // What was missed while the line was down is told first.
  const query = new URLSearchParams({ ticket, ...(heard.offset && { after: heard.offset, epoch: heard.epoch }) });
  return socketAddress(`/ws/v1/me?${query}`);
}

function hear(frame) {
  const { t, d } = frame ?? {};
  heard = { offset: String(d?.offset ?? heard.offset), epoch: d?.epoch ?? heard.epoch };
  const kind = t === "resync" ? "resync" : t === "news" ? d?.kind : null;
  if (kind) for (const listener of listeners) listener(kind);
}
