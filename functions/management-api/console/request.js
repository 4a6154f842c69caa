/** One change request: its changes and comments, and what the reader may do about it. */

import { api, follow, Problem } from "./api.js";
import { announce, Button, Failure, Head, loaded, Notice } from "./components.js";
import { TextArea } from "./fields.js";
import { useLoad, useSend } from "./hooks.js";
import { html, useEffect, useState } from "./preact.js";
import { requestsChanged, Status } from "./requests.js";
import { SecretDialog } from "./secrets.js";
import { Time } from "./time.js";
import { Actor, Changes } from "./words.js";

/** @import { ChangeRequest, NewSecret } from "./types" */

/** @typedef {"approve" | "reject" | "withdraw" | "collect" | "comment"} Verb */

/** @param {{ params: { id: string } }} props */
export function Screen({ params }) {
  const path = /** @type {const} */ (`/v1/change-requests/${encodeURIComponent(params.id)}`);
  const page = useLoad(async () => (await api.get(path)).data, [path]);
  return loaded(
    page,
    "Loading the change request",
    (request) => html`<${Request} request=${request} path=${path} reload=${page.reload} />`,
    html`<a href="#/requests">Change requests</a>`,
  );
}

/** A client exists from the approval of its creation to the approval of its deletion. @param {ChangeRequest} request */
function clientExists({ action, status }) {
  const isDone = ["approved", "collectable", "collected", "lapsed"].includes(status);
  return action === "client.create" ? isDone : !(action === "client.delete" && isDone);
}

const DONE = { approve: "Approved", reject: "Rejected", withdraw: "Withdrawn", comment: "Comment added" };

/** @param {{ request: ChangeRequest, path: `/v1/change-requests/${string}`, reload: () => Promise<void> }} props */
function Request({ request, path, reload }) {
  const { permissions: may } = request;
  useEffect(() => follow(request.organization), []);
  const [comment, setComment] = useState("");
  const [made, setMade] = useState(/** @type {NewSecret | null} */ (null));
  const send = useSend(async (/** @type {Verb} */ verb) => {
    if (verb === "collect") setMade((await api.post(`${path}/collect`, {})).data);
    else {
      const text = comment.trim();
      if (!text && verb === "reject") throw Problem.of({ comment: "Give a reason for the rejection." });
      if (!text && verb === "comment") throw Problem.of({ comment: "Enter a comment." });
      if (verb === "comment") await api.post(`${path}/comments`, { text });
      else await api.post(`${path}/${verb}`, text ? { comment: text } : {});
      setComment("");
      announce(DONE[verb]);
    }
    requestsChanged();
    await reload();
  });
  /** @param {Verb} verb @param {string} text @param {string} [kind] */
  const button = (verb, text, kind) =>
    may[verb] &&
    html`<${Button} key=${verb} kind=${kind} busy=${send.busy} onClick=${() => send.submit(verb)}>${text}<//>`;
  const speaks = may.comment || may.approve || may.reject || may.withdraw;
  const lead = html`<span class="row"><${Status} request=${request} />
    <span>requested by <${Actor} actor=${request.requested_by} />${" "}
      <${Time} at=${request.requested_at} /></span></span>`;
  const comments = request.comments.map(
    (one, index) => html`<li key=${index}><div class="row apart"><b><${Actor} actor=${one.by} /></b>
      <span class="muted small"><${Time} at=${one.at} /></span></div><p class="pre"><bdi>${one.text}</bdi></p></li>`,
  );
  const changes = request.changes.length
    ? html`<${Changes} changes=${request.changes} open />`
    : html`<p class="state">No fields change.</p>`;
  return html`<div class="stack">
    <${Head} title=${html`<bdi>${request.summary}</bdi>`} crumb=${html`<a href="#/requests">Change requests</a>`}
      lead=${lead} />
    ${request.status === "pending" && pending(request)}
    ${
      request.status === "collectable" &&
      html`<${Notice} icon="key"><div class="row apart"><span>
        ${
          may.collect
            ? "Approved. The secret is created when you collect it, and shown once"
            : "Approved. The requester can collect the secret"
        }, until <${Time} at=${request.collectable_until} form="exact" />.</span>
        ${button("collect", "Collect secret", "primary")}</div><//>`
    }
    <div class="columns"><div class="stack">
      <section class="card"><header><h2>Changes</h2></header>${changes}</section>
      <section class="card"><header><h2>Comments</h2></header><div class="body stack">
        ${comments.length ? html`<ul class="timeline">${comments}</ul>` : html`<p class="muted">No comments yet.</p>`}
        ${
          speaks &&
          html`<${TextArea} label="Comment" optional=${!may.reject} value=${comment} onValue=${setComment}
            wrong=${send.wrong("comment") ?? send.wrong("text")} maxlength="2000" />`
        }
        <${Failure} problem=${send.problem} known=${["comment", "text"]} />
        <div class="actions">${button("approve", "Approve", "primary")}${button("reject", "Reject", "danger")}
          ${button("withdraw", "Withdraw")}${button("comment", "Add comment")}</div>
      </div></section></div>
      <section class="card"><header><h2>Details</h2></header><div class="body">${facts(request)}</div></section></div>
    ${made && html`<${SecretDialog} title="Secret created" made=${made} onClose=${() => setMade(null)} />`}
  </div>`;
}

/** Who still has to decide. @param {ChangeRequest} request */
function pending({ approvals_required, first_approved_by, permissions: may, expires_at }) {
  const two = "Requested by a client, so two administrators must approve it.";
  const who = may.approve
    ? "Waiting for approval by you or another administrator."
    : may.withdraw
      ? "Waiting for approval by another administrator. You can withdraw it until then."
      : "Waiting for approval by another administrator who may make this change.";
  return html`<${Notice} kind="warn" icon="clock">
    ${approvals_required > 1 && `${two} ${first_approved_by ? "One has. " : ""}`}${who}${" "}
    It expires <${Time} at=${expires_at} />.<//>`;
}

/** @param {ChangeRequest} request */
function facts(request) {
  const { client_id, secret_id, first_approved_by, decided_by, decided_at, collected_at } = request;
  const code = html`<code>${client_id}</code>`;
  const client = clientExists(request) ? html`<a href=${`#/clients/${client_id}`}>${code}</a>` : code;
  return html`<dl class="facts">
    <dt>Request</dt><dd><code>${request.id}</code></dd>
    <dt>Action</dt><dd><code>${request.action}</code></dd>
    ${client_id && html`<dt>Client</dt><dd>${client}</dd>`}
    ${secret_id && html`<dt>Secret</dt><dd><code>${secret_id}</code></dd>`}
    ${first_approved_by && html`<dt>First approved by</dt><dd><${Actor} actor=${first_approved_by} /></dd>`}
    ${decided_by && html`<dt>Decided by</dt><dd><${Actor} actor=${decided_by} /></dd>`}
    ${decided_at && html`<dt>Decided</dt><dd><${Time} at=${decided_at} /></dd>`}
    ${collected_at && html`<dt>Collected</dt><dd><${Time} at=${collected_at} /></dd>`}</dl>`;
}
