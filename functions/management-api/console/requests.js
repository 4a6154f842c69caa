/** Change requests: those that wait for approval, and the outcome of the others. */

import { api, scope } from "./api.js";
import { announce, Button, Empty, Failure, Head, Notice } from "./components.js";
import { Check, Select } from "./fields.js";
import { useLoad, useSend } from "./hooks.js";
import { html, useState } from "./preact.js";
import { paged, table, usePages } from "./table.js";
import { Time } from "./time.js";
import { Actor } from "./words.js";

/**
 * @import { Load } from "./hooks.js"
 * @import { ChangeRequest, ChangeRequestStatus, Client, Column, Query } from "./types"
 */

/** @type {Record<ChangeRequestStatus, [words: string, colour: string]>} */
const STATUSES = {
  pending: ["pending approval", "warn"],
  approved: ["approved", "good"],
  collectable: ["secret ready to collect", "accent"],
  collected: ["secret collected", "good"],
  rejected: ["rejected", "danger"],
  withdrawn: ["withdrawn", ""],
  expired: ["expired", ""],
  lapsed: ["not collected in time", ""],
};

/** @param {{ request: ChangeRequest }} props */
export function Status({ request }) {
  const [words, colour] = STATUSES[request.status];
  return html`<span class=${`tag ${colour}`}>${words}</span>`;
}

/** Tells the menu that the number of waiting requests may have changed. */
export const requestsChanged = () => dispatchEvent(new Event("requests-changed"));

/** Says that a change waits for approval. */
export function awaitsApproval() {
  requestsChanged();
  announce("Submitted for approval by a second administrator");
}

/** An approved request whose secret can be collected. @param {{ request: ChangeRequest }} props */
function Collect({ request }) {
  const until = html`Its secret can be collected until <${Time} at=${request.collectable_until} form="moment" />.`;
  const other = html`<${Actor} actor=${request.requested_by} /> can collect the secret.`;
  const { collect } = request.permissions;
  return html`<${Notice} icon="key"><div class="row apart">
    <span><b>Approved:</b> <bdi>${request.summary}</bdi>${" "}${collect ? until : other}</span>
    <a class=${`button small ${collect ? "primary" : ""}`} href=${`#/requests/${request.id}`}>
      ${collect ? "Collect" : "View"}</a></div><//>`;
}

/** The requests that wait for approval or collection. @param {Query} query */
export async function openRequests(query) {
  const statuses = ["pending", "collectable"].map((status) => api.get("/v1/change-requests", { ...query, status }));
  return (await Promise.all(statuses)).flatMap((answer) => answer.data.items);
}

/** The open requests of a client. @param {{ client: Client, onDone?: () => void }} props */
export function Pending({ client, onDone }) {
  const query = { client_id: client.client_id, organization: client.organization };
  const requests = useLoad(() => openRequests(query), [client.client_id]);
  return html`<${OpenRequests} requests=${requests} onDone=${onDone} />`;
}

/**
 * Open requests, with what the reader may do about them.
 * @param {{ requests: Load<ChangeRequest[]>, onDone?: () => void }} props
 */
export function OpenRequests({ requests, onDone }) {
  const withdraw = useSend(async (/** @type {ChangeRequest} */ request) => {
    await api.post(`/v1/change-requests/${request.id}/withdraw`, {});
    requestsChanged();
    announce("Withdrawn");
    requests.reload();
    onDone?.();
  });
  if (!requests.data?.length) return null;
  /** @param {ChangeRequest} request */
  const pending = (request) => html`<${Notice} key=${request.id} kind="warn" icon="clock">
    <div class="row apart"><span><b>Pending approval:</b> <bdi>${request.summary}</bdi>${" "}
      <span class="muted small">requested <${Time} at=${request.requested_at} /></span></span>
    <span class="row"><a class="button small" href=${`#/requests/${request.id}`}>View</a>
    ${
      request.permissions.withdraw &&
      html`<${Button} kind="small" busy=${withdraw.busy} onClick=${() => withdraw.submit(request)}>Withdraw<//>`
    }</span></div><//>`;
  return html`<section aria-label="Pending changes" class="stack tight">
    ${requests.data.map((request) => (request.status === "collectable" ? collect(request) : pending(request)))}
    <${Failure} problem=${withdraw.problem} /></section>`;
}

/** @param {ChangeRequest} request */
const collect = (request) => html`<${Collect} key=${request.id} request=${request} />`;

/** The secrets that this administrator can collect, whatever the list shows. */
function Collectable() {
  const requests = useLoad(async () => {
    const { data } = await api.get("/v1/change-requests", { ...scope(), status: "collectable", limit: 100 });
    return data.items.filter((request) => request.permissions.collect);
  }, []);
  if (!requests.data?.length) return null;
  return html`<section aria-label="Secrets to collect" class="stack tight">${requests.data.map(collect)}</section>`;
}

/** Until when something can be done about a request; null where nothing can. @param {ChangeRequest} request */
function deadline({ status, expires_at, collectable_until }) {
  if (status === "pending") return expires_at;
  return status === "collectable" ? collectable_until : null;
}

/** @type {Column<ChangeRequest>[]} */
const COLUMNS = [
  {
    label: "Request",
    class: "title",
    cell: (r) => html`<a href=${`#/requests/${r.id}`}><b><bdi>${r.summary}</bdi></b></a>
      ${r.client_id && html`<span class="under mono">${r.client_id}</span>`}`,
  },
  { label: "Status", cell: (r) => html`<${Status} request=${r} />` },
  { label: "Requested by", cell: (r) => html`<${Actor} actor=${r.requested_by} />` },
  { label: "Requested", cell: (r) => html`<${Time} at=${r.requested_at} />` },
  { label: "Until", cell: (r) => html`<${Time} at=${deadline(r)} empty="" />`, empty: (r) => deadline(r) === null },
];

/** @param {{ query: URLSearchParams }} props */
export function Screen({ query }) {
  const [status, setStatus] = useState(query.get("status") ?? "pending");
  const [mine, setMine] = useState(query.get("mine") === "1");
  const list = usePages("/v1/change-requests", { ...scope(), limit: 50, status, waiting_for_me: mine || undefined });
  const nothing = mine ? "Nothing is waiting for you." : "No change request has this status.";
  const shown = paged(
    list,
    "Loading change requests",
    html`<${Empty} title="No change requests"><p>${nothing}</p><//>`,
    (rows) => table({ caption: "Change requests", columns: COLUMNS, rows, keyOf: (r) => r.id }),
  );
  return html`<div class="stack">
    <${Head} title="Change requests"
      lead="Where an organization requires two administrators, changes wait here for the second one." />
    <${Collectable} />
    <div class="card"><header><div class="filters grow">
      <${Select} label="Status" value=${status} onValue=${setStatus}
        options=${[["", "All"], ...Object.entries(STATUSES).map(([key, [words]]) => [key, words])]} />
      <${Check} label="Waiting for me" checked=${mine} onValue=${setMine} /></div></header>
    ${shown}</div></div>`;
}
