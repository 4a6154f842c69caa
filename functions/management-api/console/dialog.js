/** What stands above a screen until somebody answers it. */

import { html, useId, useLayoutEffect, useRef, useState } from "./preact.js";
import { Problem } from "./api.js";
import { Button, Failure, Notice, TextField, useSend } from "./components.js";

/**
 * A modal dialog, which takes the focus and gives it back. `onClose` is asked when somebody leaves it; without it, only
 * its own buttons end it.
 */
export function Dialog({ title, onClose, onSubmit, wide, children, footer, role }) {
  const element = useRef(null);
  const id = useId();
  useLayoutEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog.showModal();
    // never on what closes it: a reader hears first what this is about
    (dialog.querySelector("[autofocus]") ?? dialog.querySelector("input:not([type=hidden]), select, textarea") ?? dialog.querySelector("h2")).focus();
    return () => {
      dialog.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  const leave = (event) => {
    event.preventDefault();
    onClose?.();
  };
  // Escape a second time closes a dialog whatever it says, unless the key itself is taken
  const key = (event) => {
    if (event.key === "Escape") leave(event);
  };
  const inside = html`<header><h2 id=${id} tabindex="-1">${title}</h2>
      ${onClose && html`<${Button} kind="quiet small" icon="close" onClick=${onClose} aria-label="Close" />`}</header>
    ${children}${footer && html`<footer>${footer}</footer>`}`;
  return html`<dialog ref=${element} class=${wide ? "wide" : ""} aria-labelledby=${id} role=${role} onCancel=${leave}
    onKeyDown=${key}>
    ${onSubmit ? html`<form onSubmit=${onSubmit} novalidate>${inside}</form>` : html`<div class="inside">${inside}
      </div>`}</dialog>`;
}

/** Asks before something is done that is hard to take back; `word` has to be typed where it is given. */
export function Confirm({ title, children, action, danger, word, onDone, onClose, run, known = [] }) {
  const [typed, type] = useState("");
  const send = useSend(async () => {
    if (word && typed !== word) throw Problem.of({ word: `Type ${word} to go on` });
    await run();
    onDone?.();
  });
  return html`<${Dialog} title=${title} onClose=${onClose} onSubmit=${send.submit} role="alertdialog"
    footer=${html`<${Button} onClick=${onClose}>Cancel<//><${Button} type="submit"
      kind=${`primary ${danger ? "danger" : ""}`} busy=${send.busy}>${action}<//>`}>
    ${children}
    ${word && html`<${TextField} label=${html`Type <code>${word}</code> to confirm`} value=${typed} onValue=${type}
      wrong=${send.wrong("word")} autocomplete="off" autofocus spellcheck=${false} />`}
    <${Failure} problem=${send.problem} known=${["word", ...known]} />
  <//>`;
}

/** Where a second administrator approves, what a dialog announces does not happen yet. */
export const Waits = ({ settings }) => settings?.multi_admin && html`<${Notice}
  icon="clock">A second administrator approves this first. Until then everything stays as it is.<//>`;
