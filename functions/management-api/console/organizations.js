/** The organizations of the deployment, which operators manage. */

import { all, api, onceKeys, organization, organizationPath } from "./api.js";
import { announce, Button, Empty, Failure, Head, loaded, Notice } from "./components.js";
import { Buttons, Confirm, Dialog } from "./dialog.js";
import { Check, TextField } from "./fields.js";
import { useLoad, useSend } from "./hooks.js";
import { html, useMemo, useState } from "./preact.js";
import { table } from "./table.js";
import { Time } from "./time.js";

/** @import { Column, List, Organization, Resource } from "./types" */

/** @typedef {{ kind: "create" } | { kind: "grantable" | "suspend" | "resume", one: Organization }} Open */

export function Screen() {
  const list = useLoad(() => all("/v1/organizations"), []);
  const [dialog, open] = useState(/** @type {Open | null} */ (null));
  const close = () => open(null);
  /** @param {string} words */
  const done = (words) => {
    close();
    announce(words);
    dispatchEvent(new Event("organizations-changed"));
    list.reload();
  };
  /** @param {Organization} one */
  const enter = (one) => {
    organization.set(one.key);
    location.hash = "#/clients";
  };
  /** @param {Organization} one */
  const actions = (one) => {
    const [kind, text] = one.suspended_at ? ["resume", "Resume"] : ["suspend", "Suspend"];
    return html`<span class="row">
      <${Button} kind="small" onClick=${() => open({ kind: "grantable", one })}
        aria-label=${`Choose the resources of ${one.name}`}>Resources<//>
      <${Button} kind=${one.suspended_at ? "small" : "small danger"} aria-label=${`${text} ${one.name}`}
        onClick=${() => open(/** @type {Open} */ ({ kind, one }))}>${text}<//></span>`;
  };
  /** @type {Column<Organization>[]} */
  const columns = [
    {
      label: "Organization",
      class: "title",
      cell: (
        o,
      ) => html`<button type="button" class="link" onClick=${() => enter(o)}><b><bdi>${o.name}</bdi></b></button>
        ${o.suspended_at && html`${" "}<span class="tag danger">suspended</span>`}
        <span class="under mono">${o.key}</span>`,
    },
    { label: "Second approval", cell: (o) => (o.settings.multi_admin ? "yes" : "no") },
    {
      label: "Grantable resources",
      cell: (o) => (o.grantable_resources === null ? "all" : o.grantable_resources.join(", ") || "none"),
    },
    { label: "Created", cell: (o) => html`<${Time} at=${o.created_at} form="day" />` },
    { label: "Actions", hideLabel: true, class: "actions-cell", cell: actions },
  ];
  const create = html`<${Button} kind="primary" icon="plus" onClick=${() => open({ kind: "create" })}>
    Create organization<//>`;
  /** @param {List<Organization>} list */
  const shown = ({ items }) =>
    items.length
      ? table({ caption: "Organizations", columns, rows: items, keyOf: (o) => o.key })
      : html`<${Empty} title="No organizations yet">${create}<//>`;
  return html`<div class="stack">
    <${Head} title="Organizations" lead="The tenants of this deployment. Choose one to see its clients.">${create}<//>
    <div class="card">${loaded(list, "Loading organizations", shown)}</div>
    ${dialog?.kind === "create" && html`<${Create} onClose=${close} done=${done} />`}
    ${dialog?.kind === "grantable" && html`<${Grantable} one=${dialog.one} onClose=${close} done=${done} />`}
    ${dialog?.kind === "suspend" && html`<${Suspend} one=${dialog.one} onClose=${close} done=${done} />`}
    ${dialog?.kind === "resume" && html`<${Resume} one=${dialog.one} onClose=${close} done=${done} />`}
  </div>`;
}

/** @typedef {{ one: Organization, onClose: () => void, done: (words: string) => void }} DialogProps */

/** @param {DialogProps} props */
function Suspend({ one, onClose, done }) {
  const run = async () => {
    await api.post(`${organizationPath(one.key)}/suspend`);
    done("Suspended");
  };
  return html`<${Confirm} title="Suspend organization" danger action="Suspend" word=${one.key} onClose=${onClose}
    run=${run}>
    <${Notice} kind="danger" icon="alert">The clients of <bdi>${one.name}</bdi> cannot get tokens from the next request
      on, and its administrators cannot sign in. Nothing is deleted.<//><//>`;
}

/** @param {DialogProps} props */
function Resume({ one, onClose, done }) {
  const run = async () => {
    await api.post(`${organizationPath(one.key)}/resume`);
    done("Resumed");
  };
  return html`<${Confirm} title="Resume organization" action="Resume" onClose=${onClose} run=${run}>
    <p>The clients and administrators of <bdi>${one.name}</bdi> work again as before.</p><//>`;
}

/** @param {Omit<DialogProps, "one">} props */
function Create({ onClose, done }) {
  const [key, setKey] = useState("");
  const [name, setName] = useState("");
  const once = useMemo(onceKeys, []);
  const send = useSend(async () => {
    const body = { key, name };
    await api.post("/v1/organizations", body, { once: once(body) });
    organization.set(key);
    done(`${name} created`);
  });
  return html`<${Dialog} title="Create organization" onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Buttons} action="Create" busy=${send.busy} onClose=${onClose} />`}>
    <${TextField} label="Name" value=${name} onValue=${setName} wrong=${send.wrong("name")} autofocus />
    <${TextField} label="Key" value=${key} onValue=${setKey} wrong=${send.wrong("key")} dir="ltr" spellcheck=${false}
      hint="Permanent: it is part of each client_id. Lowercase letters, digits and hyphens." />
    <${Failure} problem=${send.problem} known=${["key", "name"]} /><//>`;
}

/** The resources that the administrators of an organization may grant. @param {DialogProps} props */
function Grantable({ one, onClose, done }) {
  const resources = useLoad(() => all("/v1/resources", { organization: one.key }), []);
  const [chosen, choose] = useState(one.grantable_resources);
  const send = useSend(async () => {
    await api.patch(organizationPath(one.key), { grantable_resources: chosen }, `"${one.version}"`);
    done("Saved");
  });
  /** @param {string[]} chosen */
  const boxes =
    (chosen) =>
    (/** @type {List<Resource>} */ { items }) =>
      html`<fieldset class="stack tight"><legend>Or only these</legend>${items.map(
        ({ key, name }) => html`<${Check} key=${key} label=${html`<bdi>${name}</bdi>`} hint=${key}
        checked=${chosen.includes(key)}
        onValue=${(on) => choose(on ? [...chosen, key] : chosen.filter((other) => other !== key))} />`,
      )}</fieldset>`;
  return html`<${Dialog} title=${html`Resources of <bdi>${one.name}</bdi>`} onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Buttons} action="Save" busy=${send.busy} onClose=${onClose} />`}>
    <${Check} label="All, including future ones" checked=${chosen === null}
      onValue=${(on) => choose(on ? null : [])} />
    ${chosen && loaded(resources, "Loading resources", boxes(chosen))}
    <${Failure} problem=${send.problem} /><//>`;
}
