/** The catalogue: the protected APIs that clients can be given access to. */

import { html, useMemo, useState } from "./preact.js";
import { all, api, can, onceKeys, scope } from "./api.js";
import {
  announce, Broken, Button, Check, Empty, Failure, Head, Loaded, Table, TextField, Time, useLoad, useSend,
} from "./components.js";
import { Dialog } from "./dialog.js";
import { LEVELS } from "./words.js";

const WORDS = { view: "read", change: "write", administer: "admin" };

export function Screen() {
  const resources = useLoad(() => all("/v1/resources", scope()), []);
  const [adding, add] = useState(false);
  const columns = [
    { label: "Resource", class: "title", cell: (r) => html`<b><bdi>${r.name}</bdi></b><span class="under mono">
      ${r.key}</span>` },
    { label: "Audience", cell: (r) => html`<code><${Broken} text=${r.audience} /></code>` },
    ...LEVELS.map((level) => ({ label: level[0].toUpperCase() + level.slice(1), cell: (r) => (r.levels[level]
      ? html`<code><${Broken} text=${r.levels[level]} /></code>` : html`<span
      class="muted">–</span>`), empty: (r) => !r.levels[level] })),
    ...((resources.data?.items ?? []).some((r) => "grantable" in r) ? [{ label: "Yours to grant",
      cell: (r) => (r.grantable ? "yes" : html`<span class="muted">no</span>`) }] : []),
    { label: "Since", cell: (r) => html`<${Time} at=${r.created_at} form="day" empty="always there" />` },
  ];
  const mayAdd = can("platform:operate");
  return html`<div class="stack"><${Head} title="Resources"
    lead="The protected APIs, with the scope of each access level.">${mayAdd && html`<${Button} kind="primary"
    icon="plus" onClick=${() => add(true)}>Add a resource<//>`}<//>
    <div class="card"><${Loaded} of=${resources} what="Loading the resources">${({ items }) => items.length
      ? html`<${Table} caption="Resources" columns=${columns} rows=${items} keyOf=${(r) => r.key} />` : html`<${Empty}
      title="No resources yet"><p>
      ${mayAdd ? "Add the first API that clients can be given access to." : "The operator adds them."}</p><//>`}<//>
      </div>
    ${adding && html`<${Add} onClose=${() => add(false)} onDone=${() => (add(false), resources.reload())} />`}</div>`;
}

function Add({ onClose, onDone }) {
  const [key, setKey] = useState("");
  const [name, setName] = useState("");
  const [audience, setAudience] = useState("");
  const [levels, setLevels] = useState({ view: "", change: "" });
  const once = useMemo(onceKeys, []);
  const send = useSend(async () => {
    const scopes = Object.fromEntries(Object.entries(levels).map(([level, text]) => [level, text || null]));
    const body = { key, name, levels: scopes, ...(audience && { audience }) };
    await api.post("/v1/resources", body, { once: once(body) });
    announce(`${name} is in the catalogue`);
    onDone();
  });
  const toggle = (level) => (on) => setLevels((was) => {
    const { [level]: _, ...others } = was;
    return on ? { ...others, [level]: "" } : others;
  });
  return html`<${Dialog} title="Add a resource" wide onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Button} onClick=${onClose}>Cancel<//><${Button} type="submit" kind="primary"
    busy=${send.busy}>Add<//>`}>
    <p class="muted">Key, audience and scopes are permanent: tokens carry them.</p>
    <div class="pair"><${TextField} label="Name" value=${name} onValue=${setName}
      wrong=${send.wrong("name")} autofocus /><${TextField} label="Key" value=${key} onValue=${setKey}
      wrong=${send.wrong("key")} dir="ltr" spellcheck=${false} /></div>
    <${TextField} label="Audience" optional value=${audience} onValue=${setAudience} wrong=${send.wrong("audience")}
      dir="ltr" spellcheck=${false} hint="What aud of a token says, most often the URL of the API. Empty: the key." />
    <fieldset class="stack tight"><legend>Access levels</legend>${LEVELS.map((level) => html`<div class="row"
      key=${level}><${Check} label=${level} checked=${level in levels} onValue=${toggle(level)} />
      ${level in levels && html`<div class="grow"><${TextField} label=${`Scope of ${level}`} value=${levels[level]}
        onValue=${(text) => setLevels((was) => ({ ...was, [level]: text }))}
        placeholder=${`${key || "key"}/${WORDS[level]}`} wrong=${send.wrong(`levels.${level}`)} dir="ltr"
        spellcheck=${false} /></div>`}</div>`)}</fieldset>
    <${Failure} problem=${send.problem}
      known=${["key", "name", "audience", ...LEVELS.map((level) => `levels.${level}`)]} /><//>`;
}
