/** Change requests: what waits, and what became of it. */

import { html, useEffect, useState } from "./preact.js";
import { api, scope } from "./api.js";
import {
  announce, Button, Check, Empty, Failure, Head, Loading, Notice, Select, Table, Time, useLoad, useSend,
} from "./components.js";
import { Actor } from "./words.js";

const STATES = {
  pending: ["waits for approval", "warn"],
  approved: ["approved", "good"],
  collectable: ["secret to be collected", "accent"],
  collected: ["secret collected", "good"],
  rejected: ["rejected", "danger"],
  withdrawn: ["withdrawn", ""],
  expired: ["expired", ""],
  lapsed: ["not collected in time", ""],
};

export const State = ({ state }) => {
  const [words, kind] = STATES[state] ?? [state, ""];
  return html`<span class=${`tag ${kind}`}>${words}</span>`;
};

/** The way to a secret that was approved for me. */
const Collect = ({ request }) => html`<${Notice} icon="key"><div class="row apart"><span><b>Approved:</b> <bdi>
  ${request.summary}</bdi>${" "}${request.may.collect ? html`Its secret waits for you until <${Time}
  at=${request.collect_until} form="moment" />.` : html`<${Actor} actor=${request.requested_by} /> can collect the secret.`}</span>
  <a class=${`button small ${request.may.collect ? "primary" : ""}`} href=${`#/requests/${request.id}`}>
  ${request.may.collect ? "Collect" : "Look at it"}</a></div><//>`;

/** What of an organization waits: for a second administrator, or to be collected. */
export async function openRequests(query) {
  const states = ["pending", "collectable"].map((state) => api.get("/v1/change-requests", { ...query, state }));
  return (await Promise.all(states)).flatMap((answer) => answer.data.items);
}

/** What waits of a client. */
export function Pending({ client, onDone }) {
  const query = { client_id: client.client_id, organization: client.organization };
  const requests = useLoad(() => openRequests(query), [client.client_id]);
  return html`<${OpenRequests} requests=${requests} onDone=${onDone} />`;
}

/** What waits, with what its reader may do about it. */
export function OpenRequests({ requests, onDone }) {
  const withdraw = useSend(async (request) => {
    await api.post(`/v1/change-requests/${request.id}/withdraw`, {});
    dispatchEvent(new Event("requests-changed"));
    announce("Withdrawn");
    requests.reload();
    onDone?.();
  });
  if (!requests.data?.length) return null;
  return html`<section aria-label="Pending changes" class="stack tight">
    ${requests.data.map((request) => (request.state === "collectable" ? html`<${Collect} key=${request.id}
    request=${request} />` : html`<${Notice} key=${request.id} kind="warn" icon="clock">
    <div class="row apart"><span><b>Waits for a second administrator:</b> <bdi>${request.summary}</bdi>${" "}<span
      class="muted small">requested <${Time} at=${request.requested_at} /></span></span>
    <span class="row"><a class="button small" href=${`#/requests/${request.id}`}>Look at it</a>
    ${request.may.withdraw && html`<${Button} kind="small" busy=${withdraw.busy}
      onClick=${() => withdraw.submit(request)}>Withdraw<//>`}</span></div><//>`))}
    <${Failure} problem=${withdraw.problem} /></section>`;
}

/** The secrets that wait for me, whatever the list shows. */
function Collectable() {
  const requests = useLoad(() => api.get("/v1/change-requests", { ...scope(), state: "collectable", limit: 100 })
    .then((answer) => answer.data.items.filter((request) => request.may.collect)), []);
  return requests.data?.length > 0 && html`<section aria-label="Secrets to collect" class="stack tight">
    ${requests.data.map((request) => html`<${Collect} key=${request.id} request=${request} />`)}</section>`;
}

const COLUMNS = [
  { label: "Request", class: "title", cell: (r) => html`<a href=${`#/requests/${r.id}`}><b><bdi>${r.summary}</bdi></b>
    </a>${r.client_id && html`<span class="under mono">${r.client_id}</span>`}` },
  { label: "State", cell: (r) => html`<${State} state=${r.state} />` },
  { label: "Requested by", cell: (r) => html`<${Actor} actor=${r.requested_by} />` },
  { label: "Requested", cell: (r) => html`<${Time} at=${r.requested_at} />` },
  { label: "Until", cell: (r) => html`<${Time}
    at=${r.state === "collectable" ? r.collect_until : r.state === "pending" ? r.expires_at : null}
    empty="" />`, empty: (r) => !["pending", "collectable"].includes(r.state) },
];

/** A list that goes on where it stopped. */
export function usePages(path, query) {
  const [list, set] = useState({ items: null, next: null, problem: null, busy: true });
  const key = JSON.stringify(query);
  useEffect(() => {
    let there = true;
    const load = async (cursor, before) => {
      set((was) => ({ ...was, busy: true, problem: null, items: cursor ? was.items : null }));
      try {
        // a page may be short, or empty, and still have a next one
        let items = before;
        let next = cursor;
        const wanted = before.length + 1;
        do {
          const { data } = await api.get(path, { ...query, cursor: next });
          items = [...items, ...data.items];
          next = data.next_cursor;
        } while (next && items.length < wanted && there);
        if (there) set({ items, next, problem: null, busy: false, more: () => load(next, items) });
      } catch (problem) {
        if (there) set((was) => ({ ...was, problem, busy: false, more: () => load(cursor, before) }));
      }
    };
    load(undefined, []);
    return () => (there = false);
  }, [path, key]);
  return list;
}

/** The list, and what leads on. */
export function Pages({ list, what, empty, children }) {
  if (list.items === null) return list.problem ? html`<div class="body"><${Failure} problem=${list.problem}
    retry=${list.more} /></div>` : html`<${Loading} what=${what} />`;
  if (!list.items.length) return empty;
  return html`${children(list.items)}<footer><span class="muted small" role="status">${list.items.length} shown</span>
    ${list.problem && html`<${Failure} problem=${list.problem} />`}
    ${list.next && html`<${Button} kind="small" busy=${list.busy} onClick=${list.more}>Show more<//>`}</footer>`;
}

export function Screen({ query }) {
  const [state, setState] = useState(query.get("state") ?? "pending");
  const [mine, setMine] = useState(query.get("mine") === "1");
  const list = usePages("/v1/change-requests", { ...scope(), limit: 50, state: state || undefined, waiting_for_me: mine ? "true" : undefined });
  return html`<div class="stack">
    <${Head} title="Change requests"
      lead="Where an organization asks for two administrators, a change waits here for the second one." />
    <${Collectable} />
    <div class="card"><header><div class="filters grow">
      <${Select} label="State" value=${state} onValue=${setState}
        options=${[["", "All"], ...Object.entries(STATES).map(([key, [words]]) => [key, words])]} />
      <${Check} label="Only what waits for me" checked=${mine} onValue=${setMine} /></div></header>
    <${Pages} list=${list} what="Loading the change requests" empty=${html`<${Empty} title="Nothing here"><p>
      ${mine ? "Nothing waits for you." : state === "pending" ? "No change waits for approval." : "There is no such request."}</p>
      <//>`}>
      ${(items) => html`<${Table} caption="Change requests" columns=${COLUMNS} rows=${items} keyOf=${(r) => r.id} />`}
        <//></div></div>`;
}
