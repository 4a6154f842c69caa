/** Accepting an invitation or a reset: a password, an authenticator and recovery codes. */

import { api, enter, Problem } from "./api.js";
import { Button, Copy, download, Failure, Icon, loaded, Value } from "./components.js";
import { TextField } from "./fields.js";
import { useLoad, useSend } from "./hooks.js";
import { settled, useUnsaved } from "./navigation.js";
import { html, useEffect, useState } from "./preact.js";
import { CodeField } from "./sign_in.js";
import { Time } from "./time.js";

/** @import { Authenticator, OpenedInvitation, Session, View } from "./types" */

/** @param {{ token: string }} props */
export function Screen({ token }) {
  const invitation = useLoad(async () => (await api.post("/v1/invitation", { token }, { quiet: true })).data, [token]);
  useEffect(() => {
    document.title = "Your invitation · Countersign";
  }, []);
  if (invitation.problem?.status === 404) {
    return html`<${Gate} title="This link is not valid">
      <p>It has been used, has expired or was withdrawn. Ask the person who invited you for a new one.</p>
      <p><a href="#/sign-in">Sign in</a></p><//>`;
  }
  return loaded(invitation, "Loading your invitation", (data) => html`<${Accept} token=${token} invitation=${data} />`);
}

const brand = html`<p class="brand"><span class="mark"><${Icon} name="check" /></span>Countersign</p>`;

/** @param {{ title: string, children?: View }} props */
const Gate = ({ title, children }) =>
  html`<main class="gate"><div class="card wide"><div class="body">${brand}
    <h1 tabindex="-1">${title}</h1>${children}</div></div></main>`;

/** @param {{ token: string, invitation: OpenedInvitation }} props */
function Accept({ token, invitation }) {
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [code, setCode] = useState("");
  const [accepted, setAccepted] = useState(/** @type {{ session: Session, recovery_codes: string[] } | null} */ (null));
  const send = useSend(async () => {
    if (password !== again) throw Problem.of({ again: "The passwords do not match." });
    const body = { token, password, one_time_password: code };
    setAccepted((await api.post("/v1/invitation/accept", body, { quiet: true })).data);
  });
  if (accepted) {
    const leave = () => {
      settled();
      history.replaceState(history.state, "", "#/clients");
      enter(accepted.session);
      location.reload();
    };
    return html`<${Gate} title="Save your recovery codes">
      <p>Each signs you in once if you lose your authenticator. They are not shown again.</p>
      <${RecoveryCodes} codes=${accepted.recovery_codes} />
      <${Button} kind="primary" onClick=${leave}>I have stored them<//><//>`;
  }
  const { authenticator, email, organization_name, expires_at } = invitation;
  const wrongCode = send.wrong("one_time_password");
  const reopened = "If the link was opened again since, reload this page and scan the new key.";
  return html`<main class="gate"><form class="card wide" onSubmit=${send.submit} novalidate><div class="body">
    ${brand}<h1 tabindex="-1">Welcome</h1>
    <p>Set up your account <b><bdi>${email}</bdi></b>${
      organization_name && html` in <b><bdi>${organization_name}</bdi></b>`
    }. This link works until <${Time} at=${expires_at} form="exact" />.</p>
    <input type="hidden" name="email" autocomplete="username" value=${email} />
    <h2>1. Choose a password</h2>
    <div class="pair">
      <${TextField} label="Password" type="password" autocomplete="new-password" value=${password} autofocus
        onValue=${setPassword} wrong=${send.wrong("password")}
        hint="At least 12 characters; several words work well." />
      <${TextField} label="Confirm password" type="password" autocomplete="new-password" value=${again}
        onValue=${setAgain} wrong=${send.wrong("again")} /></div>
    <h2>2. Set up an authenticator</h2>
    <${Enrolment} authenticator=${authenticator} />
    <p class="small muted">Each time the link is opened it shows a new key, and only the newest one works.</p>
    <${CodeField} value=${code} onValue=${setCode} wrong=${wrongCode && `${wrongCode} ${reopened}`}
      hint="The six digits that the authenticator shows for this key." />
    <${Failure} problem=${send.problem} known=${["password", "again", "one_time_password"]} />
    <div class="actions"><${Button} type="submit" kind="primary" busy=${send.busy}>Set up account<//></div>
  </div></form></main>`;
}

/** An SVG as the address of an image, which runs no script. @param {string} svg */
const picture = (svg) => `data:image/svg+xml;base64,${btoa(String.fromCharCode(...new TextEncoder().encode(svg)))}`;

/** The key of an authenticator, to scan or to type. @param {{ authenticator: Authenticator }} props */
export const Enrolment = ({ authenticator }) =>
  html`<div class="row top"><img class="qr" src=${picture(authenticator.qr_code_svg)}
    alt="QR code with the key for your authenticator" width="200" height="200" />
    <div class="stack tight grow"><p>Scan this with an authenticator app, or type the key:</p>
      <${Value} wrap text=${authenticator.secret} what="key" />
      <p class="small"><a href=${authenticator.uri}>Open in an app on this device</a></p></div></div>`;

/** Ten codes for one sign-in each, which stay until they are stored. @param {{ codes: string[] }} props */
export function RecoveryCodes({ codes }) {
  useUnsaved(true, "Store the recovery codes first, then choose “I have stored them”.", true);
  const text = `${codes.join("\n")}\n`;
  return html`<ul class="codes" aria-label="Recovery codes">
      ${codes.map((code) => html`<li key=${code}>${code}</li>`)}</ul>
    <div class="actions"><${Copy} kind="" text=${text} what="recovery codes" label="Copy all" />
      <${Button} icon="download" onClick=${() => download("recovery-codes.txt", text)}>Download<//></div>`;
}
