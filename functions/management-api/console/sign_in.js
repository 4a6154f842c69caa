/** Signing in: as a screen, again in a dialog when a session ends, and with one more one-time password. */

import { html, useEffect, useRef, useState } from "./preact.js";
import { api, enter } from "./api.js";
import { announce, Button, Failure, Icon, TextField, useSend } from "./components.js";
import { Dialog } from "./dialog.js";

/** The fields of a sign-in; `email` is fixed where somebody signs in again. */
function useSignIn(fixed, onDone) {
  const [email, setEmail] = useState(fixed ?? "");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [recovers, recover] = useState(false);
  const send = useSend(async () => {
    const proof = recovers ? { recovery_code: code.trim() } : { one_time_password: code };
    const { data } = await api.post("/v1/session", { email, password, ...proof }, { quiet: true });
    onDone(data);
  });
  const known = ["email", "password", "one_time_password", "recovery_code"];
  const fields = html`
    <${TextField} label="E-mail" type="email" name="email" autocomplete="username" value=${email} onValue=${setEmail}
      wrong=${send.wrong("email")}
      readonly=${Boolean(fixed)} autofocus=${!fixed} required />
    <${TextField} label="Password" type="password" name="password" autocomplete="current-password" value=${password}
      onValue=${setPassword}
      wrong=${send.wrong("password")} autofocus=${Boolean(fixed)} required />
    ${recovers
      ? html`<${TextField} key="recovery" label="Recovery code" name="recovery_code" autocomplete="off"
        spellcheck=${false} value=${code} onValue=${setCode}
          wrong=${send.wrong("recovery_code")}
            hint="One of the ten that you got when you set up your authenticator. Each works once." required />`
      : html`<${CodeField} key="code" value=${code} onValue=${setCode} wrong=${send.wrong("one_time_password")} />`}
    <p class="small"><button type="button" class="link" onClick=${() => (recover(!recovers), setCode(""))}>
      ${recovers ? "Use the authenticator instead" : "No authenticator at hand? Use a recovery code"}</button></p>
    <${Failure} problem=${send.problem} known=${known} />`;
  return { send, fields };
}

/** Six digits of an authenticator. */
export const CodeField = ({ value, onValue, wrong, autofocus, hint = "The six digits that your authenticator shows now." }) =>
  html`<${TextField} label="One-time password" name="one_time_password" class="code" inputmode="numeric"
    autocomplete="one-time-code" maxlength="7"
    placeholder="000000" value=${value} onValue=${onValue} wrong=${wrong} hint=${hint} autofocus=${autofocus}
      dir="ltr" required />`;

/** The screen of whoever is not signed in. */
export function Screen({ onDone }) {
  const { send, fields } = useSignIn(null, onDone);
  const form = useRef(null);
  useEffect(() => {
    document.title = "Sign in · Countersign";
    form.current.querySelector("input").focus();
  }, []);
  return html`<main class="gate"><form class="card" ref=${form} onSubmit=${send.submit} novalidate><div class="body">
    <p class="brand"><span class="mark"><${Icon} name="check" /></span>Countersign</p>
    <h1>Sign in</h1>
    ${fields}
    <${Button} type="submit" kind="primary" busy=${send.busy}>Sign in<//>
  </div></form></main>`;
}

/** The session is over: sign in again, and what was being done goes on. */
export function SignInAgain({ who, done, leave }) {
  const { send, fields } = useSignIn(who.email, (data) => {
    enter(data);
    announce("Signed in again");
    done();
  });
  return html`<${Dialog} title="Your session has ended" onClose=${leave} onSubmit=${send.submit}
    footer=${html`<${Button} onClick=${leave}>Not now<//><${Button} type="submit" kind="primary"
      busy=${send.busy}>Sign in<//>`}>
    <p>Sign in again to go on. What you typed is still here.</p>
    ${fields}
  <//>`;
}

/** What is dangerous needs a one-time password of the last minutes. */
export function StepUp({ done, leave }) {
  const [code, setCode] = useState("");
  const send = useSend(async () => {
    const { data } = await api.post("/v1/session/step-up", { one_time_password: code }, { quiet: true });
    enter(data);
    done();
  });
  return html`<${Dialog} title="Enter a one-time password" onClose=${leave} onSubmit=${send.submit}
    footer=${html`<${Button} onClick=${leave}>Cancel<//><${Button} type="submit" kind="primary" busy=${send.busy}>Go on<//>`}>
    <p>This needs a one-time password of the last five minutes. Each works once: wait for the next one if you just used it.</p>
    <${CodeField} value=${code} onValue=${setCode} wrong=${send.wrong("one_time_password")} autofocus />
    <${Failure} problem=${send.problem} known=${["one_time_password"]} />
  <//>`;
}
