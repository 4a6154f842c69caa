/** The audit trail: events with their actor, time and source; with filters, an export and verification. */

import { all, api, can, isOperator, organizationKey, scope } from "./api.js";
import { announce, Broken, Button, Copy, download, Empty, Failure, Head, Notice } from "./components.js";
import { DateField, instantOf, Select, TextField } from "./fields.js";
import { useLoad, useSend } from "./hooks.js";
import { useView } from "./navigation.js";
import { html, useEffect, useState } from "./preact.js";
import { paged, table, usePages } from "./table.js";
import { Time } from "./time.js";
import { Actor, actionWords, Changes, Target } from "./words.js";

/** @import { AuditEvent, Column, Query, Verification } from "./types" */

/** @param {Record<string, string>} names @returns {Column<AuditEvent>[]} */
const columns = (names) => [
  {
    label: "Time",
    class: "hold",
    cell: (e) => html`<${Time} at=${e.at} form="day" />
      <span class="under"><${Time} at=${e.at} form="clock" /> · #${e.sequence}</span>`,
  },
  {
    label: "Action",
    class: "title",
    cell: (e) => html`<b>${actionWords(e.action)}</b><${Changes} changes=${e.changes} />`,
  },
  { label: "Actor", cell: (e) => html`<${Actor} actor=${e.actor} />` },
  { label: "Target", class: "names", cell: (e) => html`<${Target} target=${e.target} names=${names} />` },
  { label: "Source", cell: (e) => html`<code>${e.source ? html`<${Broken} text=${e.source} />` : "–"}</code>` },
  {
    label: "Request",
    class: "hold",
    cell: ({ request_id }) => html`<span class="row tight">
      <code class="small" title=${request_id}>${request_id.slice(0, 10)}…</code>
      <${Copy} text=${request_id} what="request id" kind="small quiet" label="" /></span>`,
  },
];

/** @type {Promise<string[]> | undefined} */
let described;

/** The actions that the API's own description lists. */
function actions() {
  described ??= api.get("/openapi.json").then(
    ({ data }) => {
      const { parameters } = data.paths["/v1/audit"].get;
      return parameters.find((one) => one.name === "action")?.schema.enum ?? [];
    },
    () => [],
  );
  return described;
}

const USUAL = { trail: "organization", actor: "", client_id: "", action: "", from: "", to: "" };

/**
 * The address of each administrator by id, as far as the events or the list of administrators say it.
 * @param {AuditEvent[] | null} events
 * @returns {Record<string, string>}
 */
function useNames(events) {
  const people = useLoad(
    async () => (can("administrators:manage") ? (await all("/v1/administrators", scope())).items : []),
    [],
  );
  const said = (events ?? []).flatMap(({ actor, target, changes }) => {
    const email = changes.find(({ field }) => field === "email");
    return [
      [actor.id, actor.email],
      [target.administrator_id, email?.to ?? email?.from],
    ];
  });
  const listed = (people.data ?? []).map(({ id, email }) => [id, email]);
  return Object.fromEntries([...said.filter(([id, email]) => id && email), ...listed]);
}

/** @param {{ query: URLSearchParams }} props */
export function Screen({ query }) {
  const [form, set] = useView("/audit", USUAL, query);
  const [words, setWords] = useState(/** @type {string[]} */ ([]));
  const [proof, setProof] = useState(/** @type {Verification | null} */ (null));
  const trail = organizationKey() ? form.trail : "platform";
  useEffect(() => {
    actions().then(setWords);
  }, []);
  /** @param {keyof typeof USUAL} field */
  const change = (field) => (/** @type {string} */ value) => set({ [field]: value });
  const typed = usePaused(form);
  const whose = trail === "platform" ? { trail } : { organization: organizationKey() };
  const filter = {
    ...whose,
    actor: typed.actor.trim(),
    client_id: typed.client_id.trim(),
    action: typed.action,
    from: instantOf(typed.from, "00:00:00"),
    to: instantOf(typed.to, "23:59:59.999"),
  };
  const list = usePages("/v1/audit", { ...filter, limit: 50 });
  const names = useNames(list.items);
  const empty = html`<${Empty} title="No events found"><p>No events match these filters.</p><//>`;
  const trails = [["platform", "Deployment"]];
  const own = organizationKey();
  if (own) trails.unshift(["organization", own]);
  const choice = html`<${Select} label="Trail" value=${trail} onValue=${change("trail")} options=${trails} />`;
  return html`<div class="stack">
    <${Head} title="Audit trail"
      lead="Every change, sign-in and refusal. Each entry carries the hash of the one before it.">
      <${Export} filter=${filter} name=${own && trail !== "platform" ? own : "platform"} />
      <${Verify} key=${trail} whose=${whose} onProof=${setProof} /><//>
    ${proof && html`<${Proof} found=${proof} />`}
    <div class="card"><header><div class="filters grow" role="search">
      ${isOperator() && can("platform:operate") && choice}
      <${Select} label="Action" value=${form.action} onValue=${change("action")}
        options=${[["", "All"], ...words.map((word) => [word, actionWords(word)])]} />
      <${TextField} label="Client" value=${form.client_id} onValue=${change("client_id")} placeholder="client_id"
        dir="ltr" spellcheck=${false} />
      <${TextField} label="Actor" value=${form.actor} onValue=${change("actor")} spellcheck=${false}
        placeholder="E-mail, client_id or system" />
      <${DateField} label="From" value=${form.from} onValue=${change("from")} />
      <${DateField} label="To" value=${form.to} onValue=${change("to")} />
    </div></header>
    ${paged(list, "Loading events", empty, (rows) =>
      table({ caption: "Events", columns: columns(names), rows, keyOf: (e) => e.sequence }),
    )}</div></div>`;
}

/**
 * What somebody types, once they pause.
 * @template T
 * @param {T} value
 */
function usePaused(value) {
  const [paused, set] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), 350);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}

/** Exports all events of a filter as one file. @param {{ filter: Query, name: string }} props */
function Export({ filter, name }) {
  const [format, setFormat] = useState("csv");
  const send = useSend(async () => {
    const parts = [];
    /** @type {Query} */
    let query = { ...filter, format };
    for (;;) {
      const { data, link } = await api.get("/v1/audit/export", query);
      parts.push(typeof data === "string" ? data : `${JSON.stringify(data)}\n`);
      const next = /<([^>]*)>; rel="next"/.exec(link ?? "")?.[1];
      if (!next) break;
      query = Object.fromEntries(new URL(next).searchParams);
    }
    download(`audit-${name}.${format}`, parts.join(""), format === "csv" ? "text/csv" : "application/jsonl");
    announce("Export complete");
  });
  return html`<span class="row"><select class="input" aria-label="Format of the export" value=${format}
      onChange=${(e) => setFormat(e.currentTarget.value)}>
      <option value="csv">CSV</option><option value="jsonl">JSON Lines</option></select>
    <${Button} icon="download" busy=${send.busy} onClick=${send.submit}>Export<//></span>
    <${Failure} problem=${send.problem} />`;
}

/**
 * Verifies the chain of hashes from its first entry on.
 * @param {{ whose: Query, onProof: (found: Verification | null) => void }} props
 */
function Verify({ whose, onProof }) {
  const send = useSend(async () => {
    onProof(null);
    let report = (await api.get("/v1/audit/verify", whose)).data;
    while (report.next_cursor && report.verified) {
      report = (await api.get("/v1/audit/verify", { ...whose, cursor: report.next_cursor })).data;
    }
    onProof(report);
  });
  useEffect(() => onProof(null), []);
  return html`<${Button} icon="check" busy=${send.busy} onClick=${send.submit}>Verify<//>
    <${Failure} problem=${send.problem} />`;
}

/** The outcome of a verification. @param {{ found: Verification }} props */
function Proof({ found: { broken, events_checked, head } }) {
  if (broken) {
    return html`<${Notice} kind="danger" icon="alert" role="alert">
      The trail is broken at entry ${broken.sequence}: it is ${broken.reason}.<//>`;
  }
  const hash = head && html`<br /><span class="small">Head: <code>${head.hash.slice(0, 16)}…</code></span>`;
  return html`<${Notice} kind="good" icon="check" role="status">All ${events_checked} entries are intact.${hash}<//>`;
}
