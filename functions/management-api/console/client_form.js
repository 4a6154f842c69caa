/** The form that creates a client, or edits one. */

import {
  all,
  api,
  can,
  clientIdPrefix,
  follow,
  isOperator,
  onceKeys,
  organizationKey,
  organizationPath,
  Problem,
  scope,
} from "./api.js";
import { announce, Button, capitalized, Failure, Head, loaded, Notice } from "./components.js";
import { Check, DateField, instantOf, Select, TextArea, TextField } from "./fields.js";
import { useLoad, useSend } from "./hooks.js";
import { settled, useUnsaved } from "./navigation.js";
import { html, useEffect, useMemo, useState } from "./preact.js";
import { awaitsApproval, Pending } from "./requests.js";
import { SecretDialog } from "./secrets.js";
import { day, exact } from "./time.js";
import { fieldName, LEVELS } from "./words.js";

/** @import { Answer, Client, CreatedClient, Grants, Level, Organization, Resource, View } from "./types" */

/** @param {{ params: { id?: string } }} props */
export function Screen({ params }) {
  const { id } = params;
  const page = useLoad(async () => {
    const [client, resources] = await Promise.all([
      id ? api.get(`/v1/clients/${encodeURIComponent(id)}`) : null,
      all("/v1/resources", scope()),
    ]);
    const { data } = await api.get(organizationPath(client?.data.organization ?? organizationKey()));
    return { client, resources: resources.items, organization: data };
  }, [id]);
  return loaded(
    page,
    "Loading the form",
    ({ client, ...rest }) => html`<${Form} key=${id ?? "new"} ...${rest} client=${client?.data ?? null}
      etag=${client?.etag ?? null} />`,
    html`<a href="#/clients">API clients</a>`,
  );
}

/** The date a year from today, in this time zone. */
function inAYear() {
  const at = new Date();
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${at.getFullYear() + 1}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** @type {Record<string, string>} */
const SPELLED = { ä: "ae", ö: "oe", ü: "ue", ß: "ss", æ: "ae", œ: "oe", ø: "o" };

/** Suggests a key: it begins with a letter, and accents are dropped. @param {string} name */
const keyFrom = (name) =>
  name
    .toLowerCase()
    .normalize("NFC")
    .replace(/[äöüßæœø]/g, (letter) => SPELLED[letter])
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 30)
    .replace(/-+$/, "");

/** The editable part of a client, in the units of the form. @param {Editable} client */
const formOf = (client) => ({
  name: client.name,
  notes: client.notes,
  minutes: String(client.token_lifetime_seconds / 60),
  grants: client.grants,
  serves: client.serves,
});

/**
 * @typedef {Pick<Client, "name" | "notes" | "token_lifetime_seconds" | "grants" | "serves">} Editable
 * @typedef {ReturnType<typeof formOf>} Edited
 * @typedef {keyof Edited} EditedField
 */

/** @param {unknown} a @param {unknown} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

const KNOWN = ["name", "key", "environment", "expires_at", "notes", "token_lifetime_seconds"];
const MINUTES = [5, 10, 15, 30, 45, 60];

/** @param {{ client: Client | null, etag: string | null, resources: Resource[], organization: Organization }} props */
function Form({ client, etag, resources, organization }) {
  const { settings } = organization;
  const [form, set] = useState(() => ({
    key: /** @type {string | null} */ (null),
    environment: "production",
    expires: inAYear(),
    never: false,
    enabled: true,
    ...formOf(client ?? { ...settings, name: "", notes: "", grants: {}, serves: [] }),
  }));
  /** The stored client, as far as this form knows. */
  const [stored, setStored] = useState({ client, etag });
  const [start, setStart] = useState(form);
  const [theirs, setTheirs] = useState(/** @type {Theirs | null} */ (null));
  const [made, setMade] = useState(/** @type {CreatedClient | null} */ (null));
  const once = useMemo(onceKeys, []);
  /** @param {keyof typeof form} field */
  const change = (field) => (/** @type {unknown} */ value) => set((was) => ({ ...was, [field]: value }));
  useUnsaved(!made && !same(form, start));
  useEffect(() => {
    if (client) follow(client.organization);
  }, []);
  const key = form.key ?? keyFrom(form.name);
  const assigns = can("resources:assign");
  const expiresAt = instantOf(form.expires);
  const common = { name: form.name, notes: form.notes, token_lifetime_seconds: Number(form.minutes) * 60 };

  const create = async () => {
    if (!form.never && !expiresAt) {
      const message = settings.clients_need_expiry ? "Choose a date" : "Choose a date, or select Never expires";
      throw Problem.of({ expires_at: message });
    }
    const body = {
      ...scope(),
      ...common,
      key,
      environment: form.environment,
      enabled: form.enabled,
      expires_at: form.never ? null : expiresAt,
      ...(assigns && { grants: form.grants }),
      ...(isOperator() && form.serves.length && { serves: form.serves }),
    };
    const { waiting, data } = await api.post("/v1/clients", body, { once: once(body) });
    settled();
    if (!waiting) return setMade(data);
    awaitsApproval();
    location.hash = `#/requests/${waiting.id}`;
  };
  /** Takes over what somebody else changed, and keeps what was typed here. @param {Answer<Client>} fresh */
  const merge = ({ data, etag }) => {
    const now = formOf(data);
    const before = stored.client && formOf(stored.client);
    const changed = fieldsOf(now).filter((field) => !same(before?.[field], now[field]));
    const mine = changed.filter((field) => !same(form[field], start[field]) && !same(form[field], now[field]));
    const taken = changed.filter((field) => !mine.includes(field)).map((field) => [field, now[field]]);
    set((was) => ({ ...was, ...Object.fromEntries(taken) }));
    setStart((was) => ({ ...was, ...now }));
    setStored({ client: data, etag });
    setTheirs({ now, changed, mine });
  };
  /** @param {Client} client */
  const update = async (client) => {
    const path = /** @type {const} */ (`/v1/clients/${client.client_id}`);
    const now = { ...common, ...(assigns && { grants: form.grants }), ...(isOperator() && { serves: form.serves }) };
    const before = /** @type {Record<string, unknown>} */ ({ ...stored.client });
    const changes = Object.entries(now).filter(([field, value]) => !same(value, before[field]));
    try {
      const answer = changes.length ? await api.patch(path, Object.fromEntries(changes), stored.etag) : null;
      if (answer?.waiting) awaitsApproval();
      else announce(answer ? "Saved" : "No changes to save");
      settled();
      location.hash = `#/clients/${client.client_id}`;
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.kind !== "precondition-failed") throw problem;
      merge(await api.get(path));
    }
  };
  const send = useSend(() => (client ? update(client) : create()));

  /** The hint of a field, with the value that somebody else gave it. @param {EditedField} field @param {View} [hint] */
  const beside = (field, hint) => {
    if (!theirs?.mine.includes(field)) return hint;
    const unit = field === "minutes" ? " minutes" : "";
    return html`${hint && html`${hint}<br />`}<b>Their value:${" "}
      <bdi class="pre">${asText(theirs.now[field])}</bdi>${unit}</b>`;
  };
  const back = client ? `#/clients/${client.client_id}` : "#/clients";
  const name = html`<bdi>${client?.name}</bdi>`;
  const minutes = [...new Set([...MINUTES, Number(form.minutes)])].sort((a, b) => a - b);
  const fresh = () => html`
    <div class="field"><${TextField} label="Key" value=${key} onValue=${change("key")} wrong=${send.wrong("key")}
        spellcheck=${false} autocomplete="off" dir="ltr" required
        hint="Lowercase letters, digits and hyphens. Permanent: it is part of the client_id, which is never reused." />
      <p class="small" aria-live="polite">client_id:${" "}
        <code data-preview>${clientIdPrefix}-${organization.key}-${key || "…"}</code></p></div>
    <div class="pair"><${Select} label="Environment" value=${form.environment} onValue=${change("environment")}
        wrong=${send.wrong("environment")} hint="Permanent. Tokens contain it."
        options=${[["production", "Production"], ["sandbox", "Sandbox"]]} />
      <div class="stack tight"><${DateField} label="Expires at the end of" value=${form.expires}
          onValue=${change("expires")} disabled=${form.never} wrong=${send.wrong("expires_at")}
          hint=${expiresAt && !form.never ? `Permanent. No tokens after ${exact(expiresAt)}.` : "Permanent."} />
        ${
          !settings.clients_need_expiry &&
          html`<${Check} label="Never expires" checked=${form.never} onValue=${change("never")} />`
        }</div></div>`;
  return html`<div class="stack">
    <${Head} title=${client ? html`Edit ${name}` : "Create client"}
      crumb=${html`<a href=${back}>${client ? name : "API clients"}</a>`} />
    ${
      settings.multi_admin &&
      html`<${Notice}>This organization requires a second administrator to approve each change.<//>`
    }
    ${client && html`<${Pending} client=${client} />`}
    <form class="form" onSubmit=${send.submit} novalidate>
      <${TextField} label="Name" value=${form.name} onValue=${change("name")} wrong=${send.wrong("name")}
        maxlength="100" required autofocus=${!client} hint=${beside("name")} />
      ${client ? permanent(client) : fresh()}
      <${TextArea} label="Notes" optional value=${form.notes} onValue=${change("notes")} wrong=${send.wrong("notes")}
        maxlength="2000" hint=${beside("notes", "Who runs it, where its secret is kept. Reminders include them.")} />
      ${
        !client &&
        html`<${Check} label="Enabled" hint="A disabled client cannot get tokens." checked=${form.enabled}
          onValue=${change("enabled")} />`
      }
      <${Select} label="Access token lifetime" class="short" value=${form.minutes} onValue=${change("minutes")}
        wrong=${send.wrong("token_lifetime_seconds")} hint=${beside("minutes")}
        options=${minutes.map((m) => [String(m), `${m} minutes`])} />
      <${Grid} resources=${resources} grants=${form.grants} onGrants=${change("grants")} locked=${!assigns}
        wrong=${send.wrong} />
      ${theirs?.mine.includes("grants") && html`<p class="small">${beside("grants")}</p>`}
      ${isOperator() && html`<${Serves} resources=${resources} serves=${form.serves} onServes=${change("serves")} />`}
      ${theirs && html`<${Conflict} theirs=${theirs} />`}
      <${Failure} problem=${send.problem} known=${[...KNOWN, ...resources.map((r) => `grants.${r.key}`)]} />
      <div class="actions">
        <${Button} type="submit" kind="primary" busy=${send.busy}>${client ? "Save" : "Create client"}<//>
        <a class="button" href=${back}>Cancel</a></div>
    </form>
    ${
      made &&
      html`<${SecretDialog} title="Client created"
        made=${{ ...made.secret, client_id: made.client_id, token_endpoint: made.token_endpoint }}
        onClose=${() => {
          location.hash = `#/clients/${made.client_id}`;
        }} />`
    }
  </div>`;
}

/** @param {Client} client */
const permanent = (client) => html`<div class="card"><div class="body"><dl class="facts">
    <dt>client_id</dt><dd><code>${client.client_id}</code></dd>
    <dt>Environment</dt><dd>${client.environment}</dd>
    <dt>Expires</dt><dd>${client.expires_at ? exact(client.expires_at) : "never"}</dd>
    <dt>Created</dt><dd>${day(client.created_at)}</dd></dl>
    <p class="muted small">These are permanent. To change them, create a new client.</p></div></div>`;

/**
 * The changes of somebody else, made since the form was opened.
 * @typedef {object} Theirs
 * @property {Edited} now
 * @property {EditedField[]} changed
 * @property {EditedField[]} mine the fields that were changed here too
 */

/** @param {{ theirs: Theirs }} props */
function Conflict({ theirs: { changed, mine } }) {
  const fields = changed.map((field) => fieldName(field).toLowerCase()).join(", ");
  const reload = () => {
    settled();
    location.reload();
  };
  return html`<${Notice} kind="warn" icon="alert" role="alert">
    <b>Someone else changed this client while you were editing</b>
    <p>${fields ? `They changed: ${fields}. ` : "They changed nothing in this form. "}
      ${
        mine.length
          ? "Your input is kept, with their value beside it. Save again to overwrite theirs, or"
          : "Their changes are applied here and your input is kept. Save again, or"
      }${" "}
      <button type="button" class="link" onClick=${reload}>discard yours</button>.</p><//>`;
}

/** @param {Edited} form */
const fieldsOf = (form) => /** @type {EditedField[]} */ (Object.keys(form));

/** The value of a field in a line. @param {Edited[EditedField]} value */
function asText(value) {
  if (typeof value === "string") return value || "(empty)";
  if (Array.isArray(value)) return value.join(", ") || "none";
  const entries = Object.entries(value).map(([resource, level]) => `${resource}: ${level}`);
  return entries.join(", ") || "none";
}

/** @param {Level} level */
const rank = (level) => LEVELS.indexOf(level);

/**
 * The access to each resource: change includes view, administer includes both.
 * @param {object} props
 * @param {Resource[]} props.resources
 * @param {Grants} props.grants
 * @param {(grants: Grants) => void} props.onGrants
 * @param {boolean} props.locked
 * @param {(field: string) => string | undefined} props.wrong
 */
function Grid({ resources, grants, onGrants, locked, wrong }) {
  const offered = resources.filter((resource) => resource.grantable || grants[resource.key]);
  /** @param {Resource} resource @param {Level} level @param {boolean} on */
  const set = ({ key, levels }, level, on) => {
    const { [key]: _, ...others } = grants;
    const lower = LEVELS.slice(0, rank(level)).findLast((below) => below in levels);
    const next = on ? level : lower;
    onGrants(next ? { ...others, [key]: next } : others);
  };
  /** @param {Resource} resource @param {Level} level */
  const box = (resource, level) => {
    const granted = grants[resource.key];
    const higher = granted !== undefined && rank(granted) > rank(level);
    return html`<td class="tick">${
      level in resource.levels &&
      html`<input type="checkbox" aria-label=${`${resource.name}: ${level}`} checked=${higher || granted === level}
        disabled=${locked || higher} title=${resource.levels[level]}
        onChange=${(e) => set(resource, level, e.currentTarget.checked)} />`
    }</td>`;
  };
  /** @param {Resource} resource */
  const row = (resource) => {
    const told = wrong(`grants.${resource.key}`);
    return html`<tr key=${resource.key}><th scope="row"><bdi>${resource.name}</bdi>${" "}
        <span class="muted mono">${resource.key}</span>${told && html`<p class="danger-text small">${told}</p>`}</th>
      ${LEVELS.map((level) => box(resource, level))}</tr>`;
  };
  const hint = locked
    ? "To give access, you need the privilege resources:assign."
    : "Change includes view; administer includes both.";
  const grid = html`<div class="card scroll"><table class="grid-access">
    <caption class="hidden">Access by resource</caption>
    <thead><tr><th scope="col">Resource</th>
      ${LEVELS.map((level) => html`<th scope="col" class="tick">${capitalized(level)}</th>`)}</tr></thead>
    <tbody>${offered.map(row)}</tbody></table></div>`;
  return html`<fieldset class="stack tight"><legend>Access</legend>
    <p class="muted small">${hint}</p>
    ${offered.length ? grid : html`<p class="muted">There are no resources to grant.</p>`}</fieldset>`;
}

/**
 * The resources whose tokens the client may introspect, which an operator decides.
 * @param {{ resources: Resource[], serves: string[], onServes: (serves: string[]) => void }} props
 */
const Serves = ({ resources, serves, onServes }) => html`<fieldset class="stack tight">
  <legend>Resource server for</legend>
  <p class="muted small">An API uses a client of its own to introspect tokens. Select the resources that it serves.</p>
  <div class="row">${resources.map(
    ({ key }) => html`<${Check} key=${key} label=${key} checked=${serves.includes(key)}
      onValue=${(on) => onServes(on ? [...serves, key] : serves.filter((other) => other !== key))} />`,
  )}</div></fieldset>`;
