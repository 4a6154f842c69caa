/** Words for what the API names, and values side by side. */

import { html } from "./preact.js";
import { Broken, moment, span } from "./components.js";

/** What people say otherwise than the API names it. */
const ACTIONS = {
  "session.created": "Signed in",
  "session.created_with_recovery_code": "Signed in with a recovery code",
  "session.refused": "Sign-in refused",
  "session.ended": "Signed out",
  "session.revoked": "Session ended from another one",
  "session.all_revoked": "All sessions ended",
  "session.stepped_up": "One-time password entered",
  "session.step_up_refused": "One-time password refused",
};

/** `client.created` as people say it. */
export const actionWords = (action) => {
  if (Object.hasOwn(ACTIONS, action)) return ACTIONS[action];
  const text = action.replaceAll("_", " ").replaceAll(".", ": ");
  return text[0].toUpperCase() + text.slice(1);
};

/** The access levels, each of which includes those before it. */
export const LEVELS = ["view", "change", "administer"];

export const ROLES = {
  owner: ["Owner", "Everything in the organization, its people and settings too."],
  administrator: ["Administrator", "Clients, their access and secrets; reads the audit trail."],
  credential_manager: ["Credential manager", "Adds, regenerates and deletes secrets; gets the reminders."],
  viewer: ["Viewer", "Sees the clients and changes nothing."],
  operator: ["Operator", "Everything in every organization."],
};

export const PRIVILEGES = {
  "clients:read": "See clients, resources and change requests",
  "clients:change": "Create, change and delete clients",
  "secrets:manage": "Add, regenerate and delete secrets; gets the reminders",
  "resources:assign": "Give clients access to resources",
  "administrators:manage": "Invite people and change what they may do",
  "audit:read": "Read the audit trail",
  "organization:change": "Change the organization's settings",
  "platform:operate": "Everything in every organization",
};

const ALL = Object.keys(PRIVILEGES);
const CLIENTS = ["clients:read", "clients:change", "secrets:manage", "resources:assign", "audit:read"];

/** What each role is a name for: nobody gives a role with a privilege that they lack. */
export const BUNDLES = {
  owner: ALL.filter((privilege) => privilege !== "platform:operate"),
  administrator: CLIENTS,
  credential_manager: ["clients:read", "secrets:manage"],
  viewer: ["clients:read"],
  operator: ALL,
};

export const roleName = (role) => (role ? (ROLES[role]?.[0] ?? role) : "Custom");

/** Who did something. */
export function Actor({ actor }) {
  const kind = actor.type ?? actor.kind;
  if (kind === "system") return html`the deployment itself`;
  if (actor.email) return html`<bdi><${Broken} text=${actor.email} /></bdi>`;
  return html`${kind === "client" ? "client " : ""}<code>${actor.id}</code>`;
}

/** What something was done to; `names` are the addresses of administrators by their ids. */
export function Target({ target, names = {} }) {
  const { type } = target;
  const address = names[target.administrator_id];
  if (address) return html`administrator <bdi><${Broken} text=${address} /></bdi>`;
  if (type === "client") return html`<a href=${`#/clients/${target.client_id}`}><code>${target.client_id}</code></a>`;
  if (type === "secret") return html`<a href=${`#/clients/${target.client_id}`}><code>${target.client_id}</code>
    </a> <code>${target.secret_id}</code>`;
  if (type === "change_request") return html`<a href=${`#/requests/${target.change_request_id ?? target.id}`}><code>
    ${target.change_request_id ?? target.id}</code></a>`;
  const named = Object.entries(target).find(([name]) => name !== "type");
  return html`${type.replaceAll("_", " ")} <code>${named?.[1] ?? ""}</code>`;
}

/** Fields whose names say too little, or too much. */
const FIELDS = {
  grants: "Access",
  minutes: "Access tokens live",
  token_lifetime_seconds: "Access tokens live",
  multi_admin: "A second administrator approves each change",
  custody: "Can a secret be shown again?",
  secret_lifetime_days: "Usual lifetime of a secret, in days",
  secret_lifetime_max_days: "Longest lifetime of a secret, in days",
  secrets_may_never_expire: "A secret may be made that never expires",
  live_secrets: "Live secrets of a client",
  overlap_max_seconds: "Longest overlap",
  overlap_seconds: "Overlap",
  clients_need_expiry: "Every client needs an expiry",
  reminder_days: "Days before an expiry",
  expires_at: "Expires",
  "previous.expires_at": "The old secret expires",
  not_before: "Works from",
  recovery_codes_left: "Recovery codes left",
};

/** A field of the API as the forms call it. */
export function fieldName(field) {
  const own = field.replace(/^settings\./, "");
  if (Object.hasOwn(FIELDS, own)) return FIELDS[own];
  const text = own.replaceAll("_", " ").replaceAll(".", ": ").replace(/ (at|seconds)$/, "");
  return text[0].toUpperCase() + text.slice(1);
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** A value of the API as text: nothing invented, everything a text node. */
function asText(value, field = "") {
  if (value === null && field === "expires_at") return "never";
  if (value === null || value === undefined) return "–";
  if (typeof value === "number" && field.endsWith("_seconds")) return span(value);
  if (typeof value === "string" && INSTANT.test(value)) return moment(value);
  if (typeof value === "string") return value === "" ? "(empty)" : value;
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) return value.length ? value.join(", ") : "(none)";
  if (typeof value === "object") {
    const entries = Object.entries(value);
    return entries.length ? entries.map(([name, inner]) => `${name}: ${asText(inner)}`).join("\n") : "(none)";
  }
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}

/** The fields that changed, before and after. */
export function Changes({ changes, open }) {
  if (!changes?.length) return null;
  const table = html`<div class="scroll" role="region" aria-label="What changes" tabindex="0"><table class="diff"><thead><tr><th scope="col">Field</th><th
    scope="col">Before</th><th scope="col">After</th></tr></thead>
    <tbody>${changes.map((change) => html`<tr key=${change.field}><th scope="row">
      ${fieldName(change.field)}</th><td class="from"><bdi class="pre">${asText(change.from, change.from === null ? "" : change.field)}</bdi></td><td
      class="to"><bdi class="pre">${asText(change.to, change.field)}</bdi></td></tr>`)}</tbody></table></div>`;
  return open ? table : html`<details><summary class="small">
    ${changes.length === 1 ? "1 field" : `${changes.length} fields`}</summary>${table}</details>`;
}
