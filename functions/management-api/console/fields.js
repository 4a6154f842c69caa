/** The fields of forms. */

import { Icon, Prose } from "./components.js";
import { html, useEffect, useId, useRef } from "./preact.js";

/** @import { View } from "./types" */

/**
 * @typedef {{
 *   label: View, hint?: View, wrong?: string, optional?: boolean, autofocus?: boolean, className?: string
 * }} Labels what stands around a field
 * @typedef {Labels & { value: string, onValue: (value: string) => void, class?: string }
 *   & Record<string, unknown>} FieldProps with attributes of the element itself
 */

/**
 * A label with its field, its hint, and what is wrong until somebody corrects it. `children` renders the element with
 * the given attributes.
 * @param {Labels & { children: (attributes: object) => View }} props
 */
function Field({ label, hint, wrong: told, optional, autofocus, className = "", children }) {
  const id = useId();
  const corrected = useRef(false);
  useEffect(() => {
    // the attribute alone works only while the page loads
    if (autofocus) document.getElementById(id)?.focus({ preventScroll: true });
  }, []);
  if (!told) corrected.current = false;
  const wrong = corrected.current ? undefined : told;
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  const aria = { "aria-describedby": described || undefined, "aria-invalid": wrong ? "true" : undefined };
  const correct = () => {
    corrected.current = true;
  };
  return html`<div class=${`field ${className}`} onInputCapture=${correct}>
    <label for=${id}>${label}${optional && html` <span class="muted small">(optional)</span>`}</label>
    ${children({ id, autofocus, ...aria })}
    ${
      wrong &&
      html`<p class="wrong" id=${`${id}-wrong`}><${Icon} name="alert" /><span><${Prose} text=${wrong} /></span></p>`
    }
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}

/** @param {FieldProps} props */
export const TextField = ({ label, hint, wrong, optional, autofocus, className, value, onValue, ...rest }) =>
  html`<${Field} ...${{ label, hint, wrong, optional, autofocus, className }}>${(/** @type {object} */ attributes) =>
    html`<input dir="auto" ...${attributes} ...${rest} class=${`input ${rest.class ?? ""}`} value=${value}
      onInput=${(e) => onValue(e.currentTarget.value)} />`}<//>`;

/** @param {FieldProps} props */
export const TextArea = ({ label, hint, wrong, optional, value, onValue, ...rest }) =>
  html`<${Field} ...${{ label, hint, wrong, optional }}>${(/** @type {object} */ attributes) =>
    html`<textarea class="input" dir="auto" ...${attributes} ...${rest} value=${value}
      onInput=${(e) => onValue(e.currentTarget.value)}></textarea>`}<//>`;

/** @param {FieldProps & { options: string[][] }} props each option is a value with its words */
export const Select = ({ label, hint, wrong, className, value, onValue, options, ...rest }) =>
  html`<${Field} ...${{ label, hint, wrong, className }}>${(/** @type {object} */ attributes) =>
    html`<select ...${attributes} ...${rest} class=${`input ${rest.class ?? ""}`} value=${value}
      onChange=${(e) => onValue(e.currentTarget.value)}>
      ${options.map(
        ([word, text]) => html`<option key=${word} value=${word} selected=${word === value}>${text}</option>`,
      )}
    </select>`}<//>`;

/**
 * @param {{ label: View, hint?: View, checked: boolean, onValue: (on: boolean) => void }
 *   & Record<string, unknown>} props
 */
export const Check = ({ label, hint, checked, onValue, ...rest }) =>
  html`<label class="check"><input type="checkbox" ...${rest} checked=${checked}
    onChange=${(e) => onValue(e.currentTarget.checked)} />
    <span>${label}${hint && html`<br /><span class="muted small">${hint}</span>`}</span></label>`;

/** The last day that a date field takes: the API has no instant in a longer year. */
const LAST_DAY = "9999-12-31";

/** A day. @param {FieldProps} props */
export const DateField = (props) => html`<${TextField} type="date" max=${LAST_DAY} ...${props} />`;

/**
 * The instant at which a day begins or ends in this time zone; undefined where the text is no day.
 * @param {string} date
 */
export function instantOf(date, time = "23:59:59") {
  const at = date && date <= LAST_DAY && date.length === LAST_DAY.length ? new Date(`${date}T${time}`) : null;
  return at && !Number.isNaN(at.getTime()) ? at.toISOString().replace(".000", "") : undefined;
}
