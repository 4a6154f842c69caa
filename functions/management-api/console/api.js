/**
 * Calls to the management API, and the signed-in administrator.
 *
 * When a session has ended or a fresh one-time password is needed, `call` asks for it and repeats the request. The
 * caller only waits longer, so nothing that was typed is lost.
 */

/** @import { Answer, CallOptions, Get, Lists, Post, Query, Session } from "./types" */

/** @param {string} name @returns what the page says of the deployment */
const meta = (name) =>
  /** @type {HTMLMetaElement | null} */ (document.querySelector(`meta[name="countersign:${name}"]`))?.content ?? "";
const issuer = meta("issuer");
export const clientIdPrefix = meta("client-id-prefix");
export const tokenEndpoint = `${issuer}/oauth2/token`;

/** The root of the API: this file is at `{issuer}/console/{version}/api.js`. */
const base = new URL("../..", import.meta.url);

/**
 * A value with watchers.
 * @template T
 * @typedef {object} Store
 * @property {() => T} get
 * @property {(next: T) => void} set
 * @property {(watcher: (value: T) => void) => () => void} watch returns what ends it
 */

/**
 * @template T
 * @param {T} initial
 * @returns {Store<T>}
 */
export function store(initial) {
  let value = initial;
  /** @type {Set<(value: T) => void>} */
  const watchers = new Set();
  return {
    get: () => value,
    set(next) {
      value = next;
      for (const watcher of [...watchers]) watcher(value);
    },
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

/** The signed-in administrator, as `GET /v1/session` answers; null for nobody. */
export const session = store(/** @type {Session | null} */ (null));

/** The organization that an operator has chosen; everybody else has only their own. */
export const organization = store(sessionStorage.getItem("countersign.organization"));
organization.watch((key) => {
  if (key) sessionStorage.setItem("countersign.organization", key);
  else sessionStorage.removeItem("countersign.organization");
});

/** @param {string} privilege */
export const can = (privilege) => session.get()?.privileges.includes(privilege) ?? false;
export const isOperator = () => session.get()?.organization === null;

/** The `organization` parameter of lists and creations: an operator's choice, nothing for everybody else. */
export const scope = () => (isOperator() ? { organization: organization.get() ?? undefined } : {});

/** The key of the organization on screen; null for an operator who has chosen none. */
export const organizationKey = () => session.get()?.organization ?? organization.get();

/** @param {string | null} key */
export const organizationPath = (key) => /** @type {const} */ (`/v1/organizations/${encodeURIComponent(key ?? "")}`);

/**
 * Chooses the organization of what an operator has opened, so that the menu never names another one.
 * @param {string} key
 */
export function follow(key) {
  if (isOperator() && key && organization.get() !== key) organization.set(key);
}

/**
 * The field that a problem is about, where only its kind says so.
 * @type {Record<string, string>}
 */
const FIELDS = { "wrong-password": "current_password", "wrong-one-time-password": "one_time_password" };

/** A failed call: a problem of RFC 9457, or no response at all. */
export class Problem extends Error {
  /**
   * @param {object} told
   * @param {string} told.title
   * @param {string} [told.detail]
   * @param {number} [told.status]
   * @param {string} [told.kind]
   * @param {{ field: string, message: string }[]} [told.errors]
   * @param {string | null} [told.requestId]
   */
  constructor({ title, detail, status = 0, kind = "network", errors = [], requestId = null }) {
    super(detail || title);
    this.title = title;
    this.status = status;
    this.kind = kind;
    this.errors = errors;
    this.requestId = requestId;
  }

  /** @param {Record<string, string>} fields what is wrong with each, found before anything is sent */
  static of(fields) {
    const errors = Object.entries(fields).map(([field, message]) => ({ field, message }));
    return new Problem({ kind: "validation", title: "Some fields are not valid", errors });
  }

  /** @param {unknown} thrown */
  static from(thrown) {
    if (thrown instanceof Problem) return thrown;
    const title = thrown instanceof Cancelled ? "You are not signed in" : "Something went wrong";
    return new Problem({ kind: "unknown", title, detail: thrown instanceof Error ? thrown.message : String(thrown) });
  }

  /** @param {string} name @returns {string | undefined} what is wrong with a field */
  field(name) {
    const own = this.errors.filter((error) => error.field === name);
    return own.length ? own.map((error) => error.message).join("; ") : undefined;
  }
}

/** The dialog that a call needed was closed, so nothing was done. */
export class Cancelled extends Error {
  constructor() {
    super("Sign in again to continue.");
  }
}

/** Asks for a sign-in or a one-time password; the shell puts its dialogs here. */
export const ask = {
  /** @type {() => Promise<void>} */
  signIn: () => Promise.reject(new Cancelled()),
  /** @type {() => Promise<void>} */
  stepUp: () => Promise.reject(new Cancelled()),
};

/** @type {Partial<Record<keyof typeof ask, Promise<void>>>} */
const asking = {};

/**
 * Asks once, however many calls need it at the same time.
 * @param {keyof typeof ask} what
 */
function askOnce(what) {
  asking[what] ??= ask[what]().finally(() => delete asking[what]);
  return asking[what];
}

/**
 * Calls the API.
 * @param {string} method
 * @param {string} path
 * @param {CallOptions} [options]
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

/**
 * @param {string} method
 * @param {string} path
 * @param {CallOptions} options
 * @returns {Promise<Answer<any>>} `types.d.ts` says what each path answers with
 */
async function attempt(method, path, { body, query = {}, ifMatch, once }) {
  const signedIn = localStorage.getItem(REMEMBERED);
  const own = session.get()?.administrator_id;
  if (own && signedIn && signedIn !== own) {
    throw new Problem({
      title: "Someone else is signed in",
      detail: "Someone else signed in in another tab of this browser. Reload the page to continue as them.",
    });
  }
  const url = new URL(`.${path}`, base);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, String(value));
  }
  /** @type {Record<string, string>} */
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
      title: "No response",
      detail: navigator.onLine ? "The server did not respond. Try again." : "You are offline. Connect and try again.",
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

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {Response} response
 * @param {unknown} data
 */
function problemOf(response, data) {
  const told = /** @type {Record<string, any>} */ (data && typeof data === "object" ? data : {});
  const kind = String(told.type ?? "").split("#")[1] || "unknown";
  const detail = told.detail ?? "The server gave no reason.";
  const field = FIELDS[kind];
  return new Problem({
    status: response.status,
    kind,
    title: told.title ?? `The server answered ${response.status}`,
    detail,
    errors: told.errors ?? (field ? [{ field, message: detail }] : []),
    requestId: told.request_id ?? response.headers.get("x-request-id"),
  });
}

export const api = {
  /** @type {Get} */
  get: (/** @type {string} */ path, /** @type {Query} */ query = {}, /** @type {CallOptions} */ options = {}) =>
    call("GET", path, { query, ...options }),
  /** @type {Post} */
  post: (
    /** @type {string} */ path,
    /** @type {unknown} */ body = undefined,
    /** @type {CallOptions} */ options = {},
  ) => call("POST", path, { body, ...options }),
  /** @param {string} path @param {unknown} body @param {string | null} ifMatch */
  patch: (path, body, ifMatch) => call("PATCH", path, { body, ifMatch }),
  /** @param {string} path @param {Query} [query] */
  delete: (path, query) => call("DELETE", path, { query }),
};

const MOST_ITEMS = 2000;

/**
 * All items of a list, page after page, up to a limit.
 * @template {keyof Lists} P
 * @param {P} path
 * @param {Query} query
 */
export async function all(path, query = {}) {
  /** @type {Lists[P][]} */
  const items = [];
  /** @type {string | null | undefined} */
  let cursor;
  do {
    const { data } = await api.get(path, { limit: 100, ...query, cursor });
    items.push(...data.items);
    cursor = data.next_cursor;
  } while (cursor && items.length < MOST_ITEMS);
  return { items, more: Boolean(cursor) };
}

/** Makes the `Idempotency-Key` of an intent: the same body again has the same key. */
export function onceKeys() {
  let last = { body: "", key: "" };
  /** @param {unknown} body */
  return (body) => {
    const text = JSON.stringify(body);
    if (text !== last.body) last = { body: text, key: crypto.randomUUID() };
    return last.key;
  };
}

const REMEMBERED = "countersign.signed-in";

/** Tells whether this browser had a session on the last visit, which saves a request that is bound to fail. */
export const wasSignedIn = () => localStorage.getItem(REMEMBERED) !== null;

/** @param {Session} who the administrator who has just signed in */
export function enter(who) {
  localStorage.setItem(REMEMBERED, who.administrator_id);
  session.set(who);
}

/**
 * Watches for another tab that signs out or signs in as someone else: all tabs share one session.
 * @param {(id: string | null) => void} changed takes the id of the new administrator, null for nobody
 */
export function onOtherPerson(changed) {
  /** @param {StorageEvent} event */
  const look = ({ key, newValue }) => {
    if (key === REMEMBERED && newValue !== (session.get()?.administrator_id ?? null)) changed(newValue);
  };
  addEventListener("storage", look);
  return () => removeEventListener("storage", look);
}

/** Forgets the signed-in administrator. */
export function forget() {
  localStorage.removeItem(REMEMBERED);
  organization.set(null);
  session.set(null);
}
