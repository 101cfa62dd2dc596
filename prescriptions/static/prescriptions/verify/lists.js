// The lists a verdict needs, kept in the browser: public keys, who may sign, what was taken back. Nothing about patients.
import { readList, Refused, TYPES } from "./slip.js";

const KEPT = "verify-lists"; // a cache of its own: the worker throws only its own old ones away
const AT = {
  keys: "/.well-known/jwks.json",
  certificates: "/.well-known/prescription-certificates.jws",
  revocations: "/.well-known/prescription-revocations.jws",
};

async function kept() {
  const cache = await caches.open(KEPT);
  const found = await Promise.all(Object.values(AT).map((address) => cache.match(address, { ignoreVary: true })));
  if (found.some((one) => !one)) return null;
  return Promise.all(found.map((one) => one.text()));
}

async function read([keys, certificates, revocations]) {
  const roots = JSON.parse(keys).keys.filter((one) => one.x5c);
  return {
    certificates: await readList(certificates, roots, TYPES.certificates),
    revocations: await readList(revocations, roots, TYPES.revocations),
  };
}

async function fetched() {
  const answers = await Promise.all(Object.values(AT).map((address) => fetch(address, { cache: "no-cache", credentials: "omit" })));
  if (answers.some((one) => !one.ok)) throw new Error("no lists");
  return Promise.all(answers.map((one) => one.text()));
}

async function keep(texts) {
  const cache = await caches.open(KEPT);
  await Promise.all(Object.values(AT).map((address, place) => cache.put(address, new Response(texts[place]))));
}

// What is kept here, or null.
export async function known() {
  try {
    const texts = await kept();
    return texts && (await read(texts));
  } catch {
    return null;
  }
}

// Fetch the lists anew. An older number than the one kept is refused: somebody shows us yesterday's list as today's.
export async function renew(before) {
  const texts = await fetched();
  const lists = await read(texts);
  if (before && lists.revocations.number < before.revocations.number) throw new Refused("list_older");
  await keep(texts);
  return lists;
}
