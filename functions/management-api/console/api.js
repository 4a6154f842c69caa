/**
 * The one place that talks to the management API, and who is signed in.
 *
 * A call that finds the session over, or that needs a fresh one-time password, asks for it and goes on: whoever called
 * sees only that it took longer, so nothing that was typed is lost.
 */

/** What the page says of the deployment. */
const said = (name) => document.querySelector(`meta[name="countersign:${name}"]`)?.content ?? "";
const issuer = said("issuer");
export const clientIdPrefix = said("client-id-prefix");
export const tokenEndpoint = `${issuer}/oauth2/token`;

/** Where the API is: this file lies at `{issuer}/console/{version}/api.js`. */
const base = new URL("../..", import.meta.url);

/**
 * A value that others watch.
 * @template T
 * @param {T} value
 */
export function store(value) {
  const watchers = new Set();
  return {
    get: () => value,
    set(next) {
      value = next;
      for (const watcher of [...watchers]) watcher(value);
    },
    /** @param {(value: T) => void} watcher */
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

/** Who is signed in, as `GET /v1/session` says; null for nobody. */
export const session = store(null);

/** The organization that an operator looks at; for everybody else their own. */
export const organization = store(sessionStorage.getItem("countersign.organization"));
organization.watch((key) => {
  if (key) sessionStorage.setItem("countersign.organization", key);
  else sessionStorage.removeItem("countersign.organization");
});

/** @param {string} privilege */
export const can = (privilege) => session.get()?.privileges.includes(privilege) ?? false;
export const isOperator = () => session.get() !== null && session.get().organization === null;

/** The `organization` that lists and creations take: an operator's choice, nothing for everybody else. */
export const scope = () => (isOperator() ? { organization: organization.get() ?? undefined } : {});

/** The key of the organization that is looked at. */
export const organizationKey = () => session.get()?.organization ?? organization.get();

/** Lets an operator's choice follow what is looked at, so that the menu never names another organization. */
export function follow(key) {
  if (isOperator() && key && organization.get() !== key) organization.set(key);
}

/** The field that a refusal is about, where the API says so by its kind alone. */
const FIELDS = { "wrong-password": "current_password", "wrong-one-time-password": "one_time_password" };

/** Why a call was not fulfilled: a problem of RFC 9457, or a network that does not answer. */
export class Problem extends Error {
  constructor({ status = 0, kind = "network", title, detail, errors = [], requestId = null, retryAfter = null }) {
    super(detail || title);
    Object.assign(this, { status, kind, title, detail, errors, requestId, retryAfter });
  }

  /** @param {Record<string, string>} fields what is wrong with each, found before anything is sent */
  static of(fields) {
    const errors = Object.entries(fields).map(([field, message]) => ({ field, message }));
    return new Problem({ kind: "validation", title: "Some fields need another look", errors });
  }

  /** @param {string} name @returns {string | undefined} what is wrong with a field */
  field(name) {
    const own = this.errors.filter((error) => error.field === name);
    return own.length ? own.map((error) => error.message).join("; ") : undefined;
  }
}

/** A dialog that was needed to go on was left: nothing was done. */
export class Cancelled extends Error {
  title = "You are not signed in";
  detail = "Sign in again to go on.";
}

/** What asks for a sign-in and a one-time password; the shell puts its dialogs here. */
export const ask = {
  /** @type {() => Promise<void>} */
  signIn: () => Promise.reject(new Cancelled("no shell")),
  /** @type {() => Promise<void>} */
  stepUp: () => Promise.reject(new Cancelled("no shell")),
};

const asking = {};
/** Asks once, however many calls need it at the same time. */
function askOnce(what) {
  asking[what] ??= ask[what]().finally(() => delete asking[what]);
  return asking[what];
}

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {any} data
 * @property {string | null} etag
 * @property {object | null} waiting the change request, where the change waits for a second administrator
 */

/**
 * Calls the API.
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, query?: Record<string, any>, ifMatch?: string | null, once?: string, quiet?: boolean }} [options]
 *   `once` is an `Idempotency-Key`; a `quiet` call asks for nothing
 * @returns {Promise<Answer>}
 */
export async function call(method, path, options = {}) {
  for (;;) {
    try {
      return await attempt(method, path, options);
    } catch (problem) {
      if (options.quiet || !(problem instanceof Problem) || problem.status !== 401) throw problem;
      if (problem.kind === "session-ended" || problem.kind === "not-signed-in") await askOnce("signIn");
      else if (problem.kind === "insufficient-user-authentication") await askOnce("stepUp");
      else throw problem;
    }
  }
}

async function attempt(method, path, { body, query = {}, ifMatch, once }) {
  const now = localStorage.getItem(REMEMBERED);
  if (session.get() && now && now !== session.get().id) {
    throw new Problem({
      title: "Somebody else is signed in",
      detail: "Another tab of this browser signed in as somebody else. Load the page again to go on as they.",
    });
  }
  const url = new URL(`.${path}`, base);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (ifMatch) headers["if-match"] = ifMatch;
  if (once) headers["idempotency-key"] = once;
  let response;
  let text;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
    });
    text = await response.text();
  } catch {
    throw new Problem({
      title: "No answer",
      detail: navigator.onLine ? "The server did not answer. Try again." : "You are offline. Connect, and try again.",
    });
  }
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  const data = text && isJson ? parsed(text) : text;
  if (!response.ok) throw problemOf(response, data);
  return {
    status: response.status,
    data,
    etag: response.headers.get("etag"),
    waiting: response.status === 202 ? data : null,
    link: response.headers.get("link"),
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function problemOf(response, data) {
  const told = data && typeof data === "object" ? data : {};
  const kind = String(told.type ?? "").split("#")[1] || "unknown";
  const detail = told.detail ?? "It did not say why.";
  return new Problem({
    status: response.status,
    kind,
    title: told.title ?? `The server answered ${response.status}`,
    detail,
    errors: told.errors ?? (FIELDS[kind] ? [{ field: FIELDS[kind], message: detail }] : []),
    requestId: told.request_id ?? response.headers.get("x-request-id"),
    retryAfter: Number(response.headers.get("retry-after")) || null,
  });
}

export const api = {
  get: (path, query, options) => call("GET", path, { query, ...options }),
  post: (path, body, options) => call("POST", path, { body, ...options }),
  patch: (path, body, ifMatch) => call("PATCH", path, { body, ifMatch }),
  delete: (path, query, ifMatch) => call("DELETE", path, { query, ifMatch }),
};

/**
 * All items of a list, page after page, at most `most`.
 * @returns {Promise<{ items: any[], more: boolean }>}
 */
export async function all(path, query = {}, most = 2000) {
  const items = [];
  let cursor;
  do {
    const { data } = await api.get(path, { limit: 100, ...query, cursor });
    items.push(...data.items);
    cursor = data.next_cursor;
  } while (cursor && items.length < most);
  return { items, more: Boolean(cursor) };
}

/** An `Idempotency-Key` for one intent: the same body again has the same key. */
export function onceKeys() {
  let last = { body: "", key: "" };
  return (body) => {
    const text = JSON.stringify(body);
    if (text !== last.body) last = { body: text, key: crypto.randomUUID() };
    return last.key;
  };
}

const REMEMBERED = "countersign.signed-in";

/** Whether this browser had a session when it was last here; saves a request that is bound to fail. */
export const wasSignedIn = () => localStorage.getItem(REMEMBERED) !== null;

/** Takes over who is signed in. */
export function enter(who) {
  localStorage.setItem(REMEMBERED, who.id);
  session.set(who);
}

/**
 * Calls when another tab signs out, or signs in as somebody else: they share one session.
 * @param {(id: string | null) => void} told who that is now, null for nobody
 */
export function onOtherPerson(told) {
  const look = ({ key, newValue }) => {
    if (key === REMEMBERED && newValue !== (session.get()?.id ?? null)) told(newValue);
  };
  addEventListener("storage", look);
  return () => removeEventListener("storage", look);
}

/** Forgets who was signed in. */
export function forget() {
  localStorage.removeItem(REMEMBERED);
  organization.set(null);
  session.set(null);
}
