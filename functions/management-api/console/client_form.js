/** A new client, and what may change of one that is there. */

import { html, useEffect, useMemo, useState } from "./preact.js";
import { all, api, can, clientIdPrefix, follow, isOperator, onceKeys, organizationKey, Problem, scope } from "./api.js";
import {
  announce, Button, Check, DateField, day, exact, Failure, Head, instantOf, Loaded, Notice, Select, settled, TextArea,
  TextField, useLoad, useSend, useUnsaved,
} from "./components.js";
import { Pending } from "./requests.js";
import { SecretDialog } from "./secrets.js";
import { fieldName, LEVELS } from "./words.js";

const KNOWN = ["name", "key", "environment", "expires_at", "notes", "token_lifetime_seconds"];
const MINUTES = [5, 10, 15, 30, 45, 60];

export function Screen({ params, query }) {
  const { id } = params;
  const loaded = useLoad(async () => {
    const [client, resources] = await Promise.all([
      id ? api.get(`/v1/clients/${encodeURIComponent(id)}`) : null,
      all("/v1/resources", scope()),
    ]);
    const key = client?.data.organization ?? organizationKey();
    const { data } = await api.get(`/v1/organizations/${encodeURIComponent(key)}`);
    return { client: client?.data ?? null, etag: client?.etag, resources: resources.items, organization: data };
  }, [id]);
  return html`<${Loaded} of=${loaded} what="Loading the form" back=${html`<a href="#/clients">API clients</a>`}>${(data) => html`<${Form}
    key=${data.client?.client_id ?? "new"} ...${data} copied=${query.get("copy")} />`}<//>`;
}

/** The end of the day a year from today, here. */
function inAYear() {
  const at = new Date();
  at.setFullYear(at.getFullYear() + 1);
  return dateOf(at);
}
const two = (number) => String(number).padStart(2, "0");
const dateOf = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

const SPELLED = { ä: "ae", ö: "oe", ü: "ue", ß: "ss", æ: "ae", œ: "oe", ø: "o" };
/** A key out of a name, until somebody writes their own: it begins with a letter, and accents fall away. */
const keyFrom = (name) =>
  name.toLowerCase().normalize("NFC").replace(/[äöüßæœø]/g, (letter) => SPELLED[letter])
    .normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+/, "").slice(0, 30).replace(/-+$/, "");

/** A client as the form has it. */
const formOf = (client) => ({
  name: client.name,
  notes: client.notes,
  minutes: String(client.token_lifetime_seconds / 60),
  grants: client.grants,
  serves: client.serves,
});

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function Form({ client, etag, resources, organization }) {
  const isNew = client === null;
  const { settings } = organization;
  const [form, set] = useState(() => ({
    key: null,
    environment: "production",
    expires: inAYear(),
    never: false,
    enabled: true,
    ...formOf(client ?? { name: "", notes: "", token_lifetime_seconds: settings.token_lifetime_seconds, grants: {}, serves: [] }),
  }));
  /** What is stored, as far as this form knows; another's change in the meantime takes its place. */
  const [stored, setStored] = useState({ client, etag });
  const [start, setStart] = useState(form);
  const [theirs, setTheirs] = useState(null);
  const [made, setMade] = useState(null);
  const once = useMemo(onceKeys, []);
  const change = (field) => (value) => set((was) => ({ ...was, [field]: value }));
  useUnsaved(!made && !same(form, start));
  useEffect(() => client && follow(client.organization), []);
  const key = form.key ?? keyFrom(form.name);
  const assigns = can("resources:assign");
  const expiresAt = instantOf(form.expires);

  const update = () => {
    const now = { name: form.name, notes: form.notes, token_lifetime_seconds: Number(form.minutes) * 60 };
    if (assigns) now.grants = form.grants;
    if (isOperator()) now.serves = form.serves;
    return Object.fromEntries(Object.entries(now).filter(([field, value]) => !same(value, stored.client[field])));
  };
  /** Takes over what somebody else changed, and keeps what was typed here. */
  const merge = (fresh) => {
    const [before, now] = [formOf(stored.client), formOf(fresh.data)];
    const changed = Object.keys(now).filter((field) => !same(before[field], now[field]));
    const mine = changed.filter((field) => !same(form[field], start[field]) && !same(form[field], now[field]));
    set((was) => ({ ...was, ...Object.fromEntries(changed.filter((field) => !mine.includes(field)).map((field) => [field, now[field]])) }));
    setStart((was) => ({ ...was, ...now }));
    setStored({ client: fresh.data, etag: fresh.etag });
    setTheirs({ now, changed, mine });
  };
  const send = useSend(async () => {
    if (isNew) {
      if (!form.never && !expiresAt) {
        throw Problem.of({ expires_at: settings.clients_need_expiry ? "Choose a date" : "Choose a date, or tick Never expires" });
      }
      const body = {
        ...scope(),
        key,
        name: form.name,
        notes: form.notes,
        environment: form.environment,
        enabled: form.enabled,
        expires_at: form.never ? null : expiresAt,
        token_lifetime_seconds: Number(form.minutes) * 60,
        ...(assigns && { grants: form.grants }),
        ...(isOperator() && form.serves.length && { serves: form.serves }),
      };
      const answer = await api.post("/v1/clients", body, { once: once(body) });
      settled();
      if (answer.waiting) return waits(answer.waiting);
      return setMade(answer.data);
    }
    const path = `/v1/clients/${client.client_id}`;
    const body = update();
    try {
      const answer = Object.keys(body).length ? await api.patch(path, body, stored.etag) : null;
      announce(answer === null ? "Nothing was changed" : answer.waiting ? "The change waits for a second administrator" : "Saved");
      settled();
      location.hash = `#/clients/${client.client_id}`;
    } catch (problem) {
      if (problem.kind !== "precondition-failed") throw problem;
      merge(await api.get(path));
    }
  });

  /** Beside a field that both changed: what they made of it. */
  const beside = (field, hint) => (theirs?.mine.includes(field)
    ? html`${hint && html`${hint}<br />`}<b>Theirs: <bdi class="pre">${asText(theirs.now[field])}</bdi>${field === "minutes" ? " minutes" : ""}</b>` : hint);
  const back = isNew ? "#/clients" : `#/clients/${client.client_id}`;
  return html`<div class="stack">
    <${Head} title=${isNew ? "New client" : html`Edit <bdi>${client.name}</bdi>`} crumb=${html`<a href=${back}>
      ${isNew ? "API clients" : html`<bdi>${client.name}</bdi>`}</a>`} />
    ${settings.multi_admin
      && html`<${Notice}>In this organization a second administrator approves each change. What you save waits until then.<//>`}
    ${!isNew && html`<${Pending} client=${client} />`}
    <form class="form" onSubmit=${send.submit} novalidate>
      <${TextField} label="Name" value=${form.name} onValue=${change("name")} wrong=${send.wrong("name")}
        maxlength="100" required autofocus=${isNew} hint=${beside("name")} />
      ${isNew
        ? html`<div class="field"><${TextField} label="Key" value=${key} onValue=${change("key")}
          wrong=${send.wrong("key")} spellcheck=${false} autocomplete="off" dir="ltr" required
              hint="Lower-case letters, digits and hyphens. Permanent: it is part of the client_id, which is never given out again." />
            <p class="small" aria-live="polite">client_id: <code data-preview>
              ${clientIdPrefix}-${organization.key}-${key || "…"}</code></p></div>
          <div class="pair"><${Select} label="Environment" value=${form.environment} onValue=${change("environment")}
            wrong=${send.wrong("environment")} hint="Permanent. Tokens carry it."
              options=${[["production", "Production"], ["sandbox", "Sandbox"]]} />
            <div class="stack tight"><${DateField} label="Expires at the end of" value=${form.expires}
              onValue=${change("expires")} disabled=${form.never} wrong=${send.wrong("expires_at")}
              hint=${expiresAt && !form.never ? `Fixed from then on: no tokens after ${exact(expiresAt)}.` : "Fixed when the client is created."} />
              ${!settings.clients_need_expiry && html`<${Check} label="Never expires" checked=${form.never}
                onValue=${change("never")} />`}</div></div>`
        : html`<div class="card"><div class="body"><dl class="facts">
            <dt>client_id</dt><dd><code>${client.client_id}</code></dd>
            <dt>Environment</dt><dd>${client.environment}</dd>
            <dt>Expires</dt><dd>${client.expires_at ? exact(client.expires_at) : "never"}</dd>
            <dt>Created</dt><dd>${day(client.created_at)}</dd></dl>
            <p class="muted small">These are fixed. A client with others is a new client.</p></div></div>`}
      <${TextArea} label="Notes" optional value=${form.notes} onValue=${change("notes")} wrong=${send.wrong("notes")}
        maxlength="2000" hint=${beside("notes", "For colleagues: who runs it, where its secret is kept. They are in the reminders, too.")} />
      ${isNew && html`<${Check} label="Enabled" hint="A disabled client gets no tokens, from the next request on."
        checked=${form.enabled} onValue=${change("enabled")} />`}
      <${Select} label="Access tokens live" class="short" value=${form.minutes} onValue=${change("minutes")}
        wrong=${send.wrong("token_lifetime_seconds")} hint=${beside("minutes")}
        options=${[...new Set([...MINUTES, Number(form.minutes)])].sort((a, b) => a - b).map((m) => [String(m), `${m} minutes`])} />
      <${Grid} resources=${resources} grants=${form.grants} onGrants=${change("grants")} locked=${!assigns}
        wrong=${send.wrong} />${theirs?.mine.includes("grants") && html`<p class="small">${beside("grants")}</p>`}
      ${isOperator() && html`<${Serves} resources=${resources} serves=${form.serves} onServes=${change("serves")} />`}
      ${theirs && html`<${Notice} kind="warn" icon="alert" role="alert"><b>Somebody changed this client while you edited it</b>
        <p>${theirs.changed.length ? html`They changed: ${theirs.changed.map((field) => fieldName(field).toLowerCase()).join(", ")}.${" "}` : "They changed nothing that is in this form. "}
          ${theirs.mine.length ? "What you typed is still here, and what they made of it stands beside it. Save again to put yours in its place, or" : "That is taken over here, and what you typed is kept. Save again, or"}${" "}
        <button type="button" class="link" onClick=${() => (settled(), location.reload())}>load theirs</button>.</p><//>`}
      <${Failure} problem=${send.problem} known=${[...KNOWN, ...resources.map((r) => `grants.${r.key}`)]} />
      <div class="actions"><${Button} type="submit" kind="primary" busy=${send.busy}>
        ${isNew ? "Create the client" : "Save"}<//><a class="button" href=${back}>Cancel</a></div>
    </form>
    ${made && html`<${SecretDialog} title="The client is made"
      made=${{ ...made.secret, client_id: made.client_id, token_endpoint: made.token_endpoint }}
      onClose=${() => (location.hash = `#/clients/${made.client_id}`)} />`}
  </div>`;
}

/** What a field holds, in a line. */
const asText = (value) =>
  typeof value === "string" ? value || "(empty)" : Array.isArray(value) ? value.join(", ") || "none"
    : Object.entries(value).map(([resource, level]) => `${resource}: ${level}`).join(", ") || "none";

/** A change that waits for somebody else. */
function waits(request) {
  announce("The change waits for a second administrator");
  dispatchEvent(new Event("requests-changed"));
  location.hash = `#/requests/${request.id}`;
}

/** Which resources, and how far: change brings view along, administer brings both. */
function Grid({ resources, grants, onGrants, locked, wrong }) {
  const offered = resources.filter((resource) => resource.grantable !== false || grants[resource.key]);
  const rank = (level) => LEVELS.indexOf(level);
  const set = (key, level, on) => {
    const next = { ...grants };
    const lower = LEVELS.slice(0, rank(level)).reverse().find((l) => l in resources.find((r) => r.key === key).levels);
    if (on) next[key] = level;
    else if (lower) next[key] = lower;
    else delete next[key];
    onGrants(next);
  };
  return html`<fieldset class="stack tight"><legend>Access</legend>
    <p class="muted small">
      ${locked ? "Assigning resources needs the privilege resources:assign." : "Change includes view; administer includes both."}</p>
    ${offered.length === 0 ? html`<p class="muted">There are no resources to grant.</p>`
      : html`<div class="card scroll"><table class="grid-access"><caption class="hidden">Access by resource</caption>
      <thead><tr><th scope="col">Resource</th>${LEVELS.map((level) => html`<th scope="col" class="tick">
        ${level[0].toUpperCase() + level.slice(1)}</th>`)}</tr></thead>
      <tbody>${offered.map((resource) => html`<tr key=${resource.key}><th scope="row"><bdi>
        ${resource.name}</bdi> <span class="muted mono">${resource.key}</span>
        ${wrong(`grants.${resource.key}`) && html`<p class="danger-text small">${wrong(`grants.${resource.key}`)}</p>`}</th>
        ${LEVELS.map((level) => {
          const granted = grants[resource.key];
          const higher = granted !== undefined && rank(granted) > rank(level);
          const there = level in resource.levels;
          return html`<td class="tick">${there && html`<input type="checkbox"
            aria-label=${`${resource.name}: ${level}`} checked=${higher || granted === level}
            disabled=${locked || higher} title=${resource.levels[level]}
              onChange=${(e) => set(resource.key, level, e.currentTarget.checked)} />`}</td>`;
        })}</tr>`)}</tbody></table></div>`}
  </fieldset>`;
}

/** Whose tokens the client may introspect: an operator's to say. */
function Serves({ resources, serves, onServes }) {
  return html`<fieldset class="stack tight"><legend>Serves</legend><p
    class="muted small">An API that introspects tokens does so with a client of its own. Tick the resources that it is the server of.</p>
    <div class="row">${resources.map((resource) => html`<${Check} key=${resource.key} label=${resource.key}
      checked=${serves.includes(resource.key)}
      onValue=${(on) => onServes(on ? [...serves, resource.key] : serves.filter((key) => key !== resource.key))} />`)}
        </div></fieldset>`;
}
