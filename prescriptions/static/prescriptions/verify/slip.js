// Judges a scanned slip without network: the same rules in the same order as prescriptions/slips.py. Knows no page.
const MARK = "/verify/#";
const LIST_GOOD_FOR = 24 * 3600; // seconds
const CLOCKS_DIFFER = 300;
const ES256 = { name: "ECDSA", hash: "SHA-256" };
export const TYPES = { slip: "rx", revocations: "prescription-revocations+jws", certificates: "prescription-certificates+jws" };

export class Refused extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

const words = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

// base64url in its one exact writing: other spare bits, padding or signs are refused.
export function bytesOf(part) {
  if (!/^[A-Za-z0-9_-]*$/.test(part) || part.length % 4 === 1) throw new Refused("unreadable");
  const raw = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  if (btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "") !== part) throw new Refused("unreadable");
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

function opened(token) {
  const parts = token.split(".");
  if (parts.length !== 3) throw new Refused("unreadable");
  try {
    const [header, payload, signature] = parts.map(bytesOf);
    return { header: JSON.parse(words(header)), payload, signature, signed: new TextEncoder().encode(`${parts[0]}.${parts[1]}`) };
  } catch {
    throw new Refused("unreadable");
  }
}

async function holds({ header, signature, signed }, jwk, typ) {
  if (header.alg !== "ES256" || header.typ !== typ || signature.length !== 64) return false;
  const { kty, crv, x, y } = jwk;
  const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return crypto.subtle.verify(ES256, key, signature, signed);
}

// What a root's list says. `roots`: their public keys.
export async function readList(token, roots, typ) {
  const found = opened(token.trim());
  const root = roots.find((one) => one.kid === found.header.kid);
  if (!root || !(await holds(found, root, typ))) throw new Refused("changed");
  return JSON.parse(words(found.payload));
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const found = await new Response(stream).arrayBuffer();
  if (found.byteLength > 20_000) throw new Refused("unreadable");
  return words(found);
}

// The token in a scanned text: behind this house's own address, or the text itself.
export function tokenOf(text, issuer) {
  const found = text.trim();
  const start = `${issuer}${MARK}`;
  return found.startsWith(start) ? found.slice(start.length) : found;
}

// Which prescription a scanned text speaks of, believed or not; "" when it is no slip. Who opens it asks the network.
export async function codeIn(text) {
  try {
    return JSON.parse(await inflated(opened(text.trim().split("#").pop()).payload)).c ?? "";
  } catch {
    return "";
  }
}

export const isStale = (revocations, at) => at - revocations.iat > LIST_GOOD_FOR || at > revocations.next_update || revocations.iat - at > CLOCKS_DIFFER;

// Gives {slip, holder} or throws Refused with the reason. `at` in seconds.
export async function judge(text, { certificates, revocations }, at) {
  if (isStale(revocations, at)) throw new Refused("list_stale");
  const found = opened(tokenOf(text, certificates.iss));
  const thumbprint = found.header["x5t#S256"];
  const holder = certificates.certificates.find((one) => one["x5t#S256"] === thumbprint);
  if (!holder) throw new Refused("unknown_certificate");
  if (!(await holds(found, holder.jwk, TYPES.slip))) throw new Refused("changed");
  let slip;
  try {
    slip = JSON.parse(await inflated(found.payload));
  } catch {
    throw new Refused("unreadable");
  }
  if (slip.v !== 1) throw new Refused("unreadable");
  if (slip.f !== holder.facility) throw new Refused("wrong_facility");
  if (slip.l !== holder.licence) throw new Refused("wrong_licence");
  if (slip.s < holder.from || slip.s > at + CLOCKS_DIFFER) throw new Refused("not_yet");
  if (slip.s > holder.to) throw new Refused("expired");
  const taken = revocations.revoked[thumbprint];
  // A key in other hands can write any time into a slip: then nothing of it is believed.
  if (taken && (taken.reason === "key_compromise" || slip.s >= taken.since)) throw new Refused("revoked");
  if (at >= slip.e) throw new Refused("past");
  return { slip, holder };
}
