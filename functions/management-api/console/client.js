/** One client: its credentials, what it may use, what waits for it and what happened to it. */

import { html, useEffect, useState } from "./preact.js";
import { api, can, follow, isOperator } from "./api.js";
import {
  announce, Button, Copy, Ends, exact, Failure, Head, isOver, Loaded, Notice, Table, Time, useLoad, useSend,
} from "./components.js";
import { Status, TokenEndpoint } from "./clients.js";
import { Confirm, Waits } from "./dialog.js";
import { Pending } from "./requests.js";
import {
  AddDialog, DeactivateDialog, DeleteDialog, pathOf, RegenerateDialog, RevealDialog, SecretDialog,
} from "./secrets.js";
import { actionWords, Actor, Changes } from "./words.js";

const STATES = { active: "good", not_yet_valid: "", expired: "danger", deactivated: "", deleted: "" };

export function Screen({ params }) {
  const path = `/v1/clients/${encodeURIComponent(params.id)}`;
  const loaded = useLoad(async () => {
    const client = await api.get(path);
    const [secrets, organization] = await Promise.all([
      api.get(`${path}/secrets`),
      api.get(`/v1/organizations/${encodeURIComponent(client.data.organization)}`),
    ]);
    return { client: client.data, secrets: secrets.data.items, settings: organization.data.settings };
  }, [path]);
  return html`<${Loaded} of=${loaded} what="Loading the client"
    back=${html`<a href="#/clients">API clients</a>`}>${(data) => html`<${Client} ...${data} path=${path}
    reload=${loaded.reload} />`}<//>`;
}

function Client({ client, secrets, settings, path, reload }) {
  const [dialog, open] = useState(null);
  const [turn, again] = useState(0);
  useEffect(() => follow(client.organization), []);
  const close = () => open(null);
  /** After anything that was done: shows it, or that it waits. */
  const done = (waiting, words) => {
    close();
    again((n) => n + 1);
    reload();
    if (waiting) {
      dispatchEvent(new Event("requests-changed"));
      announce("The change waits for a second administrator");
    } else if (words) announce(words);
  };
  const toggle = useSend(async () => {
    const answer = await api.post(`${path}/${client.enabled ? "disable" : "enable"}`);
    done(answer.waiting, client.enabled ? "Disabled: the next token request fails" : "Enabled");
  });
  const shown = (title) => (data) => {
    reload();
    again((n) => n + 1);
    open({ kind: "shown", title, made: data });
  };
  const common = { client, settings, onClose: close, onWaiting: done };
  const changes = can("clients:change");
  return html`<div class="stack">
    <${Head} title=${html`<bdi>${client.name}</bdi>`} crumb=${html`<a href="#/clients">API clients</a>`}
      lead=${html`<span class="row"><code>${client.client_id}</code><${Copy} text=${client.client_id} what="client_id"
        kind="small quiet" />
        <${Status} client=${client} /><span class=${`tag ${client.environment === "production" ? "accent" : ""}`}>
          ${client.environment}</span></span>`}>
      ${changes && html`<a class="button" href=${`#/clients/${client.client_id}/edit`}>Edit</a>
        <${Button} busy=${toggle.busy} onClick=${client.enabled ? () => open({ kind: "disable" }) : toggle.submit}>
          ${client.enabled ? "Disable" : "Enable"}<//>
        <${Button} kind="danger" onClick=${() => open({ kind: "delete" })}>Delete<//>`}
    <//>
    <${Failure} problem=${toggle.problem} />
    <${Pending} key=${`pending ${turn}`} client=${client} onDone=${() => done()} />
    <${Credentials} ...${{ client, secrets, settings, open, done, turn }} />
    <div class="columns"><div class="stack">
      ${can("audit:read") && html`<${Trail} key=${`trail ${turn}`} client=${client} />`}
      <${TokenEndpoint} clientId=${client.client_id} />
    </div><div class="stack">
      <section class="card"><header><h2>Access</h2></header><div class="body"><${Grants} client=${client} /></div></section>
      <section class="card"><header><h2>Details</h2></header><div class="body"><dl class="facts">
        ${isOperator() && html`<dt>Organization</dt><dd>${client.organization}</dd>`}
        <dt>Expires</dt><dd><${Ends} at=${client.expires_at} /></dd>
        <dt>Tokens live</dt><dd>${client.token_lifetime_seconds / 60} minutes</dd>
        <dt>Created</dt><dd><${Time} at=${client.created_at} /></dd>
        <dt>Changed</dt><dd><${Time} at=${client.updated_at} /></dd>
        <dt>Last used</dt><dd><${Time} at=${client.last_used_at} /></dd>
        ${client.serves.length > 0 && html`<dt>Serves</dt><dd>${client.serves.join(", ")}</dd>`}
        <dt>Notes</dt><dd class="pre">${client.notes ? html`<bdi>${client.notes}</bdi>` : html`<span
          class="muted">none</span>`}</dd>
      </dl></div></section>
    </div></div>
    ${dialog?.kind === "disable" && html`<${Confirm} title="Disable the client" action="Disable" danger
      onClose=${close} run=${() => api.post(`${path}/disable`).then((a) => done(a.waiting, "Disabled: the next token request fails"))}>
      <p><bdi>${client.name}</bdi> gets no more tokens, from the next request on, and introspection says that those it has are inactive. It can be enabled again.</p>
      <${Waits} settings=${settings} /><//>`}
    ${dialog?.kind === "delete" && html`<${Confirm} title="Delete the client" action=${settings.multi_admin ? "Ask to delete it" : "Delete for good"} danger
      word=${client.key} onClose=${close} run=${() => remove(path, client)}>
      <${Waits} settings=${settings} />
      <${Notice} kind="danger" icon="alert"><b>${settings.multi_admin ? "Once approved, it" : "This"} cannot be taken back.</b> ${breaks(client)} The client_id <code>
        ${client.client_id}</code> is never given out again.<//><//>`}
    ${dialog?.kind === "shown" && html`<${SecretDialog} title=${dialog.title} made=${dialog.made} onClose=${close}>
      ${dialog.made.previous && html`<p
        class="muted">The old one works until ${exact(dialog.made.previous.expires_at)}.</p>`}<//>`}
    ${dialog?.kind === "add" && html`<${AddDialog} ...${common} onDone=${shown("The secret is made")} />`}
    ${dialog?.kind === "reveal" && html`<${RevealDialog} ...${common} secret=${dialog.secret} />`}
    ${dialog?.kind === "regenerate" && html`<${RegenerateDialog} ...${common} secret=${dialog.secret}
      onDone=${shown("The new secret is made")} />`}
    ${dialog?.kind === "deactivate" && html`<${DeactivateDialog} ...${common} ...${dialog} onDone=${done} />`}
    ${dialog?.kind === "remove" && html`<${DeleteDialog} ...${common} ...${dialog} onDone=${done} />`}
  </div>`;
}

async function remove(path, client) {
  const answer = await api.delete(path);
  if (answer.waiting) dispatchEvent(new Event("requests-changed"));
  announce(answer.waiting ? "The deletion waits for a second administrator" : `${client.name} is deleted`);
  location.hash = answer.waiting ? `#/requests/${answer.waiting.id}` : "#/clients";
}

/** What stops when a client goes. */
function breaks(client) {
  const resources = Object.keys(client.grants);
  const used = client.last_used_at ? html` It was last used <${Time} at=${client.last_used_at} />.` : " It was never used.";
  return html`It gets no more tokens${resources.length ? `, and its calls to ${resources.join(", ")} stop` : ""}.${used}`;
}

function Grants({ client }) {
  const entries = Object.entries(client.grants);
  if (!entries.length) return html`<p class="muted">It has no access yet.</p>`;
  return html`<dl class="facts">${entries.map(([resource, level]) => html`<dt key=${resource}><code>
    ${resource}</code></dt><dd>${level}</dd>`)}</dl>
    <p class="muted small scopes">Scopes:${" "}<code>${client.scopes.join(" ")}</code></p>`;
}

function Credentials({ client, secrets, settings, open, done, turn }) {
  const manages = can("secrets:manage");
  const working = secrets.filter((secret) => secret.state === "active" || secret.state === "not_yet_valid");
  // one that has a successor is none to go on with
  const lasting = working.filter((secret) => !secret.replaced_by);
  const order = useSend(async ({ secret, verb, words }) => {
    const answer = await api.post(pathOf(client.client_id, secret.id, verb));
    done(answer.waiting, words);
  });
  const actions = (secret) => {
    const isLast = lasting.length === 1 && lasting[0] === secret;
    const small = (text, run, kind = "small") => html`<${Button} kind=${kind} onClick=${run}
      aria-label=${`${text} ${secret.hint}`}>${text}<//>`;
    return html`<span class="row">
      ${working.includes(secret) && !secret.replaced_by && small("Regenerate", () => open({ kind: "regenerate", secret }))}
      ${secret.sealed_copy && settings.custody === "revealable" && small("Reveal", () => open({ kind: "reveal", secret }))}
      ${secret.state === "deactivated" ? small("Reactivate", () => order.submit({ secret, verb: "reactivate", words: "It works again" }))
        : secret.state !== "expired" && small("Deactivate", () => open({ kind: "deactivate", secret, isLast }))}
      ${small("Delete", () => open({ kind: "remove", secret, isLast }), "small danger")}</span>`;
  };
  const columns = [
    { label: "Secret", class: "title hold", cell: (s) => html`<code>${s.hint}</code>${s.label && html`<span
      class="under"><bdi>${s.label}</bdi></span>`}` },
    { label: "State", cell: (s) => html`<span class=${`tag ${isOver(client.expires_at) ? "" : STATES[s.state]}`}>${s.state.replaceAll("_", " ")}</span>
      ${s.replaced_by && html`<span class="under">replaced by <code>${s.replaced_by}</code></span>`}` },
    { label: "Created", cell: (s) => html`<${Time} at=${s.created_at} form="day" />` },
    { label: "Expires", cell: (s) => html`<${Ends} at=${s.expires_at} />` },
    { label: "Last used", cell: (s) => html`<${Time} at=${s.last_used_at} />${s.last_used_network && html`<span
      class="under">from ${s.last_used_network}</span>`}` },
    ...(manages ? [{ label: "Actions", hideLabel: true, class: "actions-cell", cell: actions }] : []),
  ];
  return html`<section class="card" aria-labelledby="credentials"><header><h2 id="credentials">Credentials</h2>
      ${manages && html`<${Button} kind="small" icon="plus" onClick=${() => open({ kind: "add" })}>Add a secret<//>`}</header>
    ${secrets.length ? html`<${Table} caption="Secrets" columns=${columns} rows=${secrets} keyOf=${(s) => s.id}
      rowClass=${(s) => (s.state === "expired" ? "ended" : "")} />`
      : html`<p class="state">It has no secret, so it gets no tokens.</p>`}
    ${order.problem && html`<div class="body"><${Failure} problem=${order.problem} /></div>`}
    <${Deleted} key=${turn} ...${{ client, manages, order, open }} />
  </section>`;
}

/** Deleted secrets that can still come back. */
function Deleted({ client, manages, order, open }) {
  const deleted = useLoad(() => api.get(`${pathOf(client.client_id)}`, { deleted: "true" }).then((a) => a.data.items), [client.client_id]);
  if (!deleted.data?.length) return null;
  const columns = [
    { label: "Secret", class: "title hold", cell: (s) => html`<code>${s.hint}</code>${s.label && html`<span
      class="under"><bdi>${s.label}</bdi></span>`}` },
    { label: "Deleted", cell: (s) => html`<${Time} at=${s.deleted_at} />` },
    { label: "Restorable until", cell: (s) => html`<${Time} at=${s.restorable_until} form="day" />` },
    ...(manages ? [{ label: "Actions", hideLabel: true, class: "actions-cell", cell: (s) => html`<span class="row">
      <${Button} kind="small" onClick=${() => order.submit({ secret: s, verb: "restore", words: "Restored" })}
        aria-label=${`Restore ${s.hint}`}>Restore<//>
      <${Button} kind="small danger" onClick=${() => open({ kind: "remove", secret: s, purge: true })}
        aria-label=${`Delete ${s.hint} for good`}>Delete for good<//></span>` }] : []),
  ];
  return html`<details class="body"><summary>${deleted.data.length} deleted, can be restored</summary><${Table}
    caption="Deleted secrets" columns=${columns} rows=${deleted.data} keyOf=${(s) => s.id} /></details>`;
}

function Trail({ client }) {
  const events = useLoad(() => api.get("/v1/audit", { organization: client.organization, client_id: client.client_id, limit: 10 }).then((a) => a.data.items), [client.client_id]);
  return html`<section class="card" aria-labelledby="trail"><header><h2 id="trail">What happened</h2><a
    href=${`#/audit?client_id=${client.client_id}`}>Whole trail</a></header>
    <div class="body"><${Loaded} of=${events}>${(items) => items.length === 0 ? html`<p class="muted">Nothing yet.</p>`
      : html`<ul class="timeline">${items.map((event) => html`<li key=${event.sequence}><div class="row apart"><b>
        ${actionWords(event.action)}</b><span class="muted small"><${Time} at=${event.at} /></span></div>
        <p class="muted small"><${Actor} actor=${event.actor} />${event.target.secret_id && html` · <code>
          ${event.target.secret_id}</code>`}</p><${Changes} changes=${event.changes} /></li>`)}</ul>`}<//></div>
          </section>`;
}
