/** One's own account: password, authenticator, recovery codes, sessions. */

import { html, useState } from "./preact.js";
import { api, Problem } from "./api.js";
import { announce, Button, Failure, Head, Loaded, Notice, Table, TextField, Time, useLoad, useSend } from "./components.js";
import { Dialog } from "./dialog.js";
import { Enrolment, RecoveryCodes } from "./invitation.js";
import { CodeField } from "./sign_in.js";
import { PRIVILEGES, roleName } from "./words.js";

export function Screen() {
  const account = useLoad(() => api.get("/v1/account").then((answer) => answer.data), []);
  const sessions = useLoad(() => api.get("/v1/account/sessions").then((answer) => answer.data.items), []);
  const [dialog, open] = useState(null);
  const close = () => (open(null), account.reload(), sessions.reload());
  return html`<div class="stack"><${Head} title="Your account" />
    <${Loaded} of=${account} what="Loading your account">${(me) => html`<div class="columns"><div class="stack">
      <section class="card"><header><h2>Sign-in</h2></header><div class="body stack">
        <div class="row apart"><span><b>Password</b><br /><span class="muted">At least 12 characters.</span></span>
          <${Button} onClick=${() => open("password")}>Change the password<//></div>
        <div class="row apart"><span><b>Authenticator</b><br /><span
          class="muted">Shows the one-time passwords.</span></span><${Button}
          onClick=${() => open("authenticator")}>Set up another one<//></div>
        <div class="row apart"><span><b>Recovery codes</b><br /><span
          class=${me.recovery_codes_left > 2 ? "muted" : "warn-text"}>
          ${me.recovery_codes_left === 1 ? "1 is left" : `${me.recovery_codes_left} are left`}.</span></span>
          <${Button} onClick=${() => open("codes")}>Make new ones<//></div>
      </div></section>
      <${Sessions} list=${sessions} /></div>
      <section class="card"><header><h2>Who you are</h2></header><div class="body"><dl class="facts"><dt>Name</dt><dd>
        <bdi>${me.name}</bdi></dd><dt>E-mail</dt><dd><bdi>${me.email}</bdi></dd>
        <dt>Organization</dt><dd>${me.organization ?? "all, as an operator"}</dd><dt>Role</dt><dd>${roleName(me.role)}</dd>
        <dt>You may</dt><dd><ul>${me.privileges.map((privilege) => html`<li key=${privilege}>
          ${PRIVILEGES[privilege] ?? privilege}</li>`)}</ul></dd><dt>Since</dt><dd><${Time}
          at=${me.created_at} /></dd></dl></div></section>
    </div>`}<//>
    ${dialog === "password" && html`<${Password} onClose=${close} />`}
    ${dialog === "authenticator" && html`<${Authenticator} onClose=${close} />`}
    ${dialog === "codes" && html`<${Codes} onClose=${close} />`}
  </div>`;
}

function Sessions({ list }) {
  const send = useSend(async (id) => {
    await api.delete(id ? `/v1/account/sessions/${encodeURIComponent(id)}` : "/v1/account/sessions");
    announce(id ? "That session is over" : "All other sessions are over");
    await list.reload();
  });
  const columns = [
    { label: "Where", class: "title", cell: (s) => html`<bdi>${browser(s.user_agent)}</bdi>${s.current && html` <span
      class="tag good">this one</span>`}<span class="under">${s.source ?? ""}</span>` },
    { label: "Since", cell: (s) => html`<${Time} at=${s.created_at} />` },
    { label: "Last seen", cell: (s) => html`<${Time} at=${s.last_seen_at} />` },
    { label: "Actions", hideLabel: true, class: "actions-cell", cell: (s) => !s.current && html`<${Button}
      kind="small" onClick=${() => send.submit(s.id)}
      aria-label=${`End the session of ${browser(s.user_agent)}`}>End it<//>`, empty: (s) => s.current },
  ];
  return html`<section class="card"><header><h2>Where you are signed in</h2></header><${Loaded} of=${list}
    what="Loading the sessions">${(items) => html`<${Table} caption="Sessions" columns=${columns} rows=${items}
    keyOf=${(s) => s.id} />
    <${Failure} problem=${send.problem} />${items.length > 1 && html`<footer><span></span><${Button} kind="small"
      busy=${send.busy} onClick=${() => send.submit(null)}>End all others<//></footer>`}`}<//></section>`;
}

/** A browser by its name and system, as far as it says. */
function browser(agent) {
  const text = agent ?? "";
  const name = [/Edg\//, /OPR\//, /Firefox\//, /HeadlessChrome\//, /Chrome\//, /Safari\//].findIndex((pattern) => pattern.test(text));
  const system = [/Windows/, /Android/, /iPhone|iPad/, /Mac OS/, /Linux/].findIndex((pattern) => pattern.test(text));
  const names = ["Edge", "Opera", "Firefox", "Chrome", "Chrome", "Safari"];
  const systems = ["Windows", "Android", "iOS", "macOS", "Linux"];
  if (name < 0) return text || "unknown";
  return system < 0 ? names[name] : `${names[name]} on ${systems[system]}`;
}

function Password({ onClose }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const send = useSend(async () => {
    if (next !== again) throw Problem.of({ again: "The two differ." });
    await api.post("/v1/account/password", { current_password: current, new_password: next });
    announce("The password is changed, and all other sessions are over");
    onClose();
  });
  return html`<${Dialog} title="Change the password" onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Button} onClick=${onClose}>Cancel<//><${Button} type="submit" kind="primary"
    busy=${send.busy}>Change it<//>`}>
    <${TextField} label="Present password" type="password" autocomplete="current-password" value=${current}
      onValue=${setCurrent} wrong=${send.wrong("current_password")} autofocus />
    <${TextField} label="New password" type="password" autocomplete="new-password" value=${next} onValue=${setNext}
      wrong=${send.wrong("new_password") ?? send.wrong("password")}
      hint="At least 12 characters; several words are good." />
    <${TextField} label="The same again" type="password" autocomplete="new-password" value=${again}
      onValue=${setAgain} wrong=${send.wrong("again")} />
    <${Failure} problem=${send.problem} known=${["current_password", "new_password", "password", "again"]} /><//>`;
}

function Authenticator({ onClose }) {
  const [code, setCode] = useState("");
  const [enrolment, setEnrolment] = useState(null);
  const begin = useSend(async () => setEnrolment((await api.post("/v1/account/authenticator")).data));
  const confirm = useSend(async () => {
    await api.post("/v1/account/authenticator/confirm", { one_time_password: code });
    announce("The new authenticator is in use");
    onClose();
  });
  if (!enrolment) {
    return html`<${Dialog} title="Set up another authenticator" onClose=${onClose} onSubmit=${begin.submit}
      footer=${html`<${Button} onClick=${onClose}>Cancel<//><${Button} type="submit" kind="primary"
      busy=${begin.busy}>Go on<//>`}>
      <p>The present one works until the new one is confirmed.</p><${Failure} problem=${begin.problem} /><//>`;
  }
  return html`<${Dialog} title="Set up another authenticator" wide onClose=${onClose} onSubmit=${confirm.submit}
    footer=${html`<${Button} onClick=${onClose}>Cancel<//><${Button} type="submit" kind="primary"
    busy=${confirm.busy}>Use it from now on<//>`}>
    <${Enrolment} authenticator=${enrolment} /><${CodeField} value=${code} onValue=${setCode}
      wrong=${confirm.wrong("one_time_password")} hint="The six digits that the new authenticator shows." />
    <${Failure} problem=${confirm.problem} known=${["one_time_password"]} /><//>`;
}

function Codes({ onClose }) {
  const [codes, setCodes] = useState(null);
  const send = useSend(async () => setCodes((await api.post("/v1/account/recovery-codes")).data.recovery_codes));
  if (codes) {
    return html`<${Dialog} title="Your new recovery codes" footer=${html`<${Button} kind="primary"
      onClick=${onClose}>I stored them<//>`}>
      <${Notice} kind="warn"
        icon="alert">Each signs you in once when your authenticator is lost. They are shown this once; the old ones are void.<//>
        <${RecoveryCodes} codes=${codes} /><//>`;
  }
  return html`<${Dialog} title="Make new recovery codes" onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Button} onClick=${onClose}>Cancel<//><${Button} type="submit" kind="primary"
    busy=${send.busy}>Make new ones<//>`}>
    <p>Ten new codes take the place of those that are left.</p><${Failure} problem=${send.problem} /><//>`;
}
