/** The people of an organization, what they may do, and who is invited. */

import { html, useMemo, useState } from "./preact.js";
import { all, api, can, isOperator, onceKeys, organizationKey, scope, session } from "./api.js";
import {
  announce, Broken, Button, Check, Empty, Failure, Head, Loaded, Notice, Select, Table, TextField, Time, useLoad, useSend,
} from "./components.js";
import { Confirm, Dialog, Waits } from "./dialog.js";
import { OpenRequests, openRequests } from "./requests.js";
import { BUNDLES, PRIVILEGES, roleName, ROLES } from "./words.js";

/** Whether the people are the operators themselves: an operator who chose no organization. */
const ofOperators = () => isOperator() && !scope().organization;

/** What of the people waits for a second administrator; who may not see the organization sees none of it. */
async function waitingPeople() {
  if (!organizationKey() || !can("clients:read")) return [];
  return (await openRequests(scope())).filter((request) => request.action.startsWith("administrator."));
}

/** The settings of the organization, where there is one to be seen. */
const settingsOf = async () => {
  if (!organizationKey() || !can("clients:read")) return null;
  return (await api.get(`/v1/organizations/${encodeURIComponent(organizationKey())}`)).data.settings;
};

export function Screen() {
  const people = useLoad(() => all("/v1/administrators", scope()), []);
  const requests = useLoad(waitingPeople, []);
  const { data: settings } = useLoad(settingsOf, []);
  const invitations = useLoad(() => all("/v1/invitations", scope()), []);
  const [dialog, open] = useState(null);
  const close = () => open(null);
  /** After anything that was done: shows it, or that it waits. */
  const done = (answer, words) => {
    close();
    people.reload();
    invitations.reload();
    requests.reload();
    if (answer?.waiting) dispatchEvent(new Event("requests-changed"));
    if (answer?.waiting) announce("The change waits for a second administrator");
    else announce(answer?.data?.mailed === false ? "The mail could not be handed over. Send it again." : words);
  };
  const me = session.get().id;
  const operators = ofOperators();
  const columns = [
    { label: "Name", class: "title", cell: (p) => html`<b><bdi>${p.name}</bdi></b>${p.id === me && html` <span
      class="tag">you</span>`}${(requests.data ?? []).filter((r) => r.email === p.email).map((r) => html` <a
      class="tag warn" key=${r.id} href=${`#/requests/${r.id}`}>change waits</a>`)}<span class="under"><bdi><${Broken}
      text=${p.email} /></bdi></span>` },
    { label: "Role", cell: (p) => html`<span title=${p.privileges.join(", ")}>${roleName(p.role)}</span>` },
    { label: "Signed in", cell: (p) => html`<${Time} at=${p.last_signed_in_at} />` },
    { label: "Recovery codes", cell: (p) => (p.recovery_codes_left > 2 ? p.recovery_codes_left : html`<span
      class="warn-text">${p.recovery_codes_left}</span>`) },
    { label: "Mail", cell: (p) => (p.mail === "undeliverable" ? html`<span
      class="tag danger">comes back</span>` : p.mail === "ok" ? "arrives" : ""), empty: (p) => !p.mail },
    { label: "Actions", hideLabel: true, class: "actions-cell", cell: (p) => html`<span class="row">
      <${Button} kind="small" onClick=${() => open({ kind: "edit", person: p })} aria-label=${`Change ${p.name}`}>Change<//>
      <${Button} kind="small" onClick=${() => open({ kind: "sessions", person: p })}
        aria-label=${`Sign out ${p.name}`}>Sign out<//>
      <${Button} kind="small" onClick=${() => open({ kind: "reset", person: p })} aria-label=${`Reset ${p.name}`}>Reset<//>
      <${Button} kind="small danger" onClick=${() => open({ kind: "remove", person: p })}
        aria-label=${`Remove ${p.name}`}>Remove<//></span>` },
  ];
  const invite = html`<${Button} kind="primary" icon="plus" onClick=${() => open({ kind: "invite" })}>Invite somebody<//>`;
  const of = (person) => `/v1/administrators/${person.id}`;
  return html`<div class="stack">
    <${Head} title=${operators ? "Operators" : "Administrators"}
      lead=${operators
        ? "Who runs the deployment. Choose an organization in the menu for its people."
        : "Who looks after the organization, and what each may do."}>${invite}<//>
    <${OpenRequests} requests=${requests} />
    <div class="card"><${Loaded} of=${people} what="Loading the people">${({ items }) => items.length ? html`<${Table}
      caption="Administrators" columns=${columns} rows=${items} keyOf=${(p) => p.id} />` : html`<${Empty}
      title="Nobody yet"><p>Invite the first administrator of this organization.</p><//>`}<//></div>
    <${Invitations} list=${invitations} done=${done} />
    ${dialog?.kind === "invite" && html`<${Invite} onClose=${close} done=${done} />`}
    ${dialog?.kind === "edit" && html`<${Edit} person=${dialog.person} onClose=${close} done=${done} />`}
    ${dialog?.kind === "sessions" && html`<${Confirm} title="End all sessions" action="Sign out everywhere"
      onClose=${close} run=${() => api.delete(`${of(dialog.person)}/sessions`).then((a) => done(a, "Signed out everywhere"))}>
      <p><bdi>${dialog.person.name}</bdi> has to sign in again, wherever that is.</p><//>`}
    ${dialog?.kind === "reset" && html`<${Confirm} title="Reset password and authenticator" action="Mail a new link"
      onClose=${close} run=${() => api.post(`${of(dialog.person)}/reset`).then((a) => done(a, "A link is on its way"))}>
      <p><bdi>${dialog.person.email}</bdi> gets a link to set a new password and authenticator. Until it is used nothing changes; then all sessions end, and the old recovery codes are void.</p>
      <${Waits} settings=${settings} /><//>`}
    ${dialog?.kind === "remove" && html`<${Confirm} title="Remove an administrator" danger action="Remove"
      onClose=${close} run=${() => api.delete(of(dialog.person)).then((a) => done(a, "Removed"))}>
      <p><bdi>${dialog.person.name}</bdi> (<bdi>
        ${dialog.person.email}</bdi>) loses access${settings?.multi_admin ? "" : " at once"}. What they did stays in the audit trail.</p>
      <${Waits} settings=${settings} />
      ${dialog.person.id === me && html`<${Notice} kind="warn"
        icon="alert">This is you: you are signed out and cannot come back by yourself.<//>`}<//>`}
  </div>`;
}

/** Whether its link may still be of use, as it is or sent again. */
const isOpen = ({ state }) => state === "pending" || state === "expired";
const STATES = { pending: "accent", accepted: "good", expired: "", withdrawn: "" };

function Invitations({ list, done }) {
  const send = useSend(async ({ invitation, verb }) => {
    const path = `/v1/invitations/${invitation.id}`;
    const answer = verb === "resend" ? await api.post(`${path}/resend`) : await api.delete(path);
    done(answer, verb === "resend" ? "A new link is on its way; the old one is dead" : "The invitation is withdrawn");
  });
  const columns = [
    { label: "Invited", class: "title", cell: (i) => html`<b><bdi>${i.name}</bdi></b>${i.purpose === "reset" && html` <span class="tag">reset</span>`}
      <span class="under"><bdi>
      <${Broken} text=${i.email} /></bdi></span>` },
    { label: "Role", cell: (i) => roleName(i.role) },
    { label: "State", cell: (i) => html`<span class=${`tag ${STATES[i.state]}`}>${i.state}</span>` },
    { label: "Expires", cell: (i) => isOpen(i) && html`<${Time} at=${i.expires_at} />`, empty: (i) => !isOpen(i) },
    { label: "Actions", hideLabel: true, class: "actions-cell", cell: (i) => html`<span class="row">
      ${isOpen(i) && html`<${Button} kind="small"
        onClick=${() => send.submit({ invitation: i, verb: "resend" })}
        aria-label=${`Send again to ${i.email}`}>Send again<//>`}
      ${i.state === "pending" && html`<${Button} kind="small danger"
        onClick=${() => send.submit({ invitation: i, verb: "withdraw" })}
        aria-label=${`Withdraw the invitation of ${i.email}`}>Withdraw<//>`}</span>` },
  ];
  return html`<${Failure} problem=${send.problem} /><${Loaded} of=${list} what="Loading the invitations">
    ${({ items }) => items.length > 0 && html`<section class="card"><header><h2>Invitations</h2></header>
    <${Table} caption="Invitations" columns=${columns} rows=${items} keyOf=${(i) => i.id} /></section>`}<//>`;
}

/** A role, or privileges one by one; nobody gives what they lack. */
function Rights({ value, onValue, wrong }) {
  const roles = ofOperators() ? ["operator"] : Object.keys(ROLES).filter((role) => role !== "operator");
  const offered = roles.filter((role) => BUNDLES[role].every(can) || role === value.role);
  const privileges = Object.entries(PRIVILEGES).filter(([privilege]) => can(privilege) && privilege !== "platform:operate");
  return html`<${Select} label="Role" value=${value.role ?? "custom"} wrong=${wrong("role") ?? wrong("privileges")}
    hint=${value.role ? ROLES[value.role]?.[1] : "Privileges one by one."}
      onValue=${(role) => onValue(role === "custom" ? { role: null, privileges: value.privileges } : { role, privileges: value.privileges })}
      options=${[...offered.map((role) => [role, roleName(role)]), ["custom", "Custom"]]} />
    ${value.role === null && html`<fieldset class="stack tight"><legend>Privileges</legend>
      ${privileges.map(([privilege, words]) => html`<${Check} key=${privilege} label=${words} hint=${privilege}
      checked=${value.privileges.includes(privilege)}
      onValue=${(on) => onValue({ role: null, privileges: on ? [...value.privileges, privilege] : value.privileges.filter((p) => p !== privilege) })} />`)}
        </fieldset>`}`;
}

const asked = (rights) => (rights.role ? { role: rights.role } : { privileges: rights.privileges });

function Invite({ onClose, done }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [rights, setRights] = useState({ role: ofOperators() ? "operator" : "administrator", privileges: ["clients:read"] });
  const once = useMemo(onceKeys, []);
  const send = useSend(async () => {
    const body = { email, name, ...asked(rights), ...scope() };
    done(await api.post("/v1/invitations", body, { once: once(body) }), `An invitation is on its way to ${email}`);
  });
  return html`<${Dialog} title="Invite somebody" onClose=${onClose} onSubmit=${send.submit} footer=${html`<${Button}
    onClick=${onClose}>Cancel<//><${Button} type="submit" kind="primary" busy=${send.busy}>Send the invitation<//>`}>
    <${TextField} label="Name" value=${name} onValue=${setName} wrong=${send.wrong("name")} autofocus required />
    <${TextField} label="E-mail" type="email" value=${email} onValue=${setEmail} wrong=${send.wrong("email")}
      hint="The link goes there. It works once, for some days." required />
    <${Rights} value=${rights} onValue=${setRights} wrong=${send.wrong} />
    <${Failure} problem=${send.problem} known=${["name", "email", "role", "privileges"]} /><//>`;
}

function Edit({ person, onClose, done }) {
  const [name, setName] = useState(person.name);
  const [rights, setRights] = useState({ role: person.role, privileges: person.privileges });
  const send = useSend(async () => {
    const body = {};
    if (name !== person.name) body.name = name;
    const before = JSON.stringify(asked({ role: person.role, privileges: person.privileges }));
    if (JSON.stringify(asked(rights)) !== before) Object.assign(body, asked(rights));
    done(await api.patch(`/v1/administrators/${person.id}`, body, `"${person.version}"`), "Saved");
  });
  return html`<${Dialog} title=${html`Change <bdi>${person.name}</bdi>`} onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Button} onClick=${onClose}>Cancel<//><${Button} type="submit" kind="primary"
    busy=${send.busy}>Save<//>`}>
    <p class="muted"><bdi>${person.email}</bdi></p>
    <${TextField} label="Name" value=${name} onValue=${setName} wrong=${send.wrong("name")} />
    <${Rights} value=${rights} onValue=${setRights} wrong=${send.wrong} />
    <${Failure} problem=${send.problem} known=${["name", "role", "privileges"]} /><//>`;
}
