/** The settings of an organization, as a form or as text, and the recipients of reminders. */

import { api, can, organizationKey, organizationPath, Problem, scope } from "./api.js";
import { announce, Broken, Button, Failure, Head, loaded, Notice } from "./components.js";
import { Check, Select, TextField } from "./fields.js";
import { useLoad, useSend } from "./hooks.js";
import { settled, useUnsaved } from "./navigation.js";
import { html, useState } from "./preact.js";
import { awaitsApproval } from "./requests.js";
import { table } from "./table.js";
import { span, Time } from "./time.js";

/** @import { Answer, Column, Organization, Recipient, Settings, View } from "./types" */

const HOUR = 3600;
const DAY = 86_400;

/**
 * A number in a unit, as a whole number of the API's unit; undefined where the text is none.
 * @param {string} text
 */
function whole(text, unit = 1) {
  const number = /^\s*\d+([.,]\d+)?\s*$/.test(text) ? Number(text.replace(",", ".")) * unit : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A list of days; undefined where one is no number. @param {string} text */
function days(text) {
  const numbers = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((one) => whole(one));
  return numbers.includes(undefined) ? undefined : numbers;
}

/** @typedef {keyof Settings} Field */
/** @typedef {Record<Field, string | boolean>} FormValues */

/**
 * Reads and writes a setting that the form has as text, in a unit of its own.
 * @param {"secret_lifetime_days" | "secret_lifetime_max_days" | "live_secrets" | "overlap_seconds"
 *   | "overlap_max_seconds" | "token_lifetime_seconds"} field
 */
const number = (field, unit = 1) => ({
  read: (/** @type {Settings} */ settings) => String(settings[field] / unit),
  write: (/** @type {string} */ text) => whole(text, unit),
});

/** @param {"custody" | "secrets_may_never_expire" | "clients_need_expiry" | "multi_admin"} field */
const as = (field) => ({
  read: (/** @type {Settings} */ settings) => settings[field],
  write: (/** @type {string | boolean} */ value) => value,
});

/** @param {Settings} settings */
const reminders = ({ reminder_days }) => [...reminder_days].sort((a, b) => b - a).join(", ");

/**
 * Each setting as the form has it, and back; undefined where the text is not valid.
 * @type {Record<Field, { read: (settings: Settings) => string | boolean, write: (value: any) => unknown }>}
 */
const FORM = {
  custody: as("custody"),
  secret_lifetime_days: number("secret_lifetime_days"),
  secret_lifetime_max_days: number("secret_lifetime_max_days"),
  secrets_may_never_expire: as("secrets_may_never_expire"),
  live_secrets: number("live_secrets"),
  overlap_seconds: number("overlap_seconds", HOUR),
  overlap_max_seconds: number("overlap_max_seconds", DAY),
  token_lifetime_seconds: number("token_lifetime_seconds", 60),
  clients_need_expiry: as("clients_need_expiry"),
  multi_admin: as("multi_admin"),
  reminder_days: { read: reminders, write: days },
  team_address: { read: (s) => s.team_address ?? "", write: (text) => text.trim() || null },
};
const FIELDS = /** @type {Field[]} */ (Object.keys(FORM));

export function Screen() {
  const path = organizationPath(organizationKey());
  const page = useLoad(() => api.get(path), [path]);
  /** @param {Answer<Organization>} answer */
  const shown = ({ data, etag }) => {
    if (!can("organization:change")) return readOnly(data);
    return html`<${Form} key=${data.version} organization=${data} etag=${etag} path=${path} reload=${page.reload} />`;
  };
  return html`<div class="stack">
    <${Head} title="Settings" lead="They apply to what is created or changed from now on." />
    ${loaded(page, "Loading settings", shown)}
    ${can("secrets:manage") && html`<${Recipients} />`}</div>`;
}

/** @param {Recipient} recipient */
function delivery({ undeliverable, failure }) {
  if (undeliverable) return html`<span class="tag danger">undeliverable</span>`;
  if (failure) return html`<span class="tag warn">last mail failed</span>`;
  return html`<span class="tag good">OK</span>`;
}

/** The recipients of reminders, and those that mail does not reach. */
function Recipients() {
  const list = useLoad(async () => (await api.get("/v1/reminders/recipients", scope())).data.items, []);
  const send = useSend(async (/** @type {Recipient} */ { email }) => {
    await api.post(`/v1/reminders/recipients/${encodeURIComponent(email)}/retry`);
    announce(`Reminders go to ${email} again`);
    await list.reload();
  });
  /** @type {Column<Recipient>[]} */
  const columns = [
    {
      label: "Address",
      class: "title",
      cell: (r) => html`<b><bdi><${Broken} text=${r.email} /></bdi></b>
        ${r.team && html`${" "}<span class="tag">team address</span>`}`,
    },
    { label: "Mail", cell: delivery },
    {
      label: "Last failure",
      cell: ({ failure }) =>
        failure &&
        html`${failure.cause.replaceAll("_", " ")}: <bdi>${failure.detail}</bdi>${" "}
          <span class="under"><${Time} at=${failure.at} /></span>`,
      empty: (r) => !r.failure,
    },
    {
      label: "Actions",
      hideLabel: true,
      class: "actions-cell",
      empty: (r) => !r.undeliverable,
      cell: (r) =>
        r.undeliverable &&
        html`<${Button} kind="small" busy=${send.busy} onClick=${() => send.submit(r)}
          aria-label=${`Try ${r.email} again`}>Try again<//>`,
    },
  ];
  const nobody = html`<div class="body"><${Notice} kind="warn" icon="alert">No recipients, so reminders go to the
    operator. Give an administrator the privilege secrets:manage, or set a team address.<//></div>`;
  /** @param {Recipient[]} items */
  const shown = (items) =>
    items.length ? table({ caption: "Recipients", columns, rows: items, keyOf: (r) => r.email }) : nobody;
  return html`<section class="card form-wide" aria-labelledby="recipients">
    <header><h2 id="recipients">Reminder recipients</h2></header>
    ${loaded(list, "Loading recipients", shown)}<${Failure} problem=${send.problem} /></section>`;
}

/**
 * @param {object} props
 * @param {Organization} props.organization
 * @param {string | null} props.etag
 * @param {string} props.path
 * @param {() => Promise<void>} props.reload
 */
function Form({ organization, etag, path, reload }) {
  const { settings } = organization;
  const [name, setName] = useState(organization.name);
  const [form, set] = useState(
    () => /** @type {FormValues} */ (Object.fromEntries(FIELDS.map((field) => [field, FORM[field].read(settings)]))),
  );
  /** @param {Field} field */
  const change = (field) => (/** @type {string | boolean} */ value) => set((was) => ({ ...was, [field]: value }));
  const edited = FIELDS.filter((field) => FORM[field].read(settings) !== form[field]);
  const renamed = name !== organization.name;
  useUnsaved(renamed || edited.length > 0);
  const send = useSend(async () => {
    const values = Object.fromEntries(edited.map((field) => [field, FORM[field].write(form[field])]));
    const invalid = edited.filter((field) => values[field] === undefined);
    const wrong = invalid.map((field) => [
      `settings.${field}`,
      field === "reminder_days" ? "Enter whole numbers separated by commas" : "Enter a number",
    ]);
    if (wrong.length) throw Problem.of(Object.fromEntries(wrong));
    if (!renamed && !edited.length) return announce("No changes to save");
    const body = { ...(renamed && { name }), ...(edited.length && { settings: values }) };
    const { waiting } = await api.patch(path, body, etag);
    settled();
    if (waiting) {
      awaitsApproval();
      location.hash = `#/requests/${waiting.id}`;
    } else announce("Saved");
    await reload();
  });
  /** @param {Field} field */
  const wrong = (field) => send.wrong(`settings.${field}`) ?? send.wrong(field);
  /** @param {Field} field @param {string} label @param {string} unit @param {string} [hint] @param {object} [rest] */
  const text = (field, label, unit, hint, rest) => html`<${TextField} label=${unit ? `${label} (${unit})` : label}
    class="short" value=${form[field]} onValue=${change(field)} wrong=${wrong(field)} hint=${hint}
    inputmode=${unit ? "numeric" : undefined} ...${rest} />`;
  /** @param {Field} field @param {string} label @param {string} [hint] */
  const check = (field, label, hint) => html`<div>
    <${Check} label=${label} hint=${hint} checked=${form[field]} onValue=${change(field)} />
    ${wrong(field) && html`<p class="danger-text small">${wrong(field)}</p>`}</div>`;
  /** @param {string} title @param {View} fields */
  const section = (title, fields) => html`<section class="card"><header><h2>${title}</h2></header>
    <div class="body stack">${fields}</div></section>`;
  const custody = html`<${Select} label="Secret custody" value=${form.custody} onValue=${change("custody")}
    wrong=${wrong("custody")} hint="Applies to new secrets."
    options=${[
      ["once", "Shown once, then kept as a hash"],
      ["revealable", "Kept encrypted, revealed after a one-time password"],
    ]} />`;
  const conflict = html`<${Notice} kind="warn" icon="alert" role="alert">Someone else changed the settings.${" "}
    <button type="button" class="link" onClick=${reload}>Load their changes</button> and try again.<//>`;
  const known = ["name", ...FIELDS, ...FIELDS.map((field) => `settings.${field}`)];
  return html`<form class="form" onSubmit=${send.submit} novalidate>
    ${section(
      "Organization",
      html`<${TextField} label="Name" value=${name} onValue=${setName} wrong=${send.wrong("name")} />
        <p class="small muted">Key: <code>${organization.key}</code>, permanent.</p>`,
    )}
    ${section(
      "Secrets",
      html`${custody}
        <div class="pair">${text("secret_lifetime_days", "Default lifetime", "days")}
          ${text("secret_lifetime_max_days", "Maximum lifetime", "days")}</div>
        ${check("secrets_may_never_expire", "Allow secrets that never expire")}
        ${text("live_secrets", "Live secrets per client", "", "1 to 20.")}
        <div class="pair">
          ${text("overlap_seconds", "Default overlap", "hours", "How long the old secret works after a regeneration.")}
          ${text("overlap_max_seconds", "Maximum overlap", "days")}</div>`,
    )}
    ${section(
      "Clients",
      html`${check("clients_need_expiry", "Clients must have an expiry date")}
        ${text("token_lifetime_seconds", "Access token lifetime", "minutes", "5 to 60; a client can have its own.")}`,
    )}
    ${section(
      "Approval",
      check(
        "multi_admin",
        "Require approval by a second administrator",
        "Needs two administrators with administrators:manage. To turn it off, one of them must approve.",
      ),
    )}
    ${section(
      "Reminders",
      html`${text("reminder_days", "Days before expiry", "", "Up to twelve numbers; 0 is the day itself.")}
        ${text("team_address", "Team address", "", "Receives reminders too.", { type: "email", class: "" })}`,
    )}
    ${
      send.problem?.kind === "precondition-failed"
        ? conflict
        : html`<${Failure} problem=${send.problem} known=${known} />`
    }
    <div class="actions"><${Button} type="submit" kind="primary" busy=${send.busy}>Save<//></div>
  </form>`;
}

/** @param {Organization} organization */
function readOnly({ name, settings: s }) {
  const never = s.secrets_may_never_expire ? ", or never" : "";
  /** @type {[string, View][]} */
  const facts = [
    ["Name", html`<bdi>${name}</bdi>`],
    ["Secrets can be revealed", s.custody === "revealable" ? "yes, after a one-time password" : "no"],
    ["Secret lifetime", `${s.secret_lifetime_days} days, at most ${s.secret_lifetime_max_days}${never}`],
    ["Live secrets per client", s.live_secrets],
    ["Overlap", `${span(s.overlap_seconds)}, at most ${span(s.overlap_max_seconds)}`],
    ["Access token lifetime", span(s.token_lifetime_seconds)],
    ["Clients must have an expiry date", s.clients_need_expiry ? "yes" : "no"],
    ["Second administrator approves", s.multi_admin ? "yes" : "no"],
    ["Reminders, days before expiry", reminders(s)],
    ["Team address", html`<bdi>${s.team_address ?? "none"}</bdi>`],
  ];
  return html`<section class="card"><div class="body"><dl class="facts">
      ${facts.map(([fact, value]) => html`<dt key=${fact}>${fact}</dt><dd>${value}</dd>`)}</dl></div></section>
    <p class="muted small">To change them, you need the privilege organization:change.</p>`;
}
