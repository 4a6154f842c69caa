/** One change request: what would change, who said what, and what I may do. */

import { html, useEffect, useState } from "./preact.js";
import { api, follow, Problem } from "./api.js";
import { announce, Button, Failure, Head, Loaded, Notice, TextArea, Time, useLoad, useSend } from "./components.js";
import { SecretDialog } from "./secrets.js";
import { State } from "./requests.js";
import { Actor, Changes } from "./words.js";

export function Screen({ params }) {
  const path = `/v1/change-requests/${encodeURIComponent(params.id)}`;
  const loaded = useLoad(() => api.get(path).then((answer) => answer.data), [path]);
  return html`<${Loaded} of=${loaded} what="Loading the change request"
    back=${html`<a href="#/requests">Change requests</a>`}>
    ${(request) => html`<${Request} ...${{ request, path, loaded }} />`}<//>`;
}

/** A client is there from the approval of its creation on, and gone with that of its deletion. */
const isThere = ({ action, state }) => {
  const isMade = ["approved", "collectable", "collected", "lapsed"].includes(state);
  return action === "client.create" ? isMade : !(action === "client.delete" && isMade);
};

const DONE = { approve: "Approved", reject: "Rejected", withdraw: "Withdrawn", comments: "Comment added" };

function Request({ request, path, loaded }) {
  const { may } = request;
  useEffect(() => follow(request.organization), []);
  const [comment, setComment] = useState("");
  const [made, setMade] = useState(null);
  const send = useSend(async (verb) => {
    if (verb === "collect") {
      const { data } = await api.post(`${path}/collect`, {});
      setMade(data);
    } else {
      const text = comment.trim();
      if (!text && (verb === "reject" || verb === "comments")) throw Problem.of({ comment: verb === "reject" ? "Say why, so that it can be done better." : "Write something first." });
      await api.post(`${path}/${verb}`, verb === "comments" ? { text } : text ? { comment: text } : {});
      setComment("");
      announce(DONE[verb]);
    }
    dispatchEvent(new Event("requests-changed"));
    await loaded.reload();
  });
  const run = (verb) => () => send.submit(verb);
  const button = (verb, text, kind) => may[verb] && html`<${Button} key=${verb} kind=${kind} busy=${send.busy}
    onClick=${run(verb)}>${text}<//>`;
  const speaks = may.comment || may.approve || may.reject || may.withdraw;
  return html`<div class="stack">
    <${Head} title=${html`<bdi>${request.summary}</bdi>`} crumb=${html`<a href="#/requests">Change requests</a>`}
      lead=${html`<span class="row"><${State} state=${request.state} /><span>requested by <${Actor}
        actor=${request.requested_by} />${" "}<${Time} at=${request.requested_at} /></span></span>`} />
    ${request.state === "pending" && html`<${Notice} kind="warn" icon="clock">
      ${request.approvals_needed > 1 && `A machine asks for it, so that two people have to approve it. ${request.first_approved_by ? "One has. " : ""}`}
      ${may.approve ? "It waits for you, or another administrator." : may.withdraw ? "It waits for another administrator. You can withdraw it until then." : "It waits for another administrator who may make this change."}
      ${request.expires_at && html` It expires <${Time} at=${request.expires_at} />.`}<//>`}
    ${request.state === "collectable" && html`<${Notice} icon="key"><div class="row apart"><span>
      ${may.collect ? "It is approved. The secret is made when you collect it, and shown once" : "It is approved. Whoever requested it can collect the secret"}, until <${Time}
      at=${request.collect_until} form="exact" />.</span>
      ${button("collect", "Collect the secret", "primary")}</div><//>`}
    <div class="columns"><div class="stack">
      <section class="card"><header><h2>What changes</h2></header>${request.diff.length ? html`<${Changes}
        changes=${request.diff} open />` : html`<p class="state">It changes no field.</p>`}</section>
      <section class="card"><header><h2>Comments</h2></header><div class="body stack">
        ${request.comments.length ? html`<ul class="timeline">${request.comments.map((one, index) => html`<li
          key=${index}><div class="row apart"><b><${Actor} actor=${one.by} /></b><span class="muted small"><${Time}
          at=${one.at} /></span></div><p class="pre"><bdi>${one.text}</bdi></p></li>`)}</ul>` : html`<p
          class="muted">Nobody said anything yet.</p>`}
        ${speaks && html`<${TextArea} label="Comment" optional=${!may.reject} value=${comment} onValue=${setComment}
          wrong=${send.wrong("comment") ?? send.wrong("text")} maxlength="2000" />`}
        <${Failure} problem=${send.problem} known=${["comment", "text"]} />
        <div class="actions">
          ${button("approve", "Approve", "primary")}${button("reject", "Reject", "danger")}${button("withdraw", "Withdraw")}${button2(may.comment, send.busy, run("comments"))}
          </div>
      </div></section></div>
      <section class="card"><header><h2>Details</h2></header><div class="body"><dl class="facts">
        <dt>Request</dt><dd><code>${request.id}</code></dd>
        <dt>Action</dt><dd><code>${request.action}</code></dd>
        ${request.client_id && html`<dt>Client</dt><dd>${isThere(request) ? html`<a
          href=${`#/clients/${request.client_id}`}><code>${request.client_id}</code></a>` : html`<code>
          ${request.client_id}</code>`}</dd>`}
        ${request.secret_id && html`<dt>Secret</dt><dd><code>${request.secret_id}</code></dd>`}
        ${request.first_approved_by && html`<dt>First approved by</dt><dd><${Actor}
          actor=${request.first_approved_by} /></dd>`}
        ${request.decided_by && html`<dt>Decided by</dt><dd><${Actor} actor=${request.decided_by} /></dd>`}
        ${request.decided_at && html`<dt>Decided</dt><dd><${Time} at=${request.decided_at} /></dd>`}
        ${request.collected_at && html`<dt>Collected</dt><dd><${Time} at=${request.collected_at} /></dd>`}
      </dl></div></section></div>
    ${made && html`<${SecretDialog} title="The secret is made" made=${made} onClose=${() => setMade(null)} />`}
  </div>`;
}

const button2 = (there, busy, run) => there && html`<${Button} busy=${busy} onClick=${run}>Only comment<//>`;
