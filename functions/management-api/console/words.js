/** Words for the names of the API, and changed values side by side. */

import { Broken, capitalized } from "./components.js";
import { html } from "./preact.js";
import { counted, moment, span } from "./time.js";

/** @import { Actor as ActorData, EventTarget, FieldChange, Level, Role, View } from "./types" */

/**
 * Actions that people name differently.
 * @type {Record<string, string>}
 */
const ACTIONS = {
  "session.created": "Signed in",
  "session.created_with_recovery_code": "Signed in with a recovery code",
  "session.refused": "Sign-in refused",
  "session.ended": "Signed out",
  "session.revoked": "Session ended from another session",
  "session.all_revoked": "All sessions ended",
  "session.stepped_up": "One-time password entered",
  "session.step_up_refused": "One-time password refused",
};

/** `client.created` in words. @param {string} action */
export const actionWords = (action) =>
  Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : capitalized(action.replaceAll("_", " ").replaceAll(".", ": "));

/**
 * The access levels; each includes those before it.
 * @type {Level[]}
 */
export const LEVELS = ["view", "change", "administer"];

/** @type {Record<Role, [name: string, description: string]>} */
export const ROLES = {
  owner: ["Owner", "Full control of the organization, including its administrators and settings."],
  administrator: ["Administrator", "Manages clients, their access and secrets; reads the audit trail."],
  credential_manager: ["Credential manager", "Adds, regenerates and deletes secrets; receives reminders."],
  viewer: ["Viewer", "Sees clients and changes nothing."],
  operator: ["Operator", "Full control of every organization."],
};

/** @type {Record<string, string>} */
export const PRIVILEGES = {
  "clients:read": "View clients, resources and change requests",
  "clients:change": "Create, change and delete clients",
  "secrets:manage": "Add, regenerate and delete secrets; receive reminders",
  "resources:assign": "Give clients access to resources",
  "administrators:manage": "Invite administrators and change their privileges",
  "audit:read": "Read the audit trail",
  "organization:change": "Change the settings of the organization",
  "platform:operate": "Operate every organization",
};

const ALL = Object.keys(PRIVILEGES);
const CLIENTS = ["clients:read", "clients:change", "secrets:manage", "resources:assign", "audit:read"];

/**
 * The privileges of each role: nobody grants a role with a privilege that they lack.
 * @type {Record<Role, string[]>}
 */
export const BUNDLES = {
  owner: ALL.filter((privilege) => privilege !== "platform:operate"),
  administrator: CLIENTS,
  credential_manager: ["clients:read", "secrets:manage"],
  viewer: ["clients:read"],
  operator: ALL,
};

/** @param {Role | null} role */
export const roleName = (role) => (role ? (ROLES[role]?.[0] ?? role) : "Custom");

/** The author of something. @param {{ actor: ActorData }} props */
export function Actor({ actor }) {
  const { type } = actor;
  if (type === "system") return "system";
  if (actor.email) return html`<bdi><${Broken} text=${actor.email} /></bdi>`;
  return html`${type === "client" ? "client " : ""}<code>${actor.id}</code>`;
}

/**
 * The target of an event; `names` are the addresses of administrators by id.
 * @param {{ target: EventTarget, names?: Record<string, string> }} props
 */
export function Target({ target, names = {} }) {
  const { type, client_id, secret_id, administrator_id = "" } = target;
  const address = names[administrator_id];
  if (address) return html`administrator <bdi><${Broken} text=${address} /></bdi>`;
  const client = html`<a href=${`#/clients/${client_id}`}><code>${client_id}</code></a>`;
  if (type === "client") return client;
  if (type === "secret") return html`${client} <code>${secret_id}</code>`;
  if (type === "change_request") {
    const id = target.change_request_id ?? target.id;
    return html`<a href=${`#/requests/${id}`}><code>${id}</code></a>`;
  }
  const named = Object.entries(target).find(([name]) => name !== "type");
  return html`${type.replaceAll("_", " ")} <code>${named?.[1] ?? ""}</code>`;
}

/**
 * Fields whose names say too little, or too much.
 * @type {Record<string, string>}
 */
const FIELDS = {
  grants: "Access",
  minutes: "Access token lifetime",
  token_lifetime_seconds: "Access token lifetime",
  multi_admin: "Require approval by a second administrator",
  custody: "Secret custody",
  secret_lifetime_days: "Default secret lifetime (days)",
  secret_lifetime_max_days: "Maximum secret lifetime (days)",
  secrets_may_never_expire: "Allow secrets that never expire",
  live_secrets: "Live secrets per client",
  overlap_max_seconds: "Maximum overlap",
  overlap_seconds: "Overlap",
  clients_need_expiry: "Clients must have an expiry date",
  reminder_days: "Reminder days before expiry",
  expires_at: "Expires",
  "previous.expires_at": "Old secret expires",
  not_before: "Valid from",
  recovery_codes_left: "Recovery codes left",
};

/** A field of the API as the forms call it. @param {string} field */
export function fieldName(field) {
  const own = field.replace(/^settings\./, "");
  if (Object.hasOwn(FIELDS, own)) return FIELDS[own];
  return capitalized(
    own
      .replaceAll("_", " ")
      .replaceAll(".", ": ")
      .replace(/ (at|seconds)$/, ""),
  );
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/**
 * A value of the API as text.
 * @param {unknown} value
 * @returns {string}
 */
function asText(value, field = "") {
  if (value === null && field === "expires_at") return "never";
  if (value === null || value === undefined) return "–";
  if (typeof value === "number" && field.endsWith("_seconds")) return span(value);
  if (typeof value === "string" && INSTANT.test(value)) return moment(value);
  if (typeof value === "string") return value === "" ? "(empty)" : value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) return value.join(", ") || "(none)";
  const entries = Object.entries(value);
  return entries.map(([name, inner]) => `${name}: ${asText(inner)}`).join("\n") || "(none)";
}

/**
 * The fields that changed, before and after; folded away unless `open`.
 * @param {{ changes: FieldChange[], open?: boolean }} props
 * @returns {View}
 */
export function Changes({ changes, open }) {
  if (!changes?.length) return null;
  const rows = changes.map(({ field, from, to }) => {
    const before = asText(from, from === null ? "" : field);
    return html`<tr key=${field}><th scope="row">${fieldName(field)}</th>
      <td class="from"><bdi class="pre">${before}</bdi></td>
      <td class="to"><bdi class="pre">${asText(to, field)}</bdi></td></tr>`;
  });
  const table = html`<div class="scroll" role="region" aria-label="Changes" tabindex="0"><table class="diff">
    <thead><tr><th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
    <tbody>${rows}</tbody></table></div>`;
  if (open) return table;
  return html`<details><summary class="small">${counted(changes.length, "field")}</summary>${table}</details>`;
}
