/** One client: its secrets, access, pending changes and recent activity. */

import { api, can, follow, isOperator, organizationPath } from "./api.js";
import { Status, TokenEndpoint } from "./clients.js";
import { announce, Button, Copy, Failure, Head, loaded, Notice } from "./components.js";
import { Confirm, NeedsApproval } from "./dialog.js";
import { useLoad, useSend } from "./hooks.js";
import { html, useEffect, useState } from "./preact.js";
import { awaitsApproval, Pending } from "./requests.js";
import {
  AddDialog,
  DeactivateDialog,
  DeleteDialog,
  RegenerateDialog,
  RevealDialog,
  SecretDialog,
  secretPath,
  secretsPath,
} from "./secrets.js";
import { table } from "./table.js";
import { Ends, exact, isOver, Time } from "./time.js";
import { Actor, actionWords, Changes } from "./words.js";

/**
 * @import { AuditEvent, ChangeRequest, Client, Column, DeletedSecret } from "./types"
 * @import { NewSecret, Secret, SecretStatus, Settings } from "./types"
 */

/**
 * The dialog that is open.
 * @typedef {{ kind: "disable" | "delete" | "add" }
 *   | { kind: "reveal" | "regenerate", secret: Secret }
 *   | { kind: "deactivate", secret: Secret, isLast: boolean }
 *   | { kind: "remove", secret: Secret, isLast?: boolean, purge?: boolean }
 *   | { kind: "shown", title: string, made: NewSecret }} Open
 */

/** @type {Record<SecretStatus, string>} */
const COLOURS = { active: "good", not_yet_valid: "", expired: "danger", deactivated: "", deleted: "" };

/** @param {{ params: { id: string } }} props */
export function Screen({ params }) {
  const path = /** @type {const} */ (`/v1/clients/${encodeURIComponent(params.id)}`);
  const page = useLoad(async () => {
    const { data: client } = await api.get(path);
    const [secrets, organization] = await Promise.all([
      api.get(secretsPath(params.id)),
      api.get(organizationPath(client.organization)),
    ]);
    return { client, secrets: secrets.data.items, settings: organization.data.settings };
  }, [path]);
  return loaded(
    page,
    "Loading the client",
    (data) => html`<${Details} ...${data} path=${path} reload=${page.reload} />`,
    html`<a href="#/clients">API clients</a>`,
  );
}

/** @param {{ client: Client, secrets: Secret[], settings: Settings, path: string, reload: () => void }} props */
function Details({ client, secrets, settings, path, reload }) {
  const { client_id, enabled, environment, name } = client;
  const [dialog, open] = useState(/** @type {Open | null} */ (null));
  const [turn, again] = useState(0);
  useEffect(() => follow(client.organization), []);
  const close = () => open(null);
  const refresh = () => {
    again((n) => n + 1);
    reload();
  };
  /** @param {ChangeRequest | null} waiting @param {string} [words] */
  const done = (waiting, words) => {
    close();
    refresh();
    if (waiting) awaitsApproval();
    else if (words) announce(words);
  };
  const switchOver = async () => {
    const { waiting } = await api.post(`${path}/${enabled ? "disable" : "enable"}`);
    done(waiting, enabled ? "Disabled: token requests fail from now on" : "Enabled");
  };
  const toggle = useSend(switchOver);
  /** @param {string} title */
  const shown = (title) => (/** @type {NewSecret} */ made) => {
    refresh();
    open({ kind: "shown", title, made });
  };
  const common = { client, settings, done, onClose: close, onNew: shown("Secret created") };
  const lead = html`<span class="row"><code>${client_id}</code>
    <${Copy} text=${client_id} what="client_id" kind="small quiet" /><${Status} client=${client} />
    <span class=${`tag ${environment === "production" ? "accent" : ""}`}>${environment}</span></span>`;
  const press = enabled ? () => open({ kind: "disable" }) : toggle.submit;
  const actions = html`<a class="button" href=${`#/clients/${client_id}/edit`}>Edit</a>
    <${Button} busy=${toggle.busy} onClick=${press}>${enabled ? "Disable" : "Enable"}<//>
    <${Button} kind="danger" onClick=${() => open({ kind: "delete" })}>Delete<//>`;
  return html`<div class="stack">
    <${Head} title=${html`<bdi>${name}</bdi>`} crumb=${html`<a href="#/clients">API clients</a>`} lead=${lead}>
      ${can("clients:change") && actions}<//>
    <${Failure} problem=${toggle.problem} />
    <${Pending} key=${`pending ${turn}`} client=${client} onDone=${refresh} />
    <${Secrets} ...${{ client, secrets, settings, open, done, turn }} />
    <div class="columns"><div class="stack">
      ${can("audit:read") && html`<${Activity} key=${`activity ${turn}`} client=${client} />`}
      <${TokenEndpoint} clientId=${client_id} />
    </div><div class="stack">
      <section class="card"><header><h2>Access</h2></header><div class="body">${grants(client)}</div></section>
      <section class="card"><header><h2>Details</h2></header><div class="body">${facts(client)}</div></section>
    </div></div>
    ${
      dialog?.kind === "disable" &&
      html`<${Confirm} title="Disable client" action="Disable" danger onClose=${close} run=${switchOver}>
        <p><bdi>${name}</bdi> cannot get tokens from the next request on, and introspection reports its tokens as
          inactive. You can enable it again.</p>
        <${NeedsApproval} settings=${settings} /><//>`
    }
    ${dialog?.kind === "delete" && html`<${DeleteClient} ...${{ client, settings, path, onClose: close }} />`}
    ${
      dialog?.kind === "shown" &&
      html`<${SecretDialog} title=${dialog.title} made=${dialog.made} onClose=${close}>
        ${
          dialog.made.previous &&
          html`<p class="muted">The old secret works until ${exact(dialog.made.previous.expires_at)}.</p>`
        }<//>`
    }
    ${dialog?.kind === "add" && html`<${AddDialog} ...${common} />`}
    ${dialog?.kind === "reveal" && html`<${RevealDialog} ...${common} ...${dialog} />`}
    ${
      dialog?.kind === "regenerate" &&
      html`<${RegenerateDialog} ...${common} ...${dialog} onNew=${shown("Secret regenerated")} />`
    }
    ${dialog?.kind === "deactivate" && html`<${DeactivateDialog} ...${common} ...${dialog} />`}
    ${dialog?.kind === "remove" && html`<${DeleteDialog} ...${common} ...${dialog} />`}
  </div>`;
}

/** @param {{ client: Client, settings: Settings, path: string, onClose: () => void }} props */
function DeleteClient({ client, settings, path, onClose }) {
  const run = async () => {
    const { waiting } = await api.delete(path);
    if (waiting) awaitsApproval();
    else announce(`${client.name} deleted`);
    location.hash = waiting ? `#/requests/${waiting.id}` : "#/clients";
  };
  const resources = Object.keys(client.grants);
  const used = client.last_used_at
    ? html`It was last used <${Time} at=${client.last_used_at} />.`
    : "It was never used.";
  const action = settings.multi_admin ? "Request deletion" : "Delete permanently";
  return html`<${Confirm} title="Delete client" action=${action} danger
    word=${client.key} onClose=${onClose} run=${run}>
    <${NeedsApproval} settings=${settings} />
    <${Notice} kind="danger" icon="alert">
      <b>${settings.multi_admin ? "Once approved, this" : "This"} cannot be undone.</b>${" "}
      The client cannot get tokens${resources.length ? `, and its calls to ${resources.join(", ")} stop` : ""}.${" "}
      ${used} Its client_id <code>${client.client_id}</code> is never reused.<//><//>`;
}

/** @param {Client} client */
function grants({ grants, scopes }) {
  const entries = Object.entries(grants);
  if (!entries.length) return html`<p class="muted">No access.</p>`;
  return html`<dl class="facts">${entries.map(
    ([resource, level]) => html`<dt key=${resource}><code>${resource}</code></dt><dd>${level}</dd>`,
  )}</dl>
    <p class="muted small scopes">Scopes:${" "}<code>${scopes.join(" ")}</code></p>`;
}

/** @param {Client} client */
const facts = (client) => html`<dl class="facts">
  ${isOperator() && html`<dt>Organization</dt><dd>${client.organization}</dd>`}
  <dt>Expires</dt><dd><${Ends} at=${client.expires_at} /></dd>
  <dt>Token lifetime</dt><dd>${client.token_lifetime_seconds / 60} minutes</dd>
  <dt>Created</dt><dd><${Time} at=${client.created_at} /></dd>
  <dt>Changed</dt><dd><${Time} at=${client.updated_at} /></dd>
  <dt>Last used</dt><dd><${Time} at=${client.last_used_at} /></dd>
  ${client.serves.length > 0 && html`<dt>Resource server for</dt><dd>${client.serves.join(", ")}</dd>`}
  <dt>Notes</dt><dd class="pre">${
    client.notes ? html`<bdi>${client.notes}</bdi>` : html`<span class="muted">none</span>`
  }</dd></dl>`;

/** How a secret is named in a table. @param {Secret} secret */
const named = ({ hint, label }) =>
  html`<code>${hint}</code>${label && html`<span class="under"><bdi>${label}</bdi></span>`}`;

/**
 * @typedef {object} SecretsProps
 * @property {Client} client
 * @property {(dialog: Open) => void} open
 * @property {(waiting: ChangeRequest | null, words?: string) => void} done
 */

/** @param {SecretsProps & { secrets: Secret[], settings: Settings, turn: number }} props */
function Secrets({ client, secrets, settings, open, done, turn }) {
  const manages = can("secrets:manage");
  const working = secrets.filter((secret) => secret.status === "active" || secret.status === "not_yet_valid");
  // a replaced secret will stop working soon
  const lasting = working.filter((secret) => !secret.replaced_by);
  const send = useSend(async (/** @type {Secret} */ secret) => {
    const { waiting } = await api.post(`${secretPath(client.client_id, secret.id)}/reactivate`);
    done(waiting, "Reactivated");
  });
  /** @param {Secret} secret */
  const actions = (secret) => {
    const isLast = lasting.length === 1 && lasting[0] === secret;
    /** @param {string} text @param {() => void} run */
    const small = (text, run, kind = "small") =>
      html`<${Button} kind=${kind} onClick=${run} aria-label=${`${text} ${secret.hint}`}>${text}<//>`;
    const onOff =
      secret.status === "deactivated"
        ? small("Reactivate", () => send.submit(secret))
        : secret.status !== "expired" && small("Deactivate", () => open({ kind: "deactivate", secret, isLast }));
    return html`<span class="row">
      ${lasting.includes(secret) && small("Regenerate", () => open({ kind: "regenerate", secret }))}
      ${
        secret.sealed_copy &&
        settings.custody === "revealable" &&
        small("Reveal", () => open({ kind: "reveal", secret }))
      }
      ${onOff}${small("Delete", () => open({ kind: "remove", secret, isLast }), "small danger")}</span>`;
  };
  /** @type {Column<Secret>[]} */
  const columns = [
    { label: "Secret", class: "title hold", cell: named },
    {
      label: "Status",
      cell: (s) => html`<span class=${`tag ${isOver(client.expires_at) ? "" : COLOURS[s.status]}`}>
        ${s.status.replaceAll("_", " ")}</span>
        ${s.replaced_by && html`<span class="under">replaced by <code>${s.replaced_by}</code></span>`}`,
    },
    { label: "Created", cell: (s) => html`<${Time} at=${s.created_at} form="day" />` },
    { label: "Expires", cell: (s) => html`<${Ends} at=${s.expires_at} />` },
    {
      label: "Last used",
      cell: (s) => html`<${Time} at=${s.last_used_at} />
        ${s.last_used_network && html`<span class="under">from ${s.last_used_network}</span>`}`,
    },
  ];
  if (manages) columns.push({ label: "Actions", hideLabel: true, class: "actions-cell", cell: actions });
  const add = html`<${Button} kind="small" icon="plus" onClick=${() => open({ kind: "add" })}>Add secret<//>`;
  const rowClass = (/** @type {Secret} */ s) => (s.status === "expired" ? "ended" : "");
  return html`<section class="card" aria-labelledby="secrets"><header><h2 id="secrets">Secrets</h2>
      ${manages && add}</header>
    ${
      secrets.length
        ? table({ caption: "Secrets", columns, rows: secrets, keyOf: (s) => s.id, rowClass })
        : html`<p class="state">This client has no secret, so it cannot get tokens.</p>`
    }
    ${send.problem && html`<div class="body"><${Failure} problem=${send.problem} /></div>`}
    <${Deleted} key=${turn} ...${{ client, manages, open, done }} />
  </section>`;
}

/** Deleted secrets that can be restored. @param {SecretsProps & { manages: boolean }} props */
function Deleted({ client, manages, open, done }) {
  const { client_id } = client;
  const deleted = useLoad(
    async () => (await api.get(secretsPath(client_id), { deleted: "true" })).data.items,
    [client_id],
  );
  const restore = useSend(async (/** @type {Secret} */ secret) => {
    const { waiting } = await api.post(`${secretPath(client_id, secret.id)}/restore`);
    done(waiting, "Restored");
  });
  if (!deleted.data?.length) return null;
  /** @type {Column<DeletedSecret>[]} */
  const columns = [
    { label: "Secret", class: "title hold", cell: named },
    { label: "Deleted", cell: (s) => html`<${Time} at=${s.deleted_at} />` },
    { label: "Restorable until", cell: (s) => html`<${Time} at=${s.restorable_until} form="day" />` },
  ];
  /** @param {Secret} secret */
  const actions = (secret) => html`<span class="row">
    <${Button} kind="small" onClick=${() => restore.submit(secret)} aria-label=${`Restore ${secret.hint}`}>Restore<//>
    <${Button} kind="small danger" onClick=${() => open({ kind: "remove", secret, purge: true })}
      aria-label=${`Delete ${secret.hint} permanently`}>Delete permanently<//></span>`;
  if (manages) columns.push({ label: "Actions", hideLabel: true, class: "actions-cell", cell: actions });
  return html`<details class="body"><summary>${deleted.data.length} deleted, can be restored</summary>
    ${table({ caption: "Deleted secrets", columns, rows: deleted.data, keyOf: (s) => s.id })}
    <${Failure} problem=${restore.problem} /></details>`;
}

/** @param {{ client: Client }} props */
function Activity({ client }) {
  const { client_id, organization } = client;
  const events = useLoad(
    async () => (await api.get("/v1/audit", { organization, client_id, limit: 10 })).data.items,
    [client_id],
  );
  /** @param {AuditEvent} event */
  const entry = (event) => html`<li key=${event.sequence}><div class="row apart"><b>${actionWords(event.action)}</b>
      <span class="muted small"><${Time} at=${event.at} /></span></div>
    <p class="muted small"><${Actor} actor=${event.actor} />${
      event.target.secret_id && html` · <code>${event.target.secret_id}</code>`
    }</p><${Changes} changes=${event.changes} /></li>`;
  return html`<section class="card" aria-labelledby="activity"><header><h2 id="activity">Activity</h2>
      <a href=${`#/audit?client_id=${client_id}`}>View all</a></header>
    <div class="body">${loaded(events, "Loading", (items) =>
      items.length ? html`<ul class="timeline">${items.map(entry)}</ul>` : html`<p class="muted">No activity yet.</p>`,
    )}</div></section>`;
}
