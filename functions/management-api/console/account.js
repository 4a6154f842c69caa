/** The administrator's own account: password, authenticator, recovery codes, sessions. */

import { api, Problem } from "./api.js";
import { announce, Button, Failure, Head, loaded, Notice } from "./components.js";
import { Buttons, Dialog } from "./dialog.js";
import { TextField } from "./fields.js";
import { useLoad, useSend } from "./hooks.js";
import { Enrolment, RecoveryCodes } from "./invitation.js";
import { html, useState } from "./preact.js";
import { CodeField } from "./sign_in.js";
import { table } from "./table.js";
import { Time } from "./time.js";
import { PRIVILEGES, roleName } from "./words.js";

/**
 * @import { Load } from "./hooks.js"
 * @import { Administrator, Authenticator as AuthenticatorData, Column, ListedSession } from "./types"
 */

export function Screen() {
  const account = useLoad(async () => (await api.get("/v1/account")).data, []);
  const sessions = useLoad(async () => (await api.get("/v1/account/sessions")).data.items, []);
  const [dialog, open] = useState(/** @type {"password" | "authenticator" | "codes" | null} */ (null));
  const close = () => {
    open(null);
    account.reload();
    sessions.reload();
  };
  /** @param {Administrator} me */
  const shown = ({ recovery_codes_left: left, ...me }) => html`<div class="columns"><div class="stack">
      <section class="card"><header><h2>Sign-in</h2></header><div class="body stack">
        <div class="row apart"><span><b>Password</b><br /><span class="muted">At least 12 characters.</span></span>
          <${Button} onClick=${() => open("password")}>Change password<//></div>
        <div class="row apart"><span><b>Authenticator</b><br />
            <span class="muted">Shows your one-time passwords.</span></span>
          <${Button} onClick=${() => open("authenticator")}>Replace authenticator<//></div>
        <div class="row apart"><span><b>Recovery codes</b><br />
            <span class=${left > 2 ? "muted" : "warn-text"}>${left} left.</span></span>
          <${Button} onClick=${() => open("codes")}>Generate new codes<//></div>
      </div></section>
      <${Sessions} list=${sessions} /></div>
    <section class="card"><header><h2>Profile</h2></header><div class="body"><dl class="facts">
      <dt>Name</dt><dd><bdi>${me.name}</bdi></dd>
      <dt>E-mail</dt><dd><bdi>${me.email}</bdi></dd>
      <dt>Organization</dt><dd>${me.organization ?? "all, as an operator"}</dd>
      <dt>Role</dt><dd>${roleName(me.role)}</dd>
      <dt>Privileges</dt><dd><ul>
        ${me.privileges.map((one) => html`<li key=${one}>${PRIVILEGES[one] ?? one}</li>`)}</ul></dd>
      <dt>Created</dt><dd><${Time} at=${me.created_at} /></dd></dl></div></section>
    </div>`;
  return html`<div class="stack"><${Head} title="Your account" />
    ${loaded(account, "Loading your account", shown)}
    ${dialog === "password" && html`<${Password} onClose=${close} />`}
    ${dialog === "authenticator" && html`<${Authenticator} onClose=${close} />`}
    ${dialog === "codes" && html`<${Codes} onClose=${close} />`}
  </div>`;
}

/** @param {{ list: Load<ListedSession[]> }} props */
function Sessions({ list }) {
  const send = useSend(async (/** @type {string | null} */ id) => {
    await api.delete(id ? `/v1/account/sessions/${encodeURIComponent(id)}` : "/v1/account/sessions");
    announce(id ? "Session ended" : "All other sessions ended");
    await list.reload();
  });
  /** @type {Column<ListedSession>[]} */
  const columns = [
    {
      label: "Browser",
      class: "title",
      cell: (s) => html`<bdi>${browser(s.user_agent)}</bdi>
        ${s.current && html`<span class="tag good">this session</span>`}<span class="under">${s.source ?? ""}</span>`,
    },
    { label: "Signed in", cell: (s) => html`<${Time} at=${s.created_at} />` },
    { label: "Last seen", cell: (s) => html`<${Time} at=${s.last_seen_at} />` },
    {
      label: "Actions",
      hideLabel: true,
      class: "actions-cell",
      cell: (s) =>
        !s.current &&
        html`<${Button} kind="small" onClick=${() => send.submit(s.id)}
          aria-label=${`End the session of ${browser(s.user_agent)}`}>End session<//>`,
      empty: (s) => s.current,
    },
  ];
  /** @param {ListedSession[]} items */
  const shown = (items) => html`${table({ caption: "Sessions", columns, rows: items, keyOf: (s) => s.id })}
    <${Failure} problem=${send.problem} />
    ${
      items.length > 1 &&
      html`<footer><span></span>
        <${Button} kind="small" busy=${send.busy} onClick=${() => send.submit(null)}>End all other sessions<//>
        </footer>`
    }`;
  return html`<section class="card"><header><h2>Active sessions</h2></header>
    ${loaded(list, "Loading sessions", shown)}</section>`;
}

/** @type {[RegExp, string][]} */
const BROWSERS = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
/** @type {[RegExp, string][]} */
const SYSTEMS = [
  [/Windows/, "Windows"],
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Mac OS/, "macOS"],
  [/Linux/, "Linux"],
];

/** A browser by its name and system, as far as it says. @param {string | null} agent */
function browser(agent) {
  const text = agent ?? "";
  const name = BROWSERS.find(([pattern]) => pattern.test(text))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(text))?.[1];
  if (!name) return text || "unknown";
  return system ? `${name} on ${system}` : name;
}

/** @param {{ onClose: () => void }} props */
function Password({ onClose }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const send = useSend(async () => {
    if (next !== again) throw Problem.of({ again: "The passwords do not match." });
    await api.post("/v1/account/password", { current_password: current, new_password: next });
    announce("Password changed; all other sessions ended");
    onClose();
  });
  return html`<${Dialog} title="Change password" onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Buttons} action="Change password" busy=${send.busy} onClose=${onClose} />`}>
    <${TextField} label="Current password" type="password" autocomplete="current-password" value=${current}
      onValue=${setCurrent} wrong=${send.wrong("current_password")} autofocus />
    <${TextField} label="New password" type="password" autocomplete="new-password" value=${next} onValue=${setNext}
      wrong=${send.wrong("new_password") ?? send.wrong("password")}
      hint="At least 12 characters; several words work well." />
    <${TextField} label="Confirm password" type="password" autocomplete="new-password" value=${again}
      onValue=${setAgain} wrong=${send.wrong("again")} />
    <${Failure} problem=${send.problem} known=${["current_password", "new_password", "password", "again"]} /><//>`;
}

/** @param {{ onClose: () => void }} props */
function Authenticator({ onClose }) {
  const [code, setCode] = useState("");
  const [enrolment, setEnrolment] = useState(/** @type {AuthenticatorData | null} */ (null));
  const begin = useSend(async () => setEnrolment((await api.post("/v1/account/authenticator")).data));
  const confirm = useSend(async () => {
    await api.post("/v1/account/authenticator/confirm", { one_time_password: code });
    announce("The new authenticator is in use");
    onClose();
  });
  if (!enrolment) {
    return html`<${Dialog} title="Replace authenticator" onClose=${onClose} onSubmit=${begin.submit}
      footer=${html`<${Buttons} action="Continue" busy=${begin.busy} onClose=${onClose} />`}>
      <p>The current authenticator works until you confirm the new one.</p><${Failure} problem=${begin.problem} /><//>`;
  }
  return html`<${Dialog} title="Replace authenticator" wide onClose=${onClose} onSubmit=${confirm.submit}
    footer=${html`<${Buttons} action="Confirm" busy=${confirm.busy} onClose=${onClose} />`}>
    <${Enrolment} authenticator=${enrolment} />
    <${CodeField} value=${code} onValue=${setCode} wrong=${confirm.wrong("one_time_password")}
      hint="The six digits that the new authenticator shows." />
    <${Failure} problem=${confirm.problem} known=${["one_time_password"]} /><//>`;
}

/** @param {{ onClose: () => void }} props */
function Codes({ onClose }) {
  const [codes, setCodes] = useState(/** @type {string[] | null} */ (null));
  const send = useSend(async () => setCodes((await api.post("/v1/account/recovery-codes")).data.recovery_codes));
  if (codes) {
    return html`<${Dialog} title="Your new recovery codes"
      footer=${html`<${Button} kind="primary" onClick=${onClose}>I have stored them<//>`}>
      <${Notice} kind="warn" icon="alert">Each signs you in once if you lose your authenticator. They are not shown
        again, and the old ones no longer work.<//>
      <${RecoveryCodes} codes=${codes} /><//>`;
  }
  return html`<${Dialog} title="Generate new recovery codes" onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Buttons} action="Generate new codes" busy=${send.busy} onClose=${onClose} />`}>
    <p>Ten new codes replace those that are left.</p><${Failure} problem=${send.problem} /><//>`;
}
