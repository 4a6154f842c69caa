/** Accepting an invitation or a reset: a password, an authenticator, and codes for a rainy day. */

import { html, useEffect, useState } from "./preact.js";
import { api, enter, Problem } from "./api.js";
import {
  Button, Copy, download, Failure, Icon, Loaded, settled, TextField, Time, useLoad, useSend, useUnsaved, Value,
} from "./components.js";
import { CodeField } from "./sign_in.js";

export function Screen({ token }) {
  const invitation = useLoad(() => api.post("/v1/invitation", { token }, { quiet: true }).then((answer) => answer.data), [token]);
  useEffect(() => void (document.title = "Your invitation · Countersign"), []);
  if (invitation.problem?.status === 404) {
    return html`<${Gate} title="This link does not work">
      <p>It was used already, has expired, or was withdrawn. Ask whoever invited you for a new one.</p><p><a
      href="#/sign-in">Sign in</a></p><//>`;
  }
  return html`<${Loaded} of=${invitation} what="Loading your invitation">${(data) => html`<${Accept} token=${token}
    invitation=${data} />`}<//>`;
}

const Gate = ({ title, children }) => html`<main class="gate"><div class="card wide"><div class="body"><p
  class="brand"><span class="mark"><${Icon} name="check" /></span>Countersign</p><h1 tabindex="-1">${title}</h1>
  ${children}</div></div></main>`;

function Accept({ token, invitation }) {
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [code, setCode] = useState("");
  const [accepted, setAccepted] = useState(null);
  const send = useSend(async () => {
    if (password !== again) throw Problem.of({ again: "The two differ." });
    const { data } = await api.post("/v1/invitation/accept", { token, password, one_time_password: code }, { quiet: true });
    setAccepted(data);
  });
  if (accepted) {
    const leave = () => {
      settled();
      history.replaceState(history.state, "", "#/clients");
      enter(accepted.session);
      location.reload();
    };
    return html`<${Gate} title="Keep these recovery codes">
      <p>Each signs you in once when your authenticator is lost. They are shown this once.</p><${RecoveryCodes}
      codes=${accepted.recovery_codes} />
      <${Button} kind="primary" onClick=${leave}>I stored them<//><//>`;
  }
  const { authenticator } = invitation;
  return html`<main class="gate"><form class="card wide" onSubmit=${send.submit} novalidate><div class="body">
    <p class="brand"><span class="mark"><${Icon} name="check" /></span>Countersign</p><h1 tabindex="-1">Welcome</h1>
    <p>Set up your account <b><bdi>${invitation.email}</bdi></b>${invitation.organization_name && html` in <b><bdi>
      ${invitation.organization_name}</bdi></b>`}. This link works until <${Time} at=${invitation.expires_at}
      form="exact" />.</p>
    <input type="hidden" name="email" autocomplete="username" value=${invitation.email} />
    <h2>1. Choose a password</h2>
    <div class="pair"><${TextField} label="Password" type="password" autocomplete="new-password" value=${password}
      onValue=${setPassword} wrong=${send.wrong("password")}
      hint="At least 12 characters; several words are good." autofocus />
      <${TextField} label="The same again" type="password" autocomplete="new-password" value=${again}
        onValue=${setAgain} wrong=${send.wrong("again")} /></div>
    <h2>2. Set up an authenticator</h2>
    <${Enrolment} authenticator=${authenticator} />
    <p class="small muted">The key is this page's own: whoever opens the link again gets another one, and this one is void. Then scan the new one.</p>
    <${CodeField} value=${code} onValue=${setCode}
      wrong=${send.wrong("one_time_password") && `${send.wrong("one_time_password")} If the link was opened again meanwhile, load this page and scan its new key.`}
      hint="The six digits that the authenticator shows once the key is in it." />
    <${Failure} problem=${send.problem} known=${["password", "again", "one_time_password"]} />
    <div class="actions"><${Button} type="submit" kind="primary" busy=${send.busy}>Set up the account<//></div>
  </div></form></main>`;
}

/** A drawing as an address: the picture runs nothing, whatever it holds. */
const picture = (svg) => `data:image/svg+xml;base64,${btoa(String.fromCharCode(...new TextEncoder().encode(svg)))}`;

/** The key of an authenticator, to scan or to type. */
export function Enrolment({ authenticator }) {
  return html`<div class="row top"><img class="qr" src=${picture(authenticator.svg)}
    alt="QR code with the key for your authenticator" width="200" height="200" />
    <div class="stack tight grow"><p>Scan this with an authenticator app, or type the key:</p><${Value} wrap
      text=${authenticator.secret} what="key" />
    <p class="small"><a href=${authenticator.uri}>Open it in an app on this device</a></p></div></div>`;
}

/** Ten codes, each for one sign-in; nobody leaves them but by saying that they are stored. */
export function RecoveryCodes({ codes }) {
  useUnsaved(true, "Store the recovery codes first, then say so: “I stored them”.", true);
  const text = `${codes.join("\n")}\n`;
  return html`<ul class="codes" aria-label="Recovery codes">${codes.map((code) => html`<li key=${code}>${code}</li>`)}</ul>
    <div class="actions"><${Copy} kind="" text=${text} what="recovery codes" label="Copy all" />
      <${Button} icon="download" onClick=${() => download("recovery-codes.txt", text)}>Download<//></div>`;
}
