/** Dialogs, which stand above a screen until they are answered. */

import { Problem } from "./api.js";
import { Button, Failure, Notice } from "./components.js";
import { TextField } from "./fields.js";
import { useSend } from "./hooks.js";
import { html, useId, useLayoutEffect, useRef, useState } from "./preact.js";

/** @import { Settings, View } from "./types" */

/**
 * A modal dialog, which takes the focus and gives it back. Without `onClose`, only its own buttons close it.
 * @param {{
 *   title: View, onClose?: () => void, onSubmit?: (event: Event) => void, wide?: boolean, children?: View,
 *   footer?: View, role?: string
 * }} props
 */
export function Dialog({ title, onClose, onSubmit, wide, children, footer, role }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const id = useId();
  useLayoutEffect(() => {
    const dialog = element.current;
    if (!dialog) return;
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    dialog.showModal();
    // never on the button that closes it: a screen reader first says what this is about
    const places = ["[autofocus]", "input:not([type=hidden]), select, textarea", "h2"];
    const first = places.map((place) => dialog.querySelector(place)).find(Boolean);
    /** @type {HTMLElement} */ (first).focus();
    return () => {
      dialog.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  /** @param {Event} event */
  const leave = (event) => {
    event.preventDefault();
    onClose?.();
  };
  // pressed twice, Escape closes a dialog in spite of `cancel`, unless the key itself is handled
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key === "Escape") leave(event);
  };
  const inside = html`<header><h2 id=${id} tabindex="-1">${title}</h2>
      ${onClose && html`<${Button} kind="quiet small" icon="close" onClick=${onClose} aria-label="Close" />`}</header>
    ${children}${footer && html`<footer>${footer}</footer>`}`;
  return html`<dialog ref=${element} class=${wide ? "wide" : ""} aria-labelledby=${id} role=${role}
    onCancel=${leave} onKeyDown=${key}>
    ${
      onSubmit
        ? html`<form onSubmit=${onSubmit} novalidate>${inside}</form>`
        : html`<div class="inside">${inside}</div>`
    }</dialog>`;
}

/**
 * The buttons of a dialog that sends something.
 * @param {{ action: View, busy: boolean, onClose?: () => void, cancel?: string, kind?: string }
 *   & Record<string, unknown>} props
 */
export const Buttons = ({ action, busy, onClose, cancel = "Cancel", kind = "", ...rest }) =>
  html`<${Button} onClick=${onClose}>${cancel}<//>
    <${Button} type="submit" kind=${`primary ${kind}`} busy=${busy} ...${rest}>${action}<//>`;

/**
 * Asks before something that is hard to undo. Where there is a `word`, it has to be typed.
 * @param {{
 *   title: View, action: View, run: () => Promise<unknown>, onClose: () => void, danger?: boolean, word?: string,
 *   children?: View
 * }} props
 */
export function Confirm({ title, children, action, danger, word, onClose, run }) {
  const [typed, type] = useState("");
  const send = useSend(async () => {
    if (word && typed !== word) throw Problem.of({ word: `Type ${word} to confirm` });
    await run();
  });
  const kind = danger ? "danger" : "";
  const footer = html`<${Buttons} action=${action} kind=${kind} busy=${send.busy} onClose=${onClose} />`;
  return html`<${Dialog} title=${title} onClose=${onClose} onSubmit=${send.submit} role="alertdialog" footer=${footer}>
    ${children}
    ${
      word &&
      html`<${TextField} label=${html`Type <code>${word}</code> to confirm`} value=${typed} onValue=${type}
      wrong=${send.wrong("word")} autocomplete="off" autofocus spellcheck=${false} />`
    }
    <${Failure} problem=${send.problem} known=${["word"]} />
  <//>`;
}

/** Says that a second administrator decides first, where that is so. @param {{ settings: Settings | null }} props */
export const NeedsApproval = ({ settings }) =>
  settings?.multi_admin &&
  html`<${Notice} icon="clock">A second administrator must approve this first. Until then nothing changes.<//>`;
