/** Dialogs about a secret: shown once, revealed, added, regenerated, deactivated, deleted. */

import { api, onceKeys, Problem } from "./api.js";
import { Button, download, Failure, Notice, Value } from "./components.js";
import { Buttons, Confirm, Dialog, NeedsApproval } from "./dialog.js";
import { Check, DateField, instantOf, Select, TextField } from "./fields.js";
import { useSend } from "./hooks.js";
import { settled, useUnsaved } from "./navigation.js";
import { html, useEffect, useMemo, useState } from "./preact.js";
import { day, exact, isOver, isSoon, relative, span } from "./time.js";

/** @import { ChangeRequest, Client, NewSecret, Secret, Settings, View } from "./types" */

/**
 * What the dialogs take: `done` after anything that was done or now needs approval, `onNew` for a new secret.
 * @typedef {{
 *   client: Client, settings: Settings, onClose: () => void,
 *   done: (waiting: ChangeRequest | null, words?: string) => void, onNew: (made: NewSecret) => void
 * }} DialogProps
 */

/** @param {string} clientId */
export const secretsPath = (clientId) => /** @type {const} */ (`/v1/clients/${encodeURIComponent(clientId)}/secrets`);
/** @param {string} clientId @param {string} id */
export const secretPath = (clientId, id) => /** @type {const} */ (`${secretsPath(clientId)}/${encodeURIComponent(id)}`);

/**
 * A new secret in clear, or a created client with it.
 * @typedef {Pick<NewSecret, "client_id" | "secret" | "token_endpoint" | "sealed_copy" | "expires_at">} ShownSecret
 */

/** A file of environment variables. @param {ShownSecret} made */
const envFile = ({ client_id, secret, token_endpoint }) =>
  `CLIENT_ID=${client_id}\nCLIENT_SECRET=${secret}\nTOKEN_ENDPOINT=${token_endpoint}\n`;

/**
 * A new secret, which stays until "I have stored it".
 * @param {{ title: string, made: ShownSecret, children?: View, onClose: () => void }} props
 */
export function SecretDialog({ title, made, children, onClose }) {
  useUnsaved(true, "Store the secret first, then choose “I have stored it”.", true);
  const close = () => {
    settled();
    onClose();
  };
  const warning = made.sealed_copy
    ? "Store it now where the integration finds it. You can reveal it again with a one-time password."
    : "Store it now where the integration finds it. It is not shown again.";
  const save = () => download(`${made.client_id}.env`, envFile(made));
  return html`<${Dialog} title=${title} wide footer=${html`
      <${Button} icon="download" onClick=${save}>Download as .env<//>
      <${Button} kind="primary" onClick=${close}>I have stored it<//>`}>
    <${Notice} kind="warn" icon="alert">${warning}<//>
    <div class="stack tight"><h3>client_id</h3><${Value} text=${made.client_id} what="client_id" /></div>
    <div class="stack tight"><h3>Secret</h3><${Value} wrap text=${made.secret} what="secret" /></div>
    <div class="stack tight"><h3>Token endpoint</h3>
      <${Value} wrap text=${made.token_endpoint} what="token endpoint" /></div>
    ${made.expires_at && html`<p class="muted">It expires on ${exact(made.expires_at)}.</p>`}${children}
  <//>`;
}

const HIDDEN_AFTER_SECONDS = 10;

/** Shows a sealed copy of a secret for some seconds. @param {DialogProps & { secret: Secret }} props */
export function RevealDialog({ client, secret, onClose }) {
  const [shown, show] = useState(/** @type {string | null} */ (null));
  const [left, setLeft] = useState(0);
  const send = useSend(async () => {
    const { data } = await api.post(`${secretPath(client.client_id, secret.id)}/reveal`);
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
  const reveal = html`<${Button} kind="primary" icon="eye" busy=${send.busy} onClick=${send.submit}>Reveal<//>`;
  return html`<${Dialog} title="Reveal secret" onClose=${onClose} wide
    footer=${html`<${Button} onClick=${onClose}>Close<//>${shown === null && reveal}`}>
    <p>The secret <code>${secret.hint}</code> of <bdi>${client.name}</bdi> is shown for ${HIDDEN_AFTER_SECONDS} seconds.
      The audit trail records who saw it.</p>
    ${
      shown !== null &&
      html`<${Value} wrap text=${shown} what="secret" />
        <p role="timer">Hidden again in <span class="countdown">${left}</span> s</p>`
    }
    ${
      shown === null &&
      send.problem === null &&
      !send.busy &&
      html`<p class="muted">This needs a one-time password entered in the last five minutes.</p>`
    }
    <${Failure} problem=${send.problem} />
  <//>`;
}

const OVERLAPS = [0, 3600, 6 * 3600, 86_400, 3 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400];

/** Replaces a secret; the old one works until the overlap ends. @param {DialogProps & { secret: Secret }} props */
export function RegenerateDialog({ client, secret, settings, onNew, done, onClose }) {
  const usual = settings.overlap_seconds;
  const offered = new Set([...OVERLAPS.filter((s) => s <= settings.overlap_max_seconds), usual]);
  const choices = [...offered].sort((a, b) => a - b);
  const [overlap, setOverlap] = useState(String(usual));
  const [label, setLabel] = useState(secret.label);
  const once = useMemo(onceKeys, []);
  const send = useSend(async () => {
    const body = { overlap_seconds: Number(overlap), label };
    const path = /** @type {const} */ (`${secretPath(client.client_id, secret.id)}/regenerate`);
    const answer = await api.post(path, body, { once: once(body) });
    if (answer.waiting) done(answer.waiting);
    else onNew(answer.data);
  });
  const hint = () => {
    if (settings.multi_admin) return "The overlap starts when the new secret is collected.";
    if (Number(overlap) === 0) return "The old secret stops working with the next token request.";
    const ends = new Date(Date.now() + Number(overlap) * 1000);
    return `The old secret stops working ${relative(ends)}, on ${exact(ends)}.`;
  };
  return html`<${Dialog} title="Regenerate secret" onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Buttons} action="Regenerate" icon="refresh" busy=${send.busy} onClose=${onClose} />`}>
    <p>A new secret replaces <code>${secret.hint}</code>. The old one works until the overlap ends, so that the
      integration can switch over.</p>
    <${NeedsApproval} settings=${settings} />
    <${Select} label="Overlap" value=${overlap} onValue=${setOverlap} wrong=${send.wrong("overlap_seconds")}
      options=${choices.map((s) => [String(s), s === 0 ? "none: the old one stops at once" : span(s)])}
      hint=${hint()} />
    <${TextField} label="Label" optional value=${label} onValue=${setLabel} wrong=${send.wrong("label")}
      maxlength="60" />
    <${Failure} problem=${send.problem} known=${["overlap_seconds", "label"]} />
  <//>`;
}

/** Adds one more secret. @param {DialogProps} props */
export function AddDialog({ client, settings, onNew, done, onClose }) {
  const [label, setLabel] = useState("");
  const [date, setDate] = useState("");
  const [never, setNever] = useState(false);
  const once = useMemo(onceKeys, []);
  const send = useSend(async () => {
    const expires_at = never ? null : date ? instantOf(date) : undefined;
    if (date && !never && !expires_at) throw Problem.of({ expires_at: "Choose a date, or leave it empty" });
    const body = { label, expires_at };
    const answer = await api.post(secretsPath(client.client_id), body, { once: once(body) });
    if (answer.waiting) done(answer.waiting);
    else onNew(answer.data);
  });
  const { secret_lifetime_days, secret_lifetime_max_days, secrets_may_never_expire } = settings;
  return html`<${Dialog} title="Add secret" onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Buttons} action="Add" busy=${send.busy} onClose=${onClose} />`}>
    <${TextField} label="Label" optional value=${label} onValue=${setLabel} wrong=${send.wrong("label")}
      maxlength="60" hint="Where the secret is used." autofocus />
    <${DateField} label="Expires at the end of" optional class="short" value=${date} onValue=${setDate}
      disabled=${never} wrong=${send.wrong("expires_at")}
      hint=${`Empty: ${secret_lifetime_days} days from now. At most ${secret_lifetime_max_days} days.`} />
    ${secrets_may_never_expire && html`<${Check} label="Never expires" checked=${never} onValue=${setNever} />`}
    <${NeedsApproval} settings=${settings} />
    <${Failure} problem=${send.problem} known=${["label", "expires_at"]} />
  <//>`;
}

/** What the dialog about the last secret warns of. @param {Client} client */
const lastOne = (client) =>
  html`<${Notice} kind="danger" icon="alert"><b>This is the last working secret of <bdi>${client.name}</bdi>.</b>${" "}
    Without it the client cannot get tokens.<//>`;

/**
 * What is about to stop, and when it was last used.
 * @param {Secret} secret
 * @param {string} after
 */
const stops = (secret, after) => html`
  <p>Token requests with <code>${secret.hint}</code>${secret.label && html` (<bdi>${secret.label}</bdi>)`} will
    fail. ${after}</p>
  ${secret.last_used_at && html`<p>It was last used ${relative(secret.last_used_at)}.</p>`}`;

/**
 * Deactivates a secret, which needs no approval.
 * @param {DialogProps & { secret: Secret, isLast: boolean }} props
 */
export function DeactivateDialog({ client, secret, settings, isLast, done, onClose }) {
  const run = async () => {
    const { waiting } = await api.post(`${secretPath(client.client_id, secret.id)}/deactivate`);
    done(waiting, "Deactivated: the secret no longer works");
  };
  const after = settings.multi_admin
    ? "This takes effect at once; reactivation needs the approval of a second administrator."
    : "You can reactivate it.";
  return html`<${Confirm} title=${isLast ? "Deactivate the last secret" : "Deactivate secret"} danger=${isLast}
    action=${isLast ? "Deactivate the last secret" : "Deactivate"} run=${run} onClose=${onClose}>
    ${stops(secret, after)}${isLast && lastOne(client)}
  <//>`;
}

const RESTORABLE_DAYS = 30;

/** How long a deleted secret can be restored: an expired one cannot. @param {Secret} secret */
function restorable({ expires_at }) {
  if (isOver(expires_at)) return "It has expired, so it cannot be restored.";
  if (isSoon(expires_at)) return `You can restore it until it expires, on ${day(expires_at)}.`;
  return `You can restore it for ${RESTORABLE_DAYS} days.`;
}

/**
 * Deletes a secret, for 30 days or permanently.
 * @param {DialogProps & { secret: Secret, purge?: boolean, isLast?: boolean }} props
 */
export function DeleteDialog({ client, secret, settings, purge, isLast, done, onClose }) {
  const run = async () => {
    const query = { purge: purge ? "true" : undefined, confirm: isLast ? "last" : undefined };
    const { waiting } = await api.delete(secretPath(client.client_id, secret.id), query);
    done(waiting, "Secret deleted");
  };
  return html`<${Confirm} title=${purge ? "Delete permanently" : "Delete secret"} danger action="Delete" run=${run}
    onClose=${onClose}>
    ${stops(secret, purge ? "This cannot be undone." : restorable(secret))}
    <${NeedsApproval} settings=${settings} />
    ${isLast && lastOne(client)}
  <//>`;
}
