/** The API clients of an organization. */

import { all, can, scope, tokenEndpoint } from "./api.js";
import { Button, Empty, Head, Icon, loaded, Value } from "./components.js";
import { Select, TextField } from "./fields.js";
import { useLoad } from "./hooks.js";
import { useView } from "./navigation.js";
import { html, useMemo } from "./preact.js";
import { ordered, Pager, table } from "./table.js";
import { counted, daysUntil, Ends, isOver, isSoon, Time } from "./time.js";

/** @import { Client, Column, Grants, Instant } from "./types" */

const PAGE = 25;

/** @param {Client} client */
const isEnded = (client) => isOver(client.expires_at);
/** @param {Client} client */
const live = (client) => client.secrets.filter((secret) => secret.status === "active");
/** The first expiry of a working secret. @param {Client} client */
const firstEnd = (client) =>
  live(client)
    .map((secret) => secret.expires_at)
    .filter((at) => at !== null)
    .sort()[0] ?? null;
/** @param {Client} client */
const needsAttention = (client) =>
  !isEnded(client) &&
  (isSoon(client.expires_at) || isSoon(firstEnd(client)) || (client.enabled && !live(client).length));

/** @type {Record<string, [words: string, matches: (client: Client) => boolean]>} */
const STATUS = {
  all: ["All", () => true],
  working: ["Active", (c) => c.enabled && !isEnded(c)],
  attention: ["Needs attention", needsAttention],
  disabled: ["Disabled", (c) => !c.enabled],
  expired: ["Expired", isEnded],
};

/** @param {Instant | null} at */
const time = (at) => (at ? new Date(at).getTime() : null);

/** @type {Column<Client>[]} */
const COLUMNS = [
  {
    label: "Client",
    class: "title",
    sort: (c) => c.name,
    cell: (c) => html`<a href=${`#/clients/${c.client_id}`}><b>
        ${isEnded(c) && html`<${Icon} name="alert" /> `}<bdi>${c.name}</bdi></b></a>
      <span class="under mono">${c.client_id}</span>`,
  },
  {
    label: "Status",
    sort: (c) => (isEnded(c) ? "c" : c.enabled ? "a" : "b"),
    cell: (c) => html`<${Status} client=${c} />`,
  },
  {
    label: "Environment",
    sort: (c) => c.environment,
    cell: (c) => html`<span class=${`tag ${c.environment === "production" ? "accent" : ""}`}>${c.environment}</span>`,
  },
  { label: "Access", cell: (c) => access(c.grants), empty: (c) => !Object.keys(c.grants).length },
  { label: "Expires", sort: (c) => time(c.expires_at), cell: (c) => html`<${Ends} at=${c.expires_at} />` },
  { label: "Secrets", class: "hold", sort: (c) => live(c).length, cell: secrets },
  {
    label: "Last used",
    class: "hold",
    sort: (c) => time(c.last_used_at),
    cell: (c) => html`<${Time} at=${c.last_used_at} />`,
  },
  {
    label: "Notes",
    class: "notes",
    cell: (c) => html`<bdi class="clip muted small">${c.notes}</bdi>`,
    empty: (c) => !c.notes,
  },
];

/** Whether a client can get tokens now, in a word. @param {{ client: Client }} props */
export function Status({ client }) {
  if (isEnded(client)) return html`<span class="tag danger">expired</span>`;
  return client.enabled ? html`<span class="tag good">enabled</span>` : html`<span class="tag">disabled</span>`;
}

/** @param {Grants} grants */
function access(grants) {
  const entries = Object.entries(grants);
  if (!entries.length) return html`<span class="muted">none</span>`;
  const shown = entries.slice(0, 3);
  return html`<span class="row tight">
    ${shown.map(([resource, level]) => html`<span class="tag" key=${resource}>${resource}: ${level}</span>`)}
    ${entries.length > 3 && html`<span class="muted small">and ${entries.length - 3} more</span>`}</span>`;
}

/** @param {Client} client */
function secrets(client) {
  if (isEnded(client)) return html`<span class="muted">none active</span>`;
  const count = live(client).length;
  if (!count) return html`<span class="danger-text">none active</span>`;
  const end = firstEnd(client);
  if (!isSoon(end)) return html`<span>${count} active</span>`;
  return html`<span class="warn-text">${count} active</span>
    <span class="under">one expires in ${counted(daysUntil(end), "day")}</span>`;
}

const UNFILTERED = { q: "", status: "all", environment: "", resource: "" };
const USUAL = { ...UNFILTERED, sort: "Client", descending: false, page: 1 };

/** @param {{ query: URLSearchParams }} props */
export function Screen({ query }) {
  const clients = useLoad(() => all("/v1/clients", scope()), []);
  const [view, turn] = useView("/clients", USUAL, query);
  /** @param {Partial<typeof USUAL>} next */
  const change = (next) => turn({ page: 1, ...next });
  const hasStatus = (Object.hasOwn(STATUS, view.status) ? STATUS[view.status] : STATUS.all)[1];
  const resources = useMemo(() => {
    const keys = (clients.data?.items ?? []).flatMap((client) => Object.keys(client.grants));
    return [...new Set(keys)].sort();
  }, [clients.data]);
  const found = useMemo(() => {
    const words = view.q.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const matches = (/** @type {Client} */ c) => {
      const text = `${c.name} ${c.client_id} ${c.notes}`.toLocaleLowerCase();
      return (
        words.every((word) => text.includes(word)) &&
        hasStatus(c) &&
        (!view.environment || c.environment === view.environment) &&
        (!view.resource || view.resource in c.grants)
      );
    };
    return ordered((clients.data?.items ?? []).filter(matches), COLUMNS, [view.sort, view.descending]);
  }, [clients.data, view]);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const page = Math.min(view.page, pages);
  const mayCreate = can("clients:change");
  const create =
    mayCreate && html`<a class="button primary" href="#/clients/new"><${Icon} name="plus" />Create client</a>`;
  const empty = () => html`<div class="card"><${Empty} title="No clients yet"><p>
    ${
      mayCreate
        ? "Create the first one: it gets a client_id and a secret for the token endpoint."
        : "To create one, you need the privilege clients:change."
    }</p>${create}<//></div>`;
  const noMatch = html`<${Empty} title="No clients found"><p>Try a different search or fewer filters.</p>
    <${Button} kind="small" onClick=${() => change(UNFILTERED)}>Clear filters<//><//>`;
  const clientTable = () =>
    table({
      caption: "API clients",
      columns: COLUMNS,
      rows: found.slice((page - 1) * PAGE, page * PAGE),
      keyOf: (c) => c.client_id,
      rowClass: (c) => (isEnded(c) ? "ended" : ""),
      sort: [view.sort, view.descending],
      onSort: ([sort, descending]) => change({ sort, descending }),
    });
  const list = html`<div class="card">
    <header><div class="filters grow" role="search">
      <${TextField} className="search" label="Search" type="search" value=${view.q} onValue=${(q) => change({ q })}
        placeholder="Name, client_id or notes" />
      <${Select} label="Status" value=${view.status} onValue=${(status) => change({ status })}
        options=${Object.entries(STATUS).map(([key, [text]]) => [key, text])} />
      <${Select} label="Environment" value=${view.environment} onValue=${(environment) => change({ environment })}
        options=${[["", "All"], ["production", "Production"], ["sandbox", "Sandbox"]]} />
      <${Select} label="Resource" value=${view.resource} onValue=${(resource) => change({ resource })}
        options=${[["", "All"], ...resources.map((key) => [key, key])]} />
    </div></header>
    ${found.length ? clientTable() : noMatch}
    <${Pager} page=${page} pages=${pages} total=${found.length} noun="client" onPage=${(page) => change({ page })} />
  </div>`;
  return html`<div class="stack">
    <${Head} title="API clients" lead="Each integration has a client: a client_id and secrets for access tokens.">
      ${create}<//>
    ${loaded(clients, "Loading clients", ({ items, more }) => {
      if (!items.length) return empty();
      return html`${list}${more && html`<p class="muted small">Only the first 2,000 clients are shown.</p>`}`;
    })}
    <${TokenEndpoint} />
  </div>`;
}

/** The token endpoint, with a command to try it. @param {{ clientId?: string }} props */
export const TokenEndpoint = ({ clientId = "CLIENT_ID" }) =>
  html`<section class="card" aria-labelledby="token-endpoint">
    <header><h2 id="token-endpoint">Token endpoint</h2></header><div class="body stack tight">
    <${Value} wrap text=${tokenEndpoint} what="token endpoint" />
    <p class="muted small">Get a token with a client_id and a secret:</p>
    <${Value} wrap text=${curl(clientId)} what="curl command" /></div></section>`;

/**
 * A command that gets a token. curl asks for the secret, which keeps it out of the history of the shell.
 * @param {string} clientId
 */
const curl = (clientId) => `curl -u '${clientId}' -d grant_type=client_credentials ${tokenEndpoint}`;
