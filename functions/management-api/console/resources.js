/** The catalogue: the protected APIs that clients can be given access to. */

import { all, api, can, onceKeys, scope } from "./api.js";
import { announce, Broken, Button, capitalized, Empty, Failure, Head, loaded } from "./components.js";
import { Buttons, Dialog } from "./dialog.js";
import { Check, TextField } from "./fields.js";
import { useLoad, useSend } from "./hooks.js";
import { html, useMemo, useState } from "./preact.js";
import { table } from "./table.js";
import { Time } from "./time.js";
import { LEVELS } from "./words.js";

/** @import { Column, Level, List, Resource } from "./types" */

const SCOPE_WORDS = { view: "read", change: "write", administer: "admin" };

const nothing = html`<span class="muted">–</span>`;

/** @type {Column<Resource>[]} */
const COLUMNS = [
  {
    label: "Resource",
    class: "title",
    cell: (r) => html`<b><bdi>${r.name}</bdi></b><span class="under mono">${r.key}</span>`,
  },
  { label: "Audience", cell: (r) => html`<code><${Broken} text=${r.audience} /></code>` },
  ...LEVELS.map((level) => ({
    label: capitalized(level),
    cell: (/** @type {Resource} */ { levels }) =>
      levels[level] ? html`<code><${Broken} text=${levels[level]} /></code>` : nothing,
    empty: (/** @type {Resource} */ { levels }) => !levels[level],
  })),
  { label: "Grantable", cell: (r) => (r.grantable ? "yes" : html`<span class="muted">no</span>`) },
  { label: "Created", cell: (r) => html`<${Time} at=${r.created_at} form="day" empty="built in" />` },
];

export function Screen() {
  const resources = useLoad(() => all("/v1/resources", scope()), []);
  const [adding, add] = useState(false);
  const mayAdd = can("platform:operate");
  const button = html`<${Button} kind="primary" icon="plus" onClick=${() => add(true)}>Add resource<//>`;
  const empty = html`<${Empty} title="No resources yet"><p>
    ${mayAdd ? "Add the first API that clients can be given access to." : "The operator adds them."}</p><//>`;
  /** @param {List<Resource>} list */
  const shown = ({ items }) =>
    items.length ? table({ caption: "Resources", columns: COLUMNS, rows: items, keyOf: (r) => r.key }) : empty;
  const done = () => {
    add(false);
    resources.reload();
  };
  return html`<div class="stack">
    <${Head} title="Resources" lead="The protected APIs, with the scope of each access level.">${mayAdd && button}<//>
    <div class="card">${loaded(resources, "Loading resources", shown)}</div>
    ${adding && html`<${Add} onClose=${() => add(false)} onDone=${done} />`}</div>`;
}

/** @param {{ onClose: () => void, onDone: () => void }} props */
function Add({ onClose, onDone }) {
  const [key, setKey] = useState("");
  const [name, setName] = useState("");
  const [audience, setAudience] = useState("");
  const [levels, setLevels] = useState(/** @type {Resource["levels"]} */ ({ view: "", change: "" }));
  const once = useMemo(onceKeys, []);
  const send = useSend(async () => {
    const scopes = Object.fromEntries(Object.entries(levels).map(([level, text]) => [level, text || null]));
    const body = { key, name, levels: scopes, ...(audience && { audience }) };
    await api.post("/v1/resources", body, { once: once(body) });
    announce(`${name} added`);
    onDone();
  });
  /** @param {Level} level @param {boolean} on */
  const toggle = (level, on) => setLevels(({ [level]: _, ...others }) => (on ? { ...others, [level]: "" } : others));
  /** @param {Level} level */
  const row = (level) => html`<div class="row" key=${level}>
    <${Check} label=${level} checked=${level in levels} onValue=${(on) => toggle(level, on)} />
    ${
      level in levels &&
      html`<div class="grow"><${TextField} label=${`Scope of ${level}`} value=${levels[level]}
        onValue=${(text) => setLevels((was) => ({ ...was, [level]: text }))} dir="ltr" spellcheck=${false}
        placeholder=${`${key || "key"}/${SCOPE_WORDS[level]}`} wrong=${send.wrong(`levels.${level}`)} /></div>`
    }</div>`;
  return html`<${Dialog} title="Add resource" wide onClose=${onClose} onSubmit=${send.submit}
    footer=${html`<${Buttons} action="Add" busy=${send.busy} onClose=${onClose} />`}>
    <p class="muted">Key, audience and scopes are permanent: tokens contain them.</p>
    <div class="pair">
      <${TextField} label="Name" value=${name} onValue=${setName} wrong=${send.wrong("name")} autofocus />
      <${TextField} label="Key" value=${key} onValue=${setKey} wrong=${send.wrong("key")} dir="ltr"
        spellcheck=${false} /></div>
    <${TextField} label="Audience" optional value=${audience} onValue=${setAudience} wrong=${send.wrong("audience")}
      dir="ltr" spellcheck=${false} hint="The aud claim of tokens, usually the URL of the API. Empty: the key." />
    <fieldset class="stack tight"><legend>Access levels</legend>${LEVELS.map(row)}</fieldset>
    <${Failure} problem=${send.problem}
      known=${["key", "name", "audience", ...LEVELS.map((level) => `levels.${level}`)]} /><//>`;
}
