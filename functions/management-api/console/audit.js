/** The audit trail: who did what, when and from where; with filters, an export and a proof. */

import { html, useEffect, useState } from "./preact.js";
import { all, api, can, isOperator, organizationKey, scope } from "./api.js";
import {
  announce, Broken, Button, Copy, DateField, download, Empty, Failure, Head, instantOf, Notice, Select, Table, TextField, Time,
  useLoad, useSend, useView,
} from "./components.js";
import { Pages, usePages } from "./requests.js";
import { actionWords, Actor, Changes, Target } from "./words.js";

const columns = (names) => [
  { label: "When", class: "hold", cell: (e) => html`<${Time} at=${e.at} form="day" /><span class="under"><${Time}
    at=${e.at} form="clock" /> · #${e.sequence}</span>` },
  { label: "What", class: "title", cell: (e) => html`<b>${actionWords(e.action)}</b><${Changes} changes=${e.changes} />` },
  { label: "Who", cell: (e) => html`<${Actor} actor=${e.actor} />` },
  { label: "To what", class: "names", cell: (e) => html`<${Target} target=${e.target} names=${names} />` },
  { label: "From", cell: (e) => html`<code>${e.source ? html`<${Broken} text=${e.source} />` : "–"}</code>` },
  { label: "Request", class: "hold", cell: (e) => html`<span class="row tight"><code class="small"
    title=${e.request_id}>${e.request_id.slice(0, 10)}…</code><${Copy} text=${e.request_id} what="request id"
    kind="small quiet" label="" /></span>` },
];

/** The actions that there are, as the API's own description lists them. */
let described;
const actions = () => (described ??= api.get("/openapi.json").then(({ data }) => {
  const parameter = data.paths["/v1/audit"].get.parameters.find((one) => one.name === "action");
  return parameter?.schema.enum ?? [];
}).catch(() => []));

const USUAL = { trail: "organization", actor: "", client_id: "", action: "", from: "", to: "" };

/** The address of each administrator by their id, as far as one may know them or the events say it. */
function useNames(events) {
  const people = useLoad(async () => (can("administrators:manage") ? (await all("/v1/administrators", scope())).items : []), []);
  const said = (events ?? []).flatMap(({ actor, target, changes }) => [
    [actor.id, actor.email],
    [target.administrator_id, changes.find(({ field }) => field === "email")?.to ?? changes.find(({ field }) => field === "email")?.from],
  ]);
  return Object.fromEntries([...said.filter(([id, email]) => id && email), ...(people.data ?? []).map(({ id, email }) => [id, email])]);
}

export function Screen({ query }) {
  const [form, set] = useView("/audit", USUAL, query);
  const [words, setWords] = useState([]);
  const [proof, setProof] = useState(null);
  const trail = organizationKey() ? form.trail : "platform";
  useEffect(() => void actions().then(setWords), []);
  const change = (field) => (value) => set({ [field]: value });
  const settled = useSettled(form);
  const whose = trail === "platform" ? { trail: "platform" } : { organization: organizationKey() };
  const asked = { ...whose, actor: settled.actor.trim(), client_id: settled.client_id.trim(), action: settled.action, from: instantOf(settled.from, "00:00:00"), to: instantOf(settled.to, "23:59:59.999") };
  const list = usePages("/v1/audit", { ...asked, limit: 50 });
  const names = useNames(list.items);
  return html`<div class="stack">
    <${Head} title="Audit trail"
      lead="Every change, sign-in and refusal. Each entry carries the hash of the one before it."><${Export}
      asked=${asked} /><${Verify} key=${trail} whose=${whose} onProof=${setProof} /><//>
    <${Proof} of=${proof} />
    <div class="card"><header><div class="filters grow" role="search">
      ${isOperator() && can("platform:operate") && html`<${Select} label="Trail" value=${trail} onValue=${change("trail")}
        options=${[...(organizationKey() ? [["organization", organizationKey()]] : []), ["platform", "The deployment's own"]]} />`}
      <${Select} label="Action" value=${form.action} onValue=${change("action")}
        options=${[["", "All"], ...words.map((word) => [word, actionWords(word)])]} />
      <${TextField} label="Client" value=${form.client_id} onValue=${change("client_id")} placeholder="client_id"
        dir="ltr" spellcheck=${false} />
      <${TextField} label="Who" value=${form.actor} onValue=${change("actor")}
        placeholder="E-mail, client_id or system" spellcheck=${false} />
      <${DateField} label="From" value=${form.from} onValue=${change("from")} /><${DateField} label="To"
        value=${form.to} onValue=${change("to")} />
    </div></header>
    <${Pages} list=${list} what="Loading the trail" empty=${html`<${Empty} title="No such event">
      <p>Nothing fits these filters.</p><//>`}>${(items) => html`<${Table} caption="Events" columns=${columns(names)}
      rows=${items} keyOf=${(e) => e.sequence} />`}<//></div></div>`;
}

/** What somebody types, once they pause. */
function useSettled(value) {
  const [settled, set] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), 350);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/** The whole of what is asked for as one file, put together of its pages. */
function Export({ asked }) {
  const [format, setFormat] = useState("csv");
  const send = useSend(async () => {
    const parts = [];
    let query = { ...asked, format };
    for (;;) {
      const { data, link } = await api.get("/v1/audit/export", query);
      parts.push(typeof data === "string" ? data : JSON.stringify(data) + "\n");
      const next = /<([^>]*)>; rel="next"/.exec(link ?? "")?.[1];
      if (!next) break;
      query = Object.fromEntries(new URL(next).searchParams);
    }
    download(`audit-${asked.organization ?? "platform"}.${format}`, parts.join(""), format === "csv" ? "text/csv" : "application/jsonl");
    announce("The file is made");
  });
  return html`<span class="row"><select class="input" aria-label="Format of the export" value=${format}
    onChange=${(e) => setFormat(e.currentTarget.value)}><option value="csv">CSV</option><option
    value="jsonl">JSON Lines</option></select>
    <${Button} icon="download" busy=${send.busy} onClick=${send.submit}>Export<//></span><${Failure}
      problem=${send.problem} />`;
}

/** Proves the chain of hashes from its first entry on. */
function Verify({ whose, onProof }) {
  const send = useSend(async () => {
    onProof(null);
    let cursor;
    let report;
    do {
      report = (await api.get("/v1/audit/verify", { ...whose, cursor })).data;
      cursor = report.next_cursor;
    } while (cursor && report.verified);
    onProof(report);
  });
  useEffect(() => onProof(null), []);
  return html`<${Button} icon="check" busy=${send.busy} onClick=${send.submit}>Verify<//><${Failure} problem=${send.problem} />`;
}

/** What came of it. */
const Proof = ({ of: found }) => found && (found.verified ? html`<${Notice} kind="good" icon="check"
      role="status">All ${found.events} entries are as they were written.${found.head && html`<br /><span
      class="small">Head: <code>${found.head.hash.slice(0, 16)}…</code></span>`}<//>`
      : html`<${Notice} kind="danger" icon="alert"
        role="alert">The trail is broken at entry ${found.broken.sequence}: it is ${found.broken.reason}.<//>`);
