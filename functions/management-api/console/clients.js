/** The API clients of an organization. */

import { html, useMemo } from "./preact.js";
import { all, can, scope, tokenEndpoint } from "./api.js";
import {
  daysUntil, Empty, Ends, Head, Icon, isOver, isSoon, Loaded, ordered, Pager, Select, Table, TextField, Time, Value,
  useLoad, useView,
} from "./components.js";

const PAGE = 25;

/** A client that works no more, or whose secrets all do not. */
const isEnded = (client) => isOver(client.expires_at);
const live = (client) => client.secrets.filter((secret) => secret.state === "active");
/** The first end of a secret that works. */
const firstEnd = (client) => live(client).map((s) => s.expires_at).filter(Boolean).sort()[0] ?? null;
const needsLook = (client) => !isEnded(client) && (isSoon(client.expires_at) || isSoon(firstEnd(client)) || (client.enabled && !live(client).length));

const STATUS = {
  all: ["All", () => true],
  working: ["Working", (c) => c.enabled && !isEnded(c)],
  attention: ["Needs a look", needsLook],
  disabled: ["Disabled", (c) => !c.enabled],
  expired: ["Expired", isEnded],
};

const time = (at) => (at ? new Date(at).getTime() : null);

const COLUMNS = [
  { label: "Client", class: "title", sort: (c) => c.name, cell: (c) => html`<a
    href=${`#/clients/${c.client_id}`}><b>${isEnded(c) && html`<${Icon} name="alert" /> `}<bdi>${c.name}</bdi></b></a>
    <span class="under mono">${c.client_id}</span>` },
  { label: "Status", sort: (c) => (isEnded(c) ? "c" : c.enabled ? "a" : "b"), cell: (c) => html`<${Status} client=${c} />` },
  { label: "Environment", sort: (c) => c.environment, cell: (c) => html`<span
    class=${`tag ${c.environment === "production" ? "accent" : ""}`}>${c.environment}</span>` },
  { label: "Access", cell: (c) => html`<${Access} grants=${c.grants} />`, empty: (c) => !Object.keys(c.grants).length },
  { label: "Expires", sort: (c) => time(c.expires_at), cell: (c) => html`<${Ends} at=${c.expires_at} />` },
  { label: "Secrets", class: "hold", sort: (c) => live(c).length, cell: (c) => html`<${Secrets} client=${c} />` },
  { label: "Last used", class: "hold", sort: (c) => time(c.last_used_at), cell: (c) => html`<${Time} at=${c.last_used_at} />` },
  { label: "Notes", class: "notes", cell: (c) => html`<bdi class="clip muted small">${c.notes}</bdi>`, empty: (c) => !c.notes },
];

/** What a client is good for right now, in a word. */
export function Status({ client }) {
  if (isEnded(client)) return html`<span class="tag danger">expired</span>`;
  return client.enabled ? html`<span class="tag good">enabled</span>` : html`<span class="tag">disabled</span>`;
}

/** What a client may use. */
function Access({ grants }) {
  const entries = Object.entries(grants);
  if (!entries.length) return html`<span class="muted">none</span>`;
  const shown = entries.slice(0, 3);
  return html`<span class="row tight">${shown.map(([resource, level]) => html`<span class="tag" key=${resource}>
    ${resource}: ${level}</span>`)}
    ${entries.length > 3 && html`<span class="muted small">and ${entries.length - 3} more</span>`}</span>`;
}

function Secrets({ client }) {
  const count = live(client).length;
  if (isEnded(client)) return html`<span class="muted">none works</span>`;
  const end = firstEnd(client);
  if (!count) return html`<span class="danger-text">none works</span>`;
  const soon = isSoon(end);
  return html`<span class=${soon ? "warn-text" : ""}>${count} active</span>
    ${soon && html`<span class="under">one ends in ${daysUntil(end)} ${daysUntil(end) === 1 ? "day" : "days"}</span>`}`;
}

const USUAL = { q: "", status: "all", environment: "", resource: "", sort: "Client", descending: false, page: 1 };

export function Screen({ query }) {
  const clients = useLoad(() => all("/v1/clients", scope()), []);
  const [view, turn] = useView("/clients", USUAL, query);
  const change = (next) => turn({ page: 1, ...next });
  const hasStatus = Object.hasOwn(STATUS, view.status) ? STATUS[view.status][1] : STATUS.all[1];
  const resources = useMemo(() => [...new Set((clients.data?.items ?? []).flatMap((c) => Object.keys(c.grants)))].sort(), [clients.data]);
  const found = useMemo(() => {
    const words = view.q.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const fits = (c) => {
      const text = `${c.name} ${c.client_id} ${c.notes}`.toLocaleLowerCase();
      return words.every((word) => text.includes(word)) && hasStatus(c)
        && (!view.environment || c.environment === view.environment) && (!view.resource || view.resource in c.grants);
    };
    return ordered((clients.data?.items ?? []).filter(fits), COLUMNS, [view.sort, view.descending]);
  }, [clients.data, view]);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const page = Math.min(view.page, pages);
  const mayMake = can("clients:change");
  const make = mayMake && html`<a class="button primary" href="#/clients/new"><${Icon} name="plus" />New client</a>`;
  return html`<div class="stack">
    <${Head} title="API clients" lead="Each integration has a client: an id and secrets that get it access tokens.">${make}<//>
    <${Loaded} of=${clients} what="Loading the clients">${({ items, more }) => items.length === 0
      ? html`<div class="card"><${Empty} title="No clients yet"><p>
        ${mayMake ? "Create the first one: it gets a client_id and a secret for the token endpoint." : "Nobody has created one. It takes the privilege clients:change."}</p>
        ${make}<//></div>`
      : html`<div class="card">
        <header><div class="filters grow" role="search">
          <${TextField} className="search" label="Search" type="search" value=${view.q}
            onValue=${(q) => change({ q })} placeholder="Name, client_id or notes" />
          <${Select} label="Status" value=${view.status} onValue=${(status) => change({ status })}
            options=${Object.entries(STATUS).map(([key, [text]]) => [key, text])} />
          <${Select} label="Environment" value=${view.environment} onValue=${(environment) => change({ environment })}
            options=${[["", "All"], ["production", "Production"], ["sandbox", "Sandbox"]]} />
          <${Select} label="Resource" value=${view.resource} onValue=${(resource) => change({ resource })}
            options=${[["", "All"], ...resources.map((key) => [key, key])]} />
        </div></header>
        ${found.length ? html`<${Table} caption="API clients" columns=${COLUMNS}
          rows=${found.slice((page - 1) * PAGE, page * PAGE)} keyOf=${(c) => c.client_id}
            rowClass=${(c) => (isEnded(c) ? "ended" : "")} sort=${[view.sort, view.descending]}
              onSort=${([sort, descending]) => change({ sort, descending })} />`
          : html`<${Empty} title="No client fits"><p>Try other words or fewer filters.</p><button type="button"
            class="button small" onClick=${() => change({ q: "", status: "all", environment: "", resource: "" })}>Clear the filters</button>
            <//>`}
        <${Pager} page=${page} pages=${pages} total=${found.length} noun="client" onPage=${(page) => change({ page })} />
      </div>${more && html`<p class="muted small">The first 2,000 clients are shown.</p>`}`}<//>
    <${TokenEndpoint} />
  </div>`;
}

/** Where machines get their tokens, with a line to try it. */
export function TokenEndpoint({ clientId = "CLIENT_ID" }) {
  return html`<section class="card" aria-labelledby="token-endpoint"><header><h2
    id="token-endpoint">Token endpoint</h2></header><div class="body stack tight">
    <${Value} wrap text=${tokenEndpoint} what="token endpoint" />
    <p class="muted small">Get a token with the id and a secret of a client:</p>
    <${Value} wrap text=${curl(clientId)} what="curl command" /></div></section>`;
}

/** A command that gets a token; curl asks for the secret, so that it stays out of the shell's history. */
const curl = (clientId) => `curl -u '${clientId}' -d grant_type=client_credentials ${tokenEndpoint}`;
