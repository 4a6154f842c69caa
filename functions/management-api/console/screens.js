/** The screens of the console: path, module, privilege and place in the menu. */

import { can } from "./api.js";

/** @import { IconName } from "./components.js" */

/**
 * @typedef {object} Entry
 * @property {RegExp} path
 * @property {() => Promise<object>} load the module, which exports `Screen`
 * @property {string} name
 * @property {string} [needs] the privilege
 * @property {IconName} [icon]
 * @property {string} [menu] its path, where the menu has it
 * @property {boolean} [wide] shown to an operator who has chosen no organization
 */

/**
 * @typedef {object} Place
 * @property {string} path
 * @property {Entry} [screen]
 * @property {Record<string, string>} [params] the named parts of the path
 * @property {URLSearchParams} [query]
 * @property {string} [invitation] the token of an invitation
 */

const form = () => import("./client_form.js");
const read = { needs: "clients:read" };
const change = { needs: "clients:change" };

/** @type {Entry[]} */
export const SCREENS = [
  { ...menu("/clients", "Clients", "key"), load: () => import("./clients.js"), ...read },
  { path: /^\/clients\/new$/, name: "Create client", load: form, ...change },
  { path: /^\/clients\/(?<id>[^/]+)\/edit$/, name: "Edit client", load: form, ...change },
  { path: /^\/clients\/(?<id>[^/]+)$/, name: "Client", load: () => import("./client.js"), ...read },
  { ...menu("/requests", "Change requests", "list"), load: () => import("./requests.js"), ...read },
  { path: /^\/requests\/(?<id>[^/]+)$/, name: "Change request", load: () => import("./request.js"), ...read },
  {
    ...menu("/administrators", "Administrators", "people"),
    load: () => import("./administrators.js"),
    needs: "administrators:manage",
    wide: true,
  },
  { ...menu("/resources", "Resources", "stack"), load: () => import("./resources.js"), ...read, wide: true },
  { ...menu("/audit", "Audit trail", "clock"), load: () => import("./audit.js"), needs: "audit:read", wide: true },
  { ...menu("/settings", "Settings", "gear"), load: () => import("./settings.js"), ...read },
  {
    ...menu("/organizations", "Organizations", "office"),
    load: () => import("./organizations.js"),
    needs: "platform:operate",
    wide: true,
  },
  { path: /^\/account$/, name: "Your account", load: () => import("./account.js"), wide: true },
];

/**
 * A screen that the menu has.
 * @param {string} path
 * @param {string} name
 * @param {IconName} icon
 */
function menu(path, name, icon) {
  return { path: new RegExp(`^${path}$`), name, icon, menu: path };
}

/** @param {Entry} screen */
export const isAllowed = (screen) => !screen.needs || can(screen.needs);

/**
 * A part of the address; one that is badly encoded is taken as it is, and matches nothing.
 * @param {string} part
 */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Where the address leads. @returns {Place} */
export function place() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  const invited = path.match(/^\/invitation\/([^/]+)$/);
  if (invited) return { invitation: decoded(invited[1]), path };
  for (const screen of SCREENS) {
    const match = path.match(screen.path);
    if (match) {
      const params = Object.fromEntries(Object.entries(match.groups ?? {}).map(([k, v]) => [k, decoded(v)]));
      return { screen, path, params, query: new URLSearchParams(query) };
    }
  }
  return { path };
}
