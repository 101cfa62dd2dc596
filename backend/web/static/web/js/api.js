// Talks to our own API as the signed-in person: session cookie, CSRF header, problem+json turned into one error.

export class ApiProblem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.name = "ApiProblem";
    this.status = status;
    this.code = body.code || "unknown";
    this.title = body.title || "";
    this.detail = body.detail || "";
    this.errors = body.errors || {};
  }
}

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content
    || document.querySelector('input[name="csrfmiddlewaretoken"]')?.value
    || "";
}

async function send(method, path, body, { idempotencyKey, headers = {}, signal, keepalive = false } = {}) {
  const asked = {
    Accept: "application/json, application/problem+json",
    "Accept-Language": document.documentElement.lang || "vi",
    ...headers,
  };
  if (method !== "GET") asked["X-CSRFToken"] = csrfToken();
  if (idempotencyKey) asked["Idempotency-Key"] = idempotencyKey;
  if (body !== undefined) asked["Content-Type"] = "application/json";

  let response;
  try {
    response = await fetch(path, {
      method,
      headers: asked,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal,
      keepalive, // true: also when the page is left meanwhile
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    // The page already shows the lost-connection banner; its sentence serves here too.
    const words = document.querySelector("[data-offline-banner]")?.textContent.trim() || "";
    throw new ApiProblem(0, { code: "offline", detail: words });
  }

  const text = await response.text();
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    answer = null;
  }
  if (!response.ok) throw new ApiProblem(response.status, answer || { title: response.statusText });
  return answer;
}

export const api = {
  get: (path, options) => send("GET", path, undefined, options),
  post: (path, body = {}, options = {}) => send("POST", path, body, options),
  put: (path, body = {}, options = {}) => send("PUT", path, body, options),
  patch: (path, body = {}, options = {}) => send("PATCH", path, body, options),
  delete: (path, body, options = {}) => send("DELETE", path, body, options),
};

/** A key for a write that may be repeated after a lost answer. */
export function newKey() {
  return crypto.randomUUID ? crypto.randomUUID() : String(Date.now()) + Math.random().toString(16).slice(2);
}
