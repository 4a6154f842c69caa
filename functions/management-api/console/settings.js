/** The settings of an organization. Who may not change them sees them as text. */

import { html, useState } from "./preact.js";
import { api, can, organizationKey, Problem, scope } from "./api.js";
import {
  announce, Broken, Button, Check, Failure, Head, Loaded, Notice, Select, settled, span, Table, TextField, Time,
  useLoad, useSend, useUnsaved,
} from "./components.js";

const DAY = 86_400;

/** A number that somebody wrote, in units of so many; what is none, or leaves a fraction, is undefined. */
function whole(text, unit = 1) {
  const number = /^\s*\d+([.,]\d+)?\s*$/.test(text) ? Number(text.replace(",", ".")) * unit : NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The days that somebody listed; undefined where one is no number. */
function days(text) {
  const numbers = text.split(/[\s,]+/).filter(Boolean).map((one) => whole(one));
  return numbers.includes(undefined) ? undefined : numbers;
}

/** Each setting as the form has it, and back; undefined is what it cannot be. */
const FORM = {
  custody: [(s) => s.custody, (text) => text],
  secret_lifetime_days: [(s) => String(s.secret_lifetime_days), (text) => whole(text)],
  secret_lifetime_max_days: [(s) => String(s.secret_lifetime_max_days), (text) => whole(text)],
  secrets_may_never_expire: [(s) => s.secrets_may_never_expire, (on) => on],
  live_secrets: [(s) => String(s.live_secrets), (text) => whole(text)],
  overlap_seconds: [(s) => String(s.overlap_seconds / 3600), (hours) => whole(hours, 3600)],
  overlap_max_seconds: [(s) => String(s.overlap_max_seconds / DAY), (text) => whole(text, DAY)],
  token_lifetime_seconds: [(s) => String(s.token_lifetime_seconds / 60), (minutes) => whole(minutes, 60)],
  clients_need_expiry: [(s) => s.clients_need_expiry, (on) => on],
  multi_admin: [(s) => s.multi_admin, (on) => on],
  reminder_days: [(s) => [...s.reminder_days].sort((a, b) => b - a).join(", "), days],
  team_address: [(s) => s.team_address ?? "", (text) => text.trim() || null],
};

export function Screen() {
  const key = organizationKey();
  const path = `/v1/organizations/${encodeURIComponent(key)}`;
  const loaded = useLoad(() => api.get(path), [path]);
  return html`<div class="stack"><${Head} title="Settings"
    lead=${html`What holds in this organization for what is made or changed from now on.`} />
    <${Loaded} of=${loaded} what="Loading the settings">${({ data, etag }) => can("organization:change")
      ? html`<${Form} key=${data.version} organization=${data} etag=${etag} path=${path} reload=${loaded.reload} />`
      : html`<${Shown} organization=${data} />`}<//>
    ${can("secrets:manage") && html`<${Reminded} />`}</div>`;
}

/** Who gets the reminders, and whom they do not reach. */
function Reminded() {
  const list = useLoad(() => api.get("/v1/reminders/recipients", scope()).then((answer) => answer.data.items), []);
  const send = useSend(async (recipient) => {
    await api.post(`/v1/reminders/recipients/${encodeURIComponent(recipient.email)}/retry`);
    announce(`The next reminder goes to ${recipient.email} again`);
    await list.reload();
  });
  const columns = [
    { label: "Address", class: "title", cell: (r) => html`<b><bdi><${Broken} text=${r.email} /></bdi></b>${r.team && html` <span
      class="tag">team address</span>`}` },
    { label: "Mail", cell: (r) => (r.undeliverable ? html`<span class="tag danger">comes back</span>` : r.failure
      ? html`<span class="tag warn">the last one failed</span>` : html`<span class="tag good">arrives</span>`) },
    { label: "Last failure", cell: (r) => r.failure && html`${r.failure.cause.replaceAll("_", " ")}: <bdi>
      ${r.failure.detail}</bdi> <span class="under"><${Time}
      at=${r.failure.at} /></span>`, empty: (r) => !r.failure },
    { label: "Actions", hideLabel: true, class: "actions-cell", empty: (r) => !r.undeliverable,
      cell: (r) => r.undeliverable && html`<${Button} kind="small" busy=${send.busy} onClick=${() => send.submit(r)}
      aria-label=${`Try ${r.email} again`}>Try again<//>` },
  ];
  return html`<section class="card form-wide" aria-labelledby="reminded"><header><h2 id="reminded">Who is reminded</h2></header>
    <${Loaded} of=${list} what="Loading the recipients">${(items) => items.length ? html`<${Table}
      caption="Recipients" columns=${columns} rows=${items} keyOf=${(r) => r.email} />`
      : html`<div class="body"><${Notice} kind="warn"
        icon="alert">Nobody. Give somebody the privilege secrets:manage, or set a team address; until then the operator is told.<//>
        </div>`}<//>
    <${Failure} problem=${send.problem} /></section>`;
}

function Form({ organization, etag, path, reload }) {
  const { settings } = organization;
  const [name, setName] = useState(organization.name);
  const [form, set] = useState(() => Object.fromEntries(Object.entries(FORM).map(([field, [read]]) => [field, read(settings)])));
  const change = (field) => (value) => set((was) => ({ ...was, [field]: value }));
  useUnsaved(name !== organization.name || Object.entries(FORM).some(([field, [read]]) => read(settings) !== form[field]));
  const send = useSend(async () => {
    const changed = Object.entries(FORM).filter(([field, [read]]) => read(settings) !== form[field]).map(([field, [, write]]) => [field, write(form[field])]);
    const wrong = changed.filter(([, value]) => value === undefined).map(([field]) => [`settings.${field}`, field === "reminder_days" ? "Write whole numbers, with commas between" : "Write a number"]);
    if (wrong.length) throw Problem.of(Object.fromEntries(wrong));
    const body = { ...(name !== organization.name && { name }), ...(changed.length && { settings: Object.fromEntries(changed) }) };
    if (!Object.keys(body).length) return announce("Nothing was changed");
    const answer = await api.patch(path, body, etag);
    settled();
    if (answer.waiting) {
      dispatchEvent(new Event("requests-changed"));
      location.hash = `#/requests/${answer.waiting.id}`;
    }
    announce(answer.waiting ? "The change waits for a second administrator" : "Saved");
    await reload();
  });
  const wrong = (field) => send.wrong(`settings.${field}`) ?? send.wrong(field);
  const text = (field, label, unit, hint, rest = {}) => html`<${TextField}
    label=${`${label}${unit ? `, in ${unit}` : ""}`} class="short" value=${form[field]} onValue=${change(field)}
    wrong=${wrong(field)} hint=${hint} inputmode=${unit ? "numeric" : undefined} ...${rest} />`;
  const check = (field, label, hint) => html`<div><${Check} label=${label} hint=${hint} checked=${form[field]}
    onValue=${change(field)} />${wrong(field) && html`<p class="danger-text small">${wrong(field)}</p>`}</div>`;
  const section = (title, fields) => html`<section class="card"><header><h2>${title}</h2></header><div
    class="body stack">${fields}</div></section>`;
  return html`<form class="form" onSubmit=${send.submit} novalidate>
    ${section("Organization", html`<${TextField} label="Name" value=${name} onValue=${setName}
      wrong=${send.wrong("name")} /><p class="small muted">Key: <code>${organization.key}</code>, permanent.</p>`)}
    ${section("Secrets", html`
      <${Select} label="Can a secret be shown again?" value=${form.custody} onValue=${change("custody")}
        wrong=${wrong("custody")}
        options=${[["once", "No: it is shown once and kept as a hash"], ["revealable", "Yes: it is kept encrypted, and shown after a one-time password"]]}
        hint="Holds for secrets that are made from then on." />
      <div class="pair">${text("secret_lifetime_days", "Usual lifetime", "days")}${text("secret_lifetime_max_days", "Longest lifetime", "days")}
        </div>
      ${check("secrets_may_never_expire", "A secret may be made that never expires")}
      ${text("live_secrets", "Live secrets of a client", "", "1 to 20.")}
      <div class="pair">${text("overlap_seconds", "Usual overlap", "hours", "How long the old secret works after a regeneration.")}${text("overlap_max_seconds", "Longest overlap", "days")}
        </div>`)}
    ${section("Clients", html`${check("clients_need_expiry", "Every client needs an expiry")}${text("token_lifetime_seconds", "Lifetime of access tokens", "minutes", "5 to 60; a client can have its own.")}`)}
    ${section("Approval", html`${check("multi_admin", "A second administrator approves each change", "Takes two people who manage administrators. To switch it off, one of them approves.")}`)}
    ${section("Reminders", html`${text("reminder_days", "Days before an expiry", "", "Up to twelve numbers; 0 is the day itself.")}${text("team_address", "Team address", "", "Reminders go there, too. Empty for none.", { type: "email", class: "" })}`)}
    ${send.problem?.kind === "precondition-failed" ? html`<${Notice} kind="warn" icon="alert"
      role="alert">Somebody changed the settings meanwhile. <button type="button" class="link"
      onClick=${reload}>Load theirs</button> and look again.<//>`
      : html`<${Failure} problem=${send.problem}
        known=${["name", ...Object.keys(FORM).flatMap((field) => [field, `settings.${field}`])]} />`}
    <div class="actions"><${Button} type="submit" kind="primary" busy=${send.busy}>Save<//></div>
  </form>`;
}

function Shown({ organization }) {
  const s = organization.settings;
  const facts = [
    ["Name", html`<bdi>${organization.name}</bdi>`],
    ["A secret can be shown again", s.custody === "revealable" ? "yes, after a one-time password" : "no"],
    ["Lifetime of a secret", `${s.secret_lifetime_days} days, at most ${s.secret_lifetime_max_days}${s.secrets_may_never_expire ? ", or without end" : ""}`],
    ["Live secrets of a client", s.live_secrets],
    ["Overlap", `${span(s.overlap_seconds)}, at most ${span(s.overlap_max_seconds)}`],
    ["Access tokens live", span(s.token_lifetime_seconds)],
    ["Clients need an expiry", s.clients_need_expiry ? "yes" : "no"],
    ["A second administrator approves", s.multi_admin ? "yes" : "no"],
    ["Reminders, days before", [...s.reminder_days].sort((a, b) => b - a).join(", ")],
    ["Team address", html`<bdi>${s.team_address ?? "none"}</bdi>`],
  ];
  return html`<section class="card"><div class="body"><dl class="facts">${facts.map(([name, value]) => html`<dt
    key=${name}>${name}</dt><dd>${value}</dd>`)}</dl></div></section>
    <p class="muted small">Changing them needs the privilege organization:change.</p>`;
}
