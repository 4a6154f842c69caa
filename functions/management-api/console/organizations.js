/** All organizations of the deployment: the operator's. */

import { html, useMemo, useState } from "./preact.js";
import { all, api, onceKeys, organization } from "./api.js";
import {
  announce, Button, Check, Empty, Failure, Head, Loaded, Notice, Table, TextField, Time, useLoad, useSend,
} from "./components.js";
import { Confirm, Dialog } from "./dialog.js";

export function Screen() {
  const list = useLoad(() => all("/v1/organizations"), []);
  const [dialog, open] = useState(null);
  const close = () => open(null);
  const done = (words) => {
    close();
    announce(words);
    dispatchEvent(new Event("organizations-changed"));
    list.reload();
  };
  const look = (one) => {
    organization.set(one.key);
    location.hash = "#/clients";
  };
  const knows = (field) => (list.data?.items ?? []).some((one) => field in one);
  const columns = [
    { label: "Organization", class: "title", cell: (o) => html`<button type="button" class="link"
      onClick=${() => look(o)}><b><bdi>${o.name}</bdi></b></button>${o.suspended_at && html` <span
      class="tag danger">suspended</span>`}<span class="under mono">${o.key}</span>` },
    { label: "Two administrators", cell: (o) => (o.settings.multi_admin ? "yes" : "no") },
    ...(knows("grantable_resources") ? [{ label: "Resources to grant",
      cell: (o) => (o.grantable_resources === null ? "all" : o.grantable_resources.join(", ") || "none") }] : []),
    { label: "Since", cell: (o) => html`<${Time} at=${o.created_at} form="day" />` },
    { label: "Actions", hideLabel: true, class: "actions-cell", cell: (o) => html`<span class="row">
      ${knows("grantable_resources") && html`<${Button} kind="small"
        onClick=${() => open({ kind: "grantable", one: o })}
        aria-label=${`Choose the resources of ${o.name}`}>Resources<//>`}
      ${knows("suspended_at") && html`<${Button} kind=${o.suspended_at ? "small" : "small danger"}
        onClick=${() => open({ kind: o.suspended_at ? "resume" : "suspend", one: o })}
        aria-label=${`${o.suspended_at ? "Resume" : "Suspend"} ${o.name}`}>${o.suspended_at ? "Resume" : "Suspend"}
        <//>`}</span>` },
  ];
  const make = html`<${Button} kind="primary" icon="plus" onClick=${() => open({ kind: "new" })}>New organization<//>`;
  const of = (one) => `/v1/organizations/${encodeURIComponent(one.key)}`;
  return html`<div class="stack"><${Head} title="Organizations"
    lead="The tenants of this deployment. Choose one to look at its clients.">${make}<//>
    <div class="card"><${Loaded} of=${list} what="Loading the organizations">${({ items }) => items.length
      ? html`<${Table} caption="Organizations" columns=${columns} rows=${items} keyOf=${(o) => o.key} />`
      : html`<${Empty} title="No organizations yet">${make}<//>`}<//></div>
    ${dialog?.kind === "new" && html`<${New} onClose=${close} done=${done} />`}
    ${dialog?.kind === "grantable" && html`<${Grantable} one=${dialog.one} path=${of(dialog.one)} onClose=${close}
      done=${done} />`}
    ${dialog?.kind === "suspend" && html`<${Confirm} title="Suspend an organization" danger action="Suspend"
      word=${dialog.one.key} onClose=${close}
      run=${() => api.post(`${of(dialog.one)}/suspend`).then(() => done("Suspended"))}>
      <${Notice} kind="danger" icon="alert">None of the clients of <bdi>
        ${dialog.one.name}</bdi> gets a token any more, from the next request on, and none of its people gets in. Nothing is deleted.<//>
        <//>`}
    ${dialog?.kind === "resume" && html`<${Confirm} title="Resume an organization" action="Resume" onClose=${close}
      run=${() => api.post(`${of(dialog.one)}/resume`).then(() => done("Resumed"))}><p>The clients and people of <bdi>
      ${dialog.one.name}</bdi> work again as before.</p><//>`}
  </div>`;
}

function New({ onClose, done }) {
  const [key, setKey] = useState("");
  const [name, setName] = useState("");
  const once = useMemo(onceKeys, []);
  const send = useSend(async () => {
    const body = { key, name };
    await api.post("/v1/organizations", body, { once: once(body) });
    organization.set(key);
    done(`${name} is made`);
  });
  return html`<${Dialog} title="New organization" onClose=${onClose} onSubmit=${send.submit} footer=${html`<${Button}
    onClick=${onClose}>Cancel<//><${Button} type="submit" kind="primary" busy=${send.busy}>Create<//>`}>
    <${TextField} label="Name" value=${name} onValue=${setName} wrong=${send.wrong("name")} autofocus />
    <${TextField} label="Key" value=${key} onValue=${setKey} wrong=${send.wrong("key")} dir="ltr" spellcheck=${false}
      hint="Permanent, part of each client_id. Lower-case letters, digits and hyphens." />
    <${Failure} problem=${send.problem} known=${["key", "name"]} /><//>`;
}

/** Which resources the administrators of an organization may grant. */
function Grantable({ one, path, onClose, done }) {
  const resources = useLoad(() => all("/v1/resources", { organization: one.key }), []);
  const [chosen, choose] = useState(one.grantable_resources);
  const send = useSend(async () => {
    await api.patch(path, { grantable_resources: chosen }, `"${one.version}"`);
    done("Saved");
  });
  return html`<${Dialog} title=${html`Resources of <bdi>${one.name}</bdi>`} onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Button} onClick=${onClose}>Cancel<//><${Button} type="submit" kind="primary"
    busy=${send.busy}>Save<//>`}>
    <${Check} label="All, those of the future too" checked=${chosen === null} onValue=${(on) => choose(on ? null : [])} />
    ${chosen !== null && html`<${Loaded} of=${resources}>${({ items }) => html`<fieldset class="stack tight">
      <legend>Or these alone</legend>${items.map((r) => html`<${Check} key=${r.key} label=${html`<bdi>
      ${r.name}</bdi>`} hint=${r.key} checked=${chosen.includes(r.key)}
      onValue=${(on) => choose(on ? [...chosen, r.key] : chosen.filter((key) => key !== r.key))} />`)}</fieldset>`}
      <//>`}
    <${Failure} problem=${send.problem} /><//>`;
}
