// A web socket that comes back by itself. Tickets are used once, so the address is asked for again before each try.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 20_000;
const ANSWER_WITHIN = 2000; // to a ping
// A try that hangs in a network that is gone is given up, so that the next finds the one that is back; a slow network gets longer.
const OPEN_WITHIN = 2000;
const LONGEST_OPEN = 15_000;
// An address that is refused so is refused tomorrow as well: what it led to is over, moved, or not ours.
const REFUSALS = new Set([401, 403, 404, 409, 410]);

/**
 * liveSocket(async (signal) => "wss://…?ticket=…", { onmessage, onopen, onclose, onstate }) → { send, close, check, state }
 * `onmessage` gets parsed JSON. `onstate` gets "connecting" | "open" | "lost" | "closed" | "refused".
 * Close codes 4400-4499 are a refusal by the server: a ticket that ran out (4401) is fetched anew, the rest end it.
 */
export function liveSocket(urlProvider, handlers = {}) {
  let socket = null;
  let wait = FIRST_WAIT;
  let patience = OPEN_WITHIN;
  let timer = null;
  let ended = false;
  let refusals = 0;
  let asked = null; // a ping without an answer so far

  const live = {
    state: "connecting",
    send(message) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(typeof message === "string" ? message : JSON.stringify(message));
      return true;
    },
    close(code = 1000) {
      ended = true;
      clearTimeout(timer);
      socket?.close(code);
      say("closed");
    },
    reconnect() {
      clearTimeout(timer);
      wait = FIRST_WAIT;
      if (ended) return;
      if (socket?.readyState === WebSocket.OPEN) live.check();
      else connect();
    },
    /** There is reason to doubt the line (a browser notices a cut one only after minutes): ask, and without an answer begin anew. */
    check() {
      if (asked || !live.send({ v: 1, t: "ping", d: {} })) return;
      asked = setTimeout(() => {
        asked = null;
        if (ended) return;
        drop();
        later();
      }, ANSWER_WITHIN);
    },
  };

  function say(state) {
    if (live.state === state) return;
    live.state = state;
    handlers.onstate?.(state);
  }

  function answered() {
    clearTimeout(asked);
    asked = null;
  }

  function drop() {
    const old = socket;
    socket = null;
    answered();
    old?.close();
  }

  function later() {
    if (ended) return;
    say("lost");
    clearTimeout(timer);
    // A little chance, so that a thousand phones do not come back in the same instant.
    timer = setTimeout(connect, wait * (0.7 + Math.random() * 0.6));
    wait = Math.min(wait * 2, LONGEST_WAIT);
    patience = Math.min(patience * 2, LONGEST_OPEN);
  }

  async function connect() {
    if (ended) return;
    say(live.state === "lost" ? "lost" : "connecting");
    let url;
    try {
      url = await urlProvider(AbortSignal.timeout?.(patience));
    } catch (problem) {
      if (REFUSALS.has(problem.status)) {
        ended = true;
        say("refused");
        handlers.onrefused?.(problem);
        return;
      }
      later();
      return;
    }
    if (ended) return;
    drop();
    const mine = new WebSocket(url);
    socket = mine;
    const hung = setTimeout(() => {
      if (ended || socket !== mine || mine.readyState !== WebSocket.CONNECTING) return;
      drop();
      later();
    }, patience);
    mine.onopen = (event) => {
      clearTimeout(hung);
      if (socket !== mine) return;
      patience = OPEN_WITHIN;
      wait = FIRST_WAIT;
      say("open");
      handlers.onopen?.(event);
    };
    mine.onmessage = (event) => {
      if (socket !== mine) return;
      refusals = 0;
      answered();
      let message;
      try {
        message = JSON.parse(event.data);
      } catch {
        return;
      }
      // The server asks now and then whether everything up to here was read; who stays silent is taken for gone.
      if (message?.t === "beat") live.send({ v: 1, t: "beat", d: { n: message.d.n } });
      else handlers.onmessage?.(message);
    };
    mine.onclose = (event) => {
      if (socket !== mine) return;
      answered();
      handlers.onclose?.(event);
      if (ended) return;
      if (event.code >= 4400 && event.code < 4500 && (event.code !== 4401 || ++refusals > 3)) {
        ended = true;
        say("refused");
        handlers.onrefused?.(event);
        return;
      }
      later();
    };
  }

  addEventListener("online", live.reconnect);
  connect();
  return live;
}

/** The web-socket address of a path on this server. */
export function socketAddress(path) {
  const address = new URL(path, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}
