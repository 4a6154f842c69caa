/** The administrators of an organization, their privileges, and invitations. */

import { all, api, can, isOperator, onceKeys, organizationKey, organizationPath, scope, session } from "./api.js";
import { announce, Broken, Button, Empty, Failure, Head, loaded, Notice } from "./components.js";
import { Buttons, Confirm, Dialog, NeedsApproval } from "./dialog.js";
import { Check, Select, TextField } from "./fields.js";
import { useLoad, useSend } from "./hooks.js";
import { html, useMemo, useState } from "./preact.js";
import { awaitsApproval, OpenRequests, openRequests } from "./requests.js";
import { table } from "./table.js";
import { Time } from "./time.js";
import { BUNDLES, PRIVILEGES, ROLES, roleName } from "./words.js";

/**
 * @import { Load } from "./hooks.js"
 * @import { Administrator, Answer, Column, Invitation, InvitationStatus, List, Role, Settings } from "./types"
 */

/** @typedef {"edit" | "sessions" | "reset" | "remove"} PersonDialog */
/** @typedef {(answer: Answer<unknown>, words: string) => void} Done shows what was done, or that it waits */

/** Tells whether the list shows operators: an operator has chosen no organization. */
const ofOperators = () => isOperator() && !scope().organization;

const seesOrganization = () => Boolean(organizationKey()) && can("clients:read");

/** The changes of administrators that wait for approval, as far as they are visible. */
async function pendingChanges() {
  if (!seesOrganization()) return [];
  return (await openRequests(scope())).filter((request) => request.action.startsWith("administrator."));
}

/** The settings of the organization, as far as they are visible. */
const visibleSettings = async () =>
  seesOrganization() ? (await api.get(organizationPath(organizationKey()))).data.settings : null;

export function Screen() {
  const people = useLoad(() => all("/v1/administrators", scope()), []);
  const requests = useLoad(pendingChanges, []);
  const { data: settings } = useLoad(visibleSettings, []);
  const invitations = useLoad(() => all("/v1/invitations", scope()), []);
  const [dialog, open] = useState(
    /** @type {{ kind: "invite" } | { kind: PersonDialog, person: Administrator } | null} */ (null),
  );
  const close = () => open(null);
  /** @type {Done} */
  const done = (answer, words) => {
    close();
    people.reload();
    invitations.reload();
    requests.reload();
    const { mailed } = /** @type {Partial<Invitation>} */ (answer.data || {});
    if (answer.waiting) awaitsApproval();
    else announce(mailed === false ? "The mail could not be sent. Resend it." : words);
  };
  const me = session.get()?.administrator_id;
  const operators = ofOperators();
  /** @param {Administrator} person */
  const actions = (person) => {
    /** @param {PersonDialog} kind @param {string} text */
    const button = (kind, text) =>
      html`<${Button} kind=${kind === "remove" ? "small danger" : "small"} onClick=${() => open({ kind, person })}
        aria-label=${`${text} ${person.name}`}>${text}<//>`;
    return html`<span class="row">${button("edit", "Edit")}${button("sessions", "Sign out")}
      ${button("reset", "Reset")}${button("remove", "Remove")}</span>`;
  };
  /** @param {Administrator} person */
  const changes = ({ email }) =>
    (requests.data ?? [])
      .filter((request) => request.email === email)
      .map(({ id }) => html` <a class="tag warn" key=${id} href=${`#/requests/${id}`}>change pending</a>`);
  /** @type {Column<Administrator>[]} */
  const columns = [
    {
      label: "Name",
      class: "title",
      cell: (p) => html`<b><bdi>${p.name}</bdi></b>${p.id === me && html` <span class="tag">you</span>`}${changes(p)}
        <span class="under"><bdi><${Broken} text=${p.email} /></bdi></span>`,
    },
    { label: "Role", cell: (p) => html`<span title=${p.privileges.join(", ")}>${roleName(p.role)}</span>` },
    { label: "Last sign-in", cell: (p) => html`<${Time} at=${p.last_signed_in_at} />` },
    {
      label: "Recovery codes",
      cell: ({ recovery_codes_left: left }) => html`<span class=${left > 2 ? "" : "warn-text"}>${left}</span>`,
    },
    {
      label: "Mail",
      cell: (p) =>
        p.mail_status === "undeliverable" ? html`<span class="tag danger">undeliverable</span>` : p.mail_status && "OK",
      empty: (p) => !p.mail_status,
    },
    { label: "Actions", hideLabel: true, class: "actions-cell", cell: actions },
  ];
  const invite = html`<${Button} kind="primary" icon="plus" onClick=${() => open({ kind: "invite" })}>
    Invite ${operators ? "operator" : "administrator"}<//>`;
  const empty = html`<${Empty} title="No administrators yet">
    <p>Invite the first administrator of this organization.</p><//>`;
  /** @param {List<Administrator>} list */
  const shown = ({ items }) =>
    items.length ? table({ caption: "Administrators", columns, rows: items, keyOf: (p) => p.id }) : empty;
  return html`<div class="stack">
    <${Head} title=${operators ? "Operators" : "Administrators"}
      lead=${
        operators
          ? "The operators of this deployment. To see the administrators of an organization, choose it in the menu."
          : "The administrators of this organization and their privileges."
      }>${invite}<//>
    <${OpenRequests} requests=${requests} />
    <div class="card">${loaded(people, "Loading administrators", shown)}</div>
    <${Invitations} list=${invitations} done=${done} />
    ${dialog?.kind === "invite" && html`<${Invite} onClose=${close} done=${done} />`}
    ${dialog?.kind === "edit" && html`<${Edit} person=${dialog.person} onClose=${close} done=${done} />`}
    ${dialog?.kind === "sessions" && html`<${EndSessions} ...${dialog} onClose=${close} done=${done} />`}
    ${dialog?.kind === "reset" && html`<${Reset} ...${dialog} settings=${settings} onClose=${close} done=${done} />`}
    ${dialog?.kind === "remove" && html`<${Remove} ...${dialog} settings=${settings} onClose=${close} done=${done} />`}
  </div>`;
}

/** @typedef {{ person: Administrator, onClose: () => void, done: Done }} PersonProps */
/** @typedef {Settings | null} VisibleSettings */

/** @param {Administrator} person */
const pathOf = (person) => `/v1/administrators/${person.id}`;

/** @param {PersonProps} props */
function EndSessions({ person, onClose, done }) {
  const run = async () => done(await api.delete(`${pathOf(person)}/sessions`), "Signed out everywhere");
  return html`<${Confirm} title="End all sessions" action="Sign out everywhere" onClose=${onClose} run=${run}>
    <p><bdi>${person.name}</bdi> must sign in again in every browser.</p><//>`;
}

/** @param {PersonProps & { settings: VisibleSettings }} props */
function Reset({ person, settings, onClose, done }) {
  const run = async () => done(await api.post(`${pathOf(person)}/reset`), "Reset link sent");
  return html`<${Confirm} title="Reset password and authenticator" action="Send reset link" onClose=${onClose}
    run=${run}>
    <p><bdi>${person.email}</bdi> gets a link to set a new password and authenticator. Nothing changes until the link is
      used; then all sessions end and the old recovery codes no longer work.</p>
    <${NeedsApproval} settings=${settings} /><//>`;
}

/** @param {PersonProps & { settings: VisibleSettings }} props */
function Remove({ person, settings, onClose, done }) {
  const run = async () => done(await api.delete(pathOf(person)), "Removed");
  const isMe = person.id === session.get()?.administrator_id;
  return html`<${Confirm} title="Remove administrator" danger action="Remove" onClose=${onClose} run=${run}>
    <p><bdi>${person.name}</bdi> (<bdi>${person.email}</bdi>) loses access${settings?.multi_admin ? "" : " at once"}.
      Their activity stays in the audit trail.</p>
    <${NeedsApproval} settings=${settings} />
    ${
      isMe &&
      html`<${Notice} kind="warn" icon="alert">This is your own account. You will be signed out and cannot sign in
        again.<//>`
    }<//>`;
}

/** Tells whether the link works, or can be sent again. @param {Invitation} invitation */
const isOpen = ({ status }) => status === "pending" || status === "expired";

/** @type {Record<InvitationStatus, string>} */
const COLOURS = { pending: "accent", accepted: "good", expired: "", withdrawn: "" };

/** @param {{ list: Load<List<Invitation>>, done: Done }} props */
function Invitations({ list, done }) {
  const resend = useSend(async (/** @type {Invitation} */ { id }) => {
    done(await api.post(`/v1/invitations/${id}/resend`), "New link sent; the old one no longer works");
  });
  const withdraw = useSend(async (/** @type {Invitation} */ { id }) => {
    done(await api.delete(`/v1/invitations/${id}`), "Invitation withdrawn");
  });
  /** @type {Column<Invitation>[]} */
  const columns = [
    {
      label: "Invited",
      class: "title",
      cell: (i) => html`<b><bdi>${i.name}</bdi></b>${i.purpose === "reset" && html` <span class="tag">reset</span>`}
        <span class="under"><bdi><${Broken} text=${i.email} /></bdi></span>`,
    },
    { label: "Role", cell: (i) => roleName(i.role) },
    { label: "Status", cell: (i) => html`<span class=${`tag ${COLOURS[i.status]}`}>${i.status}</span>` },
    { label: "Expires", cell: (i) => isOpen(i) && html`<${Time} at=${i.expires_at} />`, empty: (i) => !isOpen(i) },
    {
      label: "Actions",
      hideLabel: true,
      class: "actions-cell",
      cell: (i) => html`<span class="row">
        ${
          isOpen(i) &&
          html`<${Button} kind="small" onClick=${() => resend.submit(i)}
            aria-label=${`Resend to ${i.email}`}>Resend<//>`
        }
        ${
          i.status === "pending" &&
          html`<${Button} kind="small danger" onClick=${() => withdraw.submit(i)}
            aria-label=${`Withdraw the invitation of ${i.email}`}>Withdraw<//>`
        }</span>`,
    },
  ];
  /** @param {List<Invitation>} list */
  const shown = ({ items }) =>
    items.length > 0 &&
    html`<section class="card"><header><h2>Invitations</h2></header>
      ${table({ caption: "Invitations", columns, rows: items, keyOf: (i) => i.id })}</section>`;
  return html`<${Failure} problem=${resend.problem ?? withdraw.problem} />
    ${loaded(list, "Loading invitations", shown)}`;
}

/**
 * @typedef {object} Rights
 * @property {Role | null} role null where the privileges are chosen one by one
 * @property {string[]} privileges
 */

/**
 * A role, or privileges one by one; nobody grants what they lack.
 * @param {{ value: Rights, onValue: (value: Rights) => void, wrong: (field: string) => string | undefined }} props
 */
function RightsField({ value, onValue, wrong }) {
  const { role, privileges } = value;
  const all = /** @type {Role[]} */ (Object.keys(ROLES));
  const roles = all.filter((one) => (one === "operator") === ofOperators());
  const offered = roles.filter((one) => BUNDLES[one].every(can) || one === role);
  const grantable = Object.entries(PRIVILEGES).filter(([one]) => can(one) && one !== "platform:operate");
  const choose = (/** @type {Role | "custom"} */ one) => onValue({ role: one === "custom" ? null : one, privileges });
  /** @param {string} one @param {boolean} on */
  const tick = (one, on) =>
    onValue({ role: null, privileges: on ? [...privileges, one] : privileges.filter((other) => other !== one) });
  return html`<${Select} label="Role" value=${role ?? "custom"} wrong=${wrong("role") ?? wrong("privileges")}
      hint=${role ? ROLES[role]?.[1] : "Choose privileges one by one."} onValue=${choose}
      options=${[...offered.map((one) => [one, roleName(one)]), ["custom", "Custom"]]} />
    ${
      role === null &&
      html`<fieldset class="stack tight"><legend>Privileges</legend>${grantable.map(
        ([one, words]) => html`<${Check} key=${one} label=${words} hint=${one} checked=${privileges.includes(one)}
          onValue=${(on) => tick(one, on)} />`,
      )}</fieldset>`
    }`;
}

/** @param {Rights} rights */
const requested = ({ role, privileges }) => (role ? { role } : { privileges });

/** @param {{ onClose: () => void, done: Done }} props */
function Invite({ onClose, done }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [rights, setRights] = useState(
    /** @type {Rights} */ ({ role: ofOperators() ? "operator" : "administrator", privileges: ["clients:read"] }),
  );
  const once = useMemo(onceKeys, []);
  const send = useSend(async () => {
    const body = { email, name, ...requested(rights), ...scope() };
    done(await api.post("/v1/invitations", body, { once: once(body) }), `Invitation sent to ${email}`);
  });
  return html`<${Dialog} title=${`Invite ${ofOperators() ? "operator" : "administrator"}`} onClose=${onClose}
    onSubmit=${send.submit}
    footer=${html`<${Buttons} action="Send invitation" busy=${send.busy} onClose=${onClose} />`}>
    <${TextField} label="Name" value=${name} onValue=${setName} wrong=${send.wrong("name")} autofocus required />
    <${TextField} label="E-mail" type="email" value=${email} onValue=${setEmail} wrong=${send.wrong("email")}
      hint="The link is sent there. It works once, for a few days." required />
    <${RightsField} value=${rights} onValue=${setRights} wrong=${send.wrong} />
    <${Failure} problem=${send.problem} known=${["name", "email", "role", "privileges"]} /><//>`;
}

/** @param {PersonProps} props */
function Edit({ person, onClose, done }) {
  const [name, setName] = useState(person.name);
  const [rights, setRights] = useState(/** @type {Rights} */ ({ role: person.role, privileges: person.privileges }));
  const send = useSend(async () => {
    const changed = JSON.stringify(requested(rights)) !== JSON.stringify(requested(person));
    const body = { ...(name !== person.name && { name }), ...(changed && requested(rights)) };
    done(await api.patch(pathOf(person), body, `"${person.version}"`), "Saved");
  });
  return html`<${Dialog} title=${html`Edit <bdi>${person.name}</bdi>`} onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Buttons} action="Save" busy=${send.busy} onClose=${onClose} />`}>
    <p class="muted"><bdi>${person.email}</bdi></p>
    <${TextField} label="Name" value=${name} onValue=${setName} wrong=${send.wrong("name")} />
    <${RightsField} value=${rights} onValue=${setRights} wrong=${send.wrong} />
    <${Failure} problem=${send.problem} known=${["name", "role", "privileges"]} /><//>`;
}
