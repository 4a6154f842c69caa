/** A secret in clear, and what can be done with a secret. */

import { html, useEffect, useMemo, useState } from "./preact.js";
import { api, onceKeys, Problem } from "./api.js";
import {
  announce, Button, Check, DateField, day, download, exact, Failure, instantOf, Notice, relative, Select, settled,
  span, TextField, useSend, useUnsaved, Value,
} from "./components.js";
import { Confirm, Dialog, Waits } from "./dialog.js";

const HIDDEN_AFTER_SECONDS = 10;

const pathOf = (clientId, secretId, verb) =>
  `/v1/clients/${encodeURIComponent(clientId)}/secrets${secretId ? `/${encodeURIComponent(secretId)}` : ""}${verb ? `/${verb}` : ""}`;

/** A file of settings, as programs read them from their environment. */
const envFile = ({ client_id, secret, token_endpoint }) =>
  `CLIENT_ID=${client_id}\nCLIENT_SECRET=${secret}\nTOKEN_ENDPOINT=${token_endpoint}\n`;

/** A secret that was just made: nothing but "I stored it" closes this. */
export function SecretDialog({ title, made, children, onClose }) {
  useUnsaved(true, "Store the secret first, then say so: “I stored it”.", true);
  return html`<${Dialog} title=${title} wide footer=${html`<${Button} icon="download"
    onClick=${() => download(`${made.client_id}.env`, envFile(made))}>Download as .env<//>
      <${Button} kind="primary" onClick=${() => (settled(), onClose())}>I stored it<//>`}>
    <${Notice} kind="warn"
      icon="alert">This is the secret. ${made.sealed_copy
        ? "It can be revealed again with a one-time password; better store it now, where the integration finds it."
        : "It is shown this once: store it where the integration finds it, before you go on."}<//>
    <div class="stack tight"><h3>client_id</h3><${Value} text=${made.client_id} what="client_id" /></div>
    <div class="stack tight"><h3>Secret</h3><${Value} wrap text=${made.secret} what="secret" /></div>
    <div class="stack tight"><h3>Token endpoint</h3><${Value} wrap text=${made.token_endpoint} what="token endpoint" /></div>
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
    <${Waits} settings=${settings} />
    <${Select} label="Overlap" value=${overlap} onValue=${setOverlap} wrong=${send.wrong("overlap_seconds")}
      options=${choices.map((s) => [String(s), s === 0 ? "none: the old one stops at once" : span(s)])}
      hint=${settings.multi_admin ? "It begins when the new secret is collected."
        : Number(overlap) === 0 ? "Whoever uses the old secret gets no tokens from the next request on." : `The old one stops ${relative(ends)}, on ${exact(ends)}.`} />
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
    else if (date) body.expires_at = instantOf(date);
    if (date && !never && !body.expires_at) throw Problem.of({ expires_at: "Choose a date, or leave it empty" });
    const answer = await api.post(pathOf(client.client_id), body, { once: once(body) });
    if (answer.waiting) onWaiting(answer.waiting);
    else onDone(answer.data);
  });
  return html`<${Dialog} title="Add a secret" onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Button} onClick=${onClose}>Cancel<//><${Button} type="submit" kind="primary" busy=${send.busy}>Add<//>`}>
    <${TextField} label="Label" optional value=${label} onValue=${setLabel} wrong=${send.wrong("label")}
      maxlength="60" hint="Tells one secret from another: where it is used." autofocus />
    <${DateField} label="Works until the end of" optional class="short" value=${date} onValue=${setDate}
      disabled=${never} wrong=${send.wrong("expires_at")}
      hint=${`Empty: ${settings.secret_lifetime_days} days from now. At most ${settings.secret_lifetime_max_days} days.`} />
    ${settings.secrets_may_never_expire && html`<${Check} label="Never expires" checked=${never} onValue=${setNever} />`}
    <${Waits} settings=${settings} />
    <${Failure} problem=${send.problem} known=${["label", "expires_at"]} />
  <//>`;
}

/** What goes with the last secret. */
const lastOne = (client) => html`<${Notice} kind="danger" icon="alert"><b>It is the last secret that <bdi>
  ${client.name}</bdi> can go on with.</b> Without it the client gets no more tokens.<//>`;

/** Switches a secret off, which a second administrator need not approve. */
export function DeactivateDialog({ client, secret, settings, isLast, onDone, onClose }) {
  const run = () => api.post(pathOf(client.client_id, secret.id, "deactivate"))
    .then((answer) => onDone(answer.waiting, "It works no more until it is reactivated"));
  return html`<${Confirm} title=${isLast ? "Deactivate the last secret" : "Deactivate a secret"} danger=${isLast}
    action=${isLast ? "Deactivate the last one" : "Deactivate"} run=${run} onClose=${onClose}>
    <p>The next token request with <code>${secret.hint}</code>${secret.label && html` (<bdi>${secret.label}</bdi>)`} fails.${" "}
      ${settings.multi_admin ? "That counts at once; to reactivate it takes a second administrator." : "It can be reactivated."}</p>
    ${secret.last_used_at && html`<p>It was last used ${relative(secret.last_used_at)}.</p>`}
    ${isLast && lastOne(client)}
  <//>`;
}

const RESTORABLE_DAYS = 30;
/** What can still be done for a deleted secret: one that has ended comes back no more. */
function restorable({ expires_at }) {
  const soon = expires_at && new Date(expires_at) < Date.now() + RESTORABLE_DAYS * 86_400_000;
  if (soon && new Date(expires_at) <= Date.now()) return "It has expired, so it cannot be restored.";
  return soon ? `It can be restored until it expires, on ${day(expires_at)}.` : `It can be restored for ${RESTORABLE_DAYS} days.`;
}

/** Takes a secret away, for 30 days or for good. */
export function DeleteDialog({ client, secret, settings, purge, isLast, onDone, onClose }) {
  const run = async () => {
    const query = { purge: purge ? "true" : undefined, confirm: isLast ? "last" : undefined };
    const answer = await api.delete(pathOf(client.client_id, secret.id), query);
    onDone(answer.waiting);
    if (!answer.waiting) announce("The secret is deleted");
  };
  return html`<${Confirm} title=${purge ? "Delete for good" : "Delete a secret"} danger action="Delete" run=${run}
    onClose=${onClose}>
    <p>The next token request with <code>${secret.hint}</code>${secret.label && html` (<bdi>${secret.label}</bdi>)`} fails.${" "}
      ${purge ? "It cannot be brought back." : restorable(secret)}</p>
    ${secret.last_used_at && html`<p>It was last used ${relative(secret.last_used_at)}.</p>`}
    <${Waits} settings=${settings} />
    ${isLast && lastOne(client)}
  <//>`;
}

export { pathOf };
