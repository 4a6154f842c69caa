/** A secret in clear, and what can be done with a secret. */

import { html, useEffect, useMemo, useState } from "./preact.js";
import { api, onceKeys } from "./api.js";
import {
  announce, Button, Check, Confirm, Dialog, download, exact, Failure, Notice, relative, Select, span, TextField,
  useSend, Value,
} from "./components.js";

const HIDDEN_AFTER_SECONDS = 10;

const pathOf = (clientId, secretId, verb) =>
  `/v1/clients/${encodeURIComponent(clientId)}/secrets${secretId ? `/${encodeURIComponent(secretId)}` : ""}${verb ? `/${verb}` : ""}`;

/** A file of settings, as programs read them from their environment. */
const envFile = ({ client_id, secret, token_endpoint }) =>
  `CLIENT_ID=${client_id}\nCLIENT_SECRET=${secret}\nTOKEN_ENDPOINT=${token_endpoint}\n`;

/** The one time that a secret is shown: nothing but "I stored it" closes this. */
export function SecretDialog({ title, made, children, onClose }) {
  useEffect(() => {
    const stay = (event) => event.preventDefault();
    addEventListener("beforeunload", stay);
    return () => removeEventListener("beforeunload", stay);
  }, []);
  return html`<${Dialog} title=${title} wide footer=${html`<${Button} icon="download"
    onClick=${() => download(`${made.client_id}.env`, envFile(made))}>Download as .env<//>
      <${Button} kind="primary" onClick=${onClose}>I stored it<//>`}>
    <${Notice} kind="warn"
      icon="alert">This is the secret. It is shown this once: store it where the integration finds it, before you go on.<//>
    <div class="stack tight"><h3>client_id</h3><${Value} text=${made.client_id} what="client_id" /></div>
    <div class="stack tight"><h3>Secret</h3><${Value} wrap text=${made.secret} what="secret" /></div>
    <div class="stack tight"><h3>Token endpoint</h3><${Value} text=${made.token_endpoint} what="token endpoint" /></div>
    ${made.expires_at && html`<p class="muted">It works until ${exact(made.expires_at)}.</p>`}${children}
  <//>`;
}

/** A kept secret shown again, for ten seconds. */
export function RevealDialog({ client, secret, onClose }) {
  const [shown, show] = useState(null);
  const [left, setLeft] = useState(0);
  const send = useSend(async () => {
    const { data } = await api.post(pathOf(client.client_id, secret.id, "reveal"));
    show(data.secret);
    setLeft(HIDDEN_AFTER_SECONDS);
  });
  useEffect(() => {
    if (shown === null) return;
    const end = Date.now() + HIDDEN_AFTER_SECONDS * 1000;
    const timer = setInterval(() => {
      const seconds = Math.ceil((end - Date.now()) / 1000);
      setLeft(seconds);
      if (seconds <= 0) show(null);
    }, 200);
    return () => clearInterval(timer);
  }, [shown]);
  return html`<${Dialog} title="Reveal a secret" onClose=${onClose} wide footer=${html`<${Button} onClick=${onClose}>Close<//>
      ${shown === null && html`<${Button} kind="primary" icon="eye" busy=${send.busy} onClick=${send.submit}>Reveal<//>`}`}>
    <p>The secret <code>${secret.hint}</code> of <bdi>
      ${client.name}</bdi> is shown for ${HIDDEN_AFTER_SECONDS} seconds. That it was shown, and to whom, is in the audit trail.</p>
    ${shown !== null && html`<${Value} wrap text=${shown} what="secret" /><p role="timer">Hidden again in <span
      class="countdown">${left}</span> s</p>`}
    ${shown === null && send.problem === null && !send.busy && html`<p
      class="muted">It needs a one-time password of the last five minutes; you are asked for one where that is longer ago.</p>`}
    <${Failure} problem=${send.problem} />
  <//>`;
}

const OVERLAPS = [0, 3600, 6 * 3600, 86_400, 3 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400];

/** A successor for a secret, and how long the old one works on. */
export function RegenerateDialog({ client, secret, settings, onDone, onWaiting, onClose }) {
  const usual = settings.overlap_seconds;
  const choices = [...new Set([...OVERLAPS.filter((s) => s <= settings.overlap_max_seconds), usual])].sort((a, b) => a - b);
  const [overlap, setOverlap] = useState(String(usual));
  const [label, setLabel] = useState(secret.label);
  const once = useMemo(onceKeys, []);
  const send = useSend(async () => {
    const body = { overlap_seconds: Number(overlap), label };
    const answer = await api.post(pathOf(client.client_id, secret.id, "regenerate"), body, { once: once(body) });
    if (answer.waiting) onWaiting(answer.waiting);
    else onDone(answer.data);
  });
  const ends = new Date(Date.now() + Number(overlap) * 1000);
  return html`<${Dialog} title="Regenerate a secret" onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Button} onClick=${onClose}>Cancel<//><${Button} type="submit" kind="primary" icon="refresh"
      busy=${send.busy}>Regenerate<//>`}>
    <p>A new secret takes the place of <code>
      ${secret.hint}</code>. The old one works on for the overlap, so that the integration can change over.</p>
    <${Select} label="Overlap" value=${overlap} onValue=${setOverlap} wrong=${send.wrong("overlap_seconds")}
      options=${choices.map((s) => [String(s), s === 0 ? "none: the old one stops at once" : span(s)])}
      hint=${Number(overlap) === 0 ? "Whoever uses the old secret gets no tokens from the next request on." : `The old one stops ${relative(ends)}, on ${exact(ends)}.`} />
    <${TextField} label="Label" optional value=${label} onValue=${setLabel} wrong=${send.wrong("label")} maxlength="60" />
    <${Failure} problem=${send.problem} known=${["overlap_seconds", "label"]} />
  <//>`;
}

/** One more secret beside those there are. */
export function AddDialog({ client, settings, onDone, onWaiting, onClose }) {
  const [label, setLabel] = useState("");
  const [date, setDate] = useState("");
  const [never, setNever] = useState(false);
  const once = useMemo(onceKeys, []);
  const send = useSend(async () => {
    const body = { label };
    if (never) body.expires_at = null;
    else if (date) body.expires_at = new Date(`${date}T23:59:59`).toISOString().replace(".000", "");
    const answer = await api.post(pathOf(client.client_id), body, { once: once(body) });
    if (answer.waiting) onWaiting(answer.waiting);
    else onDone(answer.data);
  });
  return html`<${Dialog} title="Add a secret" onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Button} onClick=${onClose}>Cancel<//><${Button} type="submit" kind="primary" busy=${send.busy}>Add<//>`}>
    <${TextField} label="Label" optional value=${label} onValue=${setLabel} wrong=${send.wrong("label")}
      maxlength="60" hint="Tells one secret from another: where it is used." autofocus />
    <${TextField} label="Works until the end of" optional type="date" class="short" value=${date} onValue=${setDate}
      disabled=${never} wrong=${send.wrong("expires_at")}
      hint=${`Empty: ${settings.secret_lifetime_days} days from now. At most ${settings.secret_lifetime_max_days} days.`} />
    ${settings.secrets_may_never_expire && html`<${Check} label="Never expires" checked=${never} onValue=${setNever} />`}
    <${Failure} problem=${send.problem} known=${["label", "expires_at"]} />
  <//>`;
}

/** Takes a secret away, for 30 days or for good. */
export function DeleteDialog({ client, secret, purge, isLast, onDone, onClose }) {
  const run = async () => {
    const query = { purge: purge ? "true" : undefined, confirm: isLast ? "last" : undefined };
    const answer = await api.delete(pathOf(client.client_id, secret.id), query);
    onDone(answer.waiting);
    if (!answer.waiting) announce("The secret is deleted");
  };
  return html`<${Confirm} title=${purge ? "Delete for good" : "Delete a secret"} danger action="Delete" run=${run}
    onClose=${onClose}>
    <p>${html`The next token request with <code>${secret.hint}</code>${secret.label ? html` (<bdi>
      ${secret.label}</bdi>)` : ""} fails. `}${purge ? "It cannot be brought back." : "It can be restored for 30 days."}</p>
    ${secret.last_used_at && html`<p>It was last used ${relative(secret.last_used_at)}.</p>`}
    ${isLast && html`<${Notice} kind="warn" icon="alert">It is the last secret that works: without it <bdi>
      ${client.name}</bdi> gets no more tokens.<//>`}
  <//>`;
}

export { pathOf };
