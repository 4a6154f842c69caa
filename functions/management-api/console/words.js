/** Words for what the API names, and values side by side. */

import { html } from "./preact.js";

/** `client.created` as people say it. */
export const actionWords = (action) => {
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
  if (actor.email) return html`<bdi>${actor.email}</bdi>`;
  return html`${kind === "client" ? "client " : ""}<code>${actor.id}</code>`;
}

/** What something was done to. */
export function Target({ target }) {
  const { type } = target;
  if (type === "client") return html`<a href=${`#/clients/${target.client_id}`}><code>${target.client_id}</code></a>`;
  if (type === "secret") return html`<a href=${`#/clients/${target.client_id}`}><code>${target.client_id}</code>
    </a> <code>${target.secret_id}</code>`;
  if (type === "change_request") return html`<a href=${`#/requests/${target.change_request_id ?? target.id}`}><code>
    ${target.change_request_id ?? target.id}</code></a>`;
  const named = Object.entries(target).find(([name]) => name !== "type");
  return html`${type.replaceAll("_", " ")} <code>${named?.[1] ?? ""}</code>`;
}

/** A value of the API as text: nothing invented, everything a text node. */
function asText(value) {
  if (value === null || value === undefined) return "–";
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
    <tbody>${changes.map((change) => html`<tr key=${change.field}><th scope="row">${change.field}</th><td
      class="from"><bdi class="pre">${asText(change.from)}</bdi></td><td class="to"><bdi class="pre">
      ${asText(change.to)}</bdi></td></tr>`)}</tbody></table></div>`;
  return open ? table : html`<details><summary class="small">
    ${changes.length === 1 ? "1 field" : `${changes.length} fields`}</summary>${table}</details>`;
}
