/** Signing in: as a screen, again in a dialog when a session ends, and with a fresh one-time password. */

import { api, enter } from "./api.js";
import { announce, Button, Failure, Icon } from "./components.js";
import { Buttons, Dialog } from "./dialog.js";
import { TextField } from "./fields.js";
import { useSend } from "./hooks.js";
import { html, useEffect, useRef, useState } from "./preact.js";

/** @import { Session } from "./types" */

/**
 * The fields of a sign-in; the e-mail address is `fixed` where somebody signs in again.
 * @param {string | null} fixed
 * @param {(data: Session) => void} onDone
 */
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
  const swap = () => {
    recover(!recovers);
    setCode("");
  };
  const known = ["email", "password", "one_time_password", "recovery_code"];
  const fields = html`
    <${TextField} label="E-mail" type="email" name="email" autocomplete="username" value=${email} onValue=${setEmail}
      wrong=${send.wrong("email")} readonly=${Boolean(fixed)} autofocus=${!fixed} required />
    <${TextField} label="Password" type="password" name="password" autocomplete="current-password" value=${password}
      onValue=${setPassword} wrong=${send.wrong("password")} autofocus=${Boolean(fixed)} required />
    ${
      recovers
        ? html`<${TextField} key="recovery" label="Recovery code" name="recovery_code" autocomplete="off"
          spellcheck=${false} value=${code} onValue=${setCode} wrong=${send.wrong("recovery_code")} required
          hint="One of the ten codes that you got with your authenticator. Each works once." />`
        : html`<${CodeField} key="code" value=${code} onValue=${setCode} wrong=${send.wrong("one_time_password")} />`
    }
    <p class="small"><button type="button" class="link" onClick=${swap}>
      ${recovers ? "Use your authenticator" : "No access to your authenticator? Use a recovery code"}</button></p>
    <${Failure} problem=${send.problem} known=${known} />`;
  return { send, fields };
}

/**
 * The six digits of an authenticator.
 * @param {{
 *   value: string, onValue: (value: string) => void, wrong?: string, autofocus?: boolean, hint?: string
 * }} props
 */
export const CodeField = ({
  value,
  onValue,
  wrong,
  autofocus,
  hint = "The six digits that your authenticator shows.",
}) =>
  html`<${TextField} label="One-time password" name="one_time_password" class="code" inputmode="numeric"
    autocomplete="one-time-code" maxlength="7" placeholder="000000" value=${value} onValue=${onValue} wrong=${wrong}
    hint=${hint} autofocus=${autofocus} dir="ltr" required />`;

/** The screen of somebody who is not signed in. @param {{ onDone: (data: Session) => void }} props */
export function Screen({ onDone }) {
  const { send, fields } = useSignIn(null, onDone);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  useEffect(() => {
    document.title = "Sign in · Countersign";
    form.current?.querySelector("input")?.focus();
  }, []);
  return html`<main class="gate"><form class="card" ref=${form} onSubmit=${send.submit} novalidate><div class="body">
    <p class="brand"><span class="mark"><${Icon} name="check" /></span>Countersign</p>
    <h1>Sign in</h1>
    ${fields}
    <${Button} type="submit" kind="primary" busy=${send.busy}>Sign in<//>
  </div></form></main>`;
}

/**
 * Signs in again after the session has ended; then the interrupted call goes on.
 * @param {{ who: Session, done: () => void, leave: () => void }} props
 */
export function SignInAgain({ who, done, leave }) {
  const { send, fields } = useSignIn(who.email, (data) => {
    enter(data);
    announce("Signed in again");
    done();
  });
  return html`<${Dialog} title="Your session has ended" onClose=${leave} onSubmit=${send.submit}
    footer=${html`<${Buttons} action="Sign in" cancel="Not now" busy=${send.busy} onClose=${leave} />`}>
    <p>Sign in again to continue. What you typed is still here.</p>
    ${fields}
  <//>`;
}

/** Asks for a fresh one-time password. @param {{ done: () => void, leave: () => void }} props */
export function StepUp({ done, leave }) {
  const [code, setCode] = useState("");
  const send = useSend(async () => {
    const { data } = await api.post("/v1/session/step-up", { one_time_password: code }, { quiet: true });
    enter(data);
    done();
  });
  return html`<${Dialog} title="Enter a one-time password" onClose=${leave} onSubmit=${send.submit}
    footer=${html`<${Buttons} action="Continue" busy=${send.busy} onClose=${leave} />`}>
    <p>This action needs a one-time password entered in the last five minutes. Each works once: if you have just used
      one, wait for the next.</p>
    <${CodeField} value=${code} onValue=${setCode} wrong=${send.wrong("one_time_password")} autofocus />
    <${Failure} problem=${send.problem} known=${["one_time_password"]} />
  <//>`;
}
