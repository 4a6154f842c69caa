/** The small parts of every screen. Text from the API is always a text node, in a `<bdi>` where a person wrote it. */

import { store } from "./api.js";
import { useStore } from "./hooks.js";
import { html, useEffect, useRef, useState } from "./preact.js";

/**
 * @import { Problem } from "./api.js"
 * @import { Load } from "./hooks.js"
 * @import { View } from "./types"
 */

const PATHS = {
  alert: "M12 3 2 20h20L12 3zM12 10v4M12 17.5v.01",
  arrow: "M15 5l-7 7 7 7",
  check: "M4 12.5l5 5L20 6.5",
  clock: "M12 7v5l3.5 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  down: "M6 9l6 6 6-6",
  download: "M12 4v11M7 11l5 5 5-5M4 20h16",
  eye: "M2 12s3.5-7 10-7 10 7 10 7-3.5 7-10 7-10-7-10-7zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  gear:
    "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z" +
    "M9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  info: "M12 11v5.5M12 7.5v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  key: "M14 10a4.5 4.5 0 1 0-3.6 4.4L13 17h2.5v2.5H18V22h4v-4l-7.6-7.6M8.5 9v.01",
  list: "M8 6h13M8 12h13M8 18h13M3.5 6v.01M3.5 12v.01M3.5 18v.01",
  menu: "M4 7h16M4 12h16M4 17h16",
  office: "M4 21V4h10v17M14 9h6v12M2 21h20M8 8h2M8 12h2M8 16h2",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.5-3.5 3-5.5 6.5-5.5s6 2 6.5 5.5" +
    "M16 4.3a3.5 3.5 0 0 1 0 6.4M18.5 15c1.7.8 2.7 2.6 3 5",
  plus: "M12 5v14M5 12h14",
  refresh: "M20 11a8 8 0 0 0-14.5-4L4 8.5M4 4v4.5h4.5M4 13a8 8 0 0 0 14.5 4l1.5-1.5M20 20v-4.5h-4.5",
  stack: "M12 3 3 8l9 5 9-5-9-5zM3 12.5l9 5 9-5M3 17l9 5 9-5",
  up: "M6 15l6-6 6 6",
};
/** @typedef {keyof typeof PATHS} IconName */

/** A drawing beside a word; a screen reader skips it. @param {{ name: IconName }} props */
export const Icon = ({ name }) =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;

/* Loading and failing */

export const Loading = ({ what = "Loading" }) =>
  html`<div class="state" role="status"><span class="spin" aria-hidden="true"></span>${what}</div>`;

/** @param {{ title: string, children?: View }} props */
export const Empty = ({ title, children }) => html`<div class="state"><h2>${title}</h2>${children}</div>`;

/** @param {{ kind?: string, icon?: IconName, children?: View, role?: string }} props */
export const Notice = ({ kind = "", icon = "info", children, role }) =>
  html`<div class=${`notice ${kind}`} role=${role}><${Icon} name=${icon} /><div>${children}</div></div>`;

/** A message of the API, in which backticks mark code. @param {{ text: string }} props */
export const Prose = ({ text }) =>
  html`${text.split("`").map((part, index) => (index % 2 ? html`<code>${part}</code>` : part))}`;

/** @typedef {{ problem: Problem | null, known?: string[], retry?: () => void }} FailureProps */

/**
 * What went wrong, in the words of the API, scrolled into view. The fields in `known` show their own errors.
 * @param {FailureProps} props
 */
export function Failure({ problem, known = [], retry }) {
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => element.current?.scrollIntoView({ block: "nearest" }), [problem]);
  return problem && html`<div ref=${element}>${explained(problem, known, retry)}</div>`;
}

/**
 * @param {Problem} problem
 * @param {string[]} known
 * @param {FailureProps["retry"]} retry
 */
function explained(problem, known, retry) {
  const { errors, message, requestId, status, title } = problem;
  const elsewhere = errors.filter((error) => !known.includes(error.field));
  if (errors.length && !elsewhere.length) {
    return html`<${Notice} kind="danger" icon="alert" role="alert">
      ${errors.length === 1 ? "Check the highlighted field." : "Check the highlighted fields."}<//>`;
  }
  const detail = elsewhere.map((e) => html`<span><code>${e.field}</code>: <${Prose} text=${e.message} /><br /></span>`);
  return html`<${Notice} kind="danger" icon="alert" role="alert">
    <b>${title}</b>
    <p>${errors.length ? detail : html`<${Prose} text=${message} />`}</p>
    ${requestId && status >= 500 && html`<p class="small">Request <code>${requestId}</code></p>`}
    ${retry && html`<p><${Button} kind="small" icon="refresh" onClick=${retry}>Try again<//></p>`}
  <//>`;
}

/**
 * What is loaded, or that it loads, or what went wrong. `back` is the way out where it is a whole screen.
 * @template T
 * @param {Load<T>} load
 * @param {string} what
 * @param {(data: T) => View} view
 * @param {View} [back]
 */
export function loaded({ data, problem, reload }, what, view, back) {
  const failure = html`<${Failure} problem=${problem} retry=${reload} />`;
  if (data !== null) return html`${problem && failure}${view(data)}`;
  if (!problem) return html`<${Loading} what=${what} />`;
  return html`<div class="stack">${back && html`<${Head} title=${problem.title} crumb=${back} />`}${failure}</div>`;
}

/* Messages */

const MESSAGE_STAYS_MS = 6000;
const message = store(/** @type {{ text: string, at: number } | null} */ (null));

/**
 * Shows a message for some seconds, to screen readers too. It replaces the one before it.
 * @param {string} text
 */
export function announce(text) {
  const mine = { text, at: Date.now() };
  message.set(mine);
  setTimeout(() => message.get() === mine && message.set(null), MESSAGE_STAYS_MS);
}

/** Takes the message away on the way to another screen, unless it is about that very step. */
export function hush() {
  const shown = message.get();
  if (shown && Date.now() - shown.at > 1000) message.set(null);
}

/** The message, above whatever dialog is open. */
export function Message() {
  const shown = useStore(message);
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const toast = element.current;
    if (!toast?.showPopover) return;
    // shown again, so that it is above a dialog that has opened since
    if (toast.matches(":popover-open")) toast.hidePopover();
    if (shown) toast.showPopover();
  }, [shown]);
  return html`<div><div class="hidden" role="status" aria-live="polite">
      ${shown && html`<p key=${shown.at}>${shown.text}</p>`}</div>
    <div class="toast" popover="manual" ref=${element}><bdi aria-hidden="true">${shown?.text}</bdi>
      <${Button} kind="quiet small" icon="close" aria-label="Dismiss the message" onClick=${() => message.set(null)} />
    </div></div>`;
}

/* Buttons and values */

/**
 * @param {{ kind?: string, icon?: IconName, busy?: boolean, children?: View, type?: string }
 *   & Record<string, unknown>} props
 */
export function Button({ kind = "", icon, busy, children, type = "button", ...rest }) {
  const mark = busy ? html`<span class="spin" aria-hidden="true"></span>` : icon && html`<${Icon} name=${icon} />`;
  return html`<button type=${type} class=${`button ${kind}`} aria-disabled=${busy ? "true" : undefined} ...${rest}>
    ${mark}${children}</button>`;
}

/** Copies a text and says so. @param {{ text: string, what: string, kind?: string, label?: string }} props */
export function Copy({ text, what, kind = "small", label = "Copy" }) {
  const [done, set] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      set(true);
      announce(`${capitalized(what)} copied`);
      setTimeout(() => set(false), 2000);
    } catch {
      announce("The browser does not allow copying. Select the text and copy it yourself.");
    }
  };
  return html`<${Button} kind=${kind} icon=${done ? "check" : "copy"} onClick=${copy}
    aria-label=${`${label || "Copy"} ${what}`}>${label}<//>`;
}

/** Hands a text over as a file. @param {string} name @param {string} text */
export function download(name, text, type = "text/plain") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** A value with a button that copies it. @param {{ text: string, what: string, wrap?: boolean }} props */
export const Value = ({ text, what, wrap }) =>
  html`<div class=${`value ${wrap ? "wrap" : ""}`}><code tabindex="0" role="group" aria-label=${what} dir="ltr">
    ${text}</code><${Copy} text=${text} what=${what} /></div>`;

/** A long name that breaks at `@`, `/` and `:`. @param {{ text: string }} props */
export const Broken = ({ text }) => html`${text.split(/(?<=[@/:])(?!\/)/).map((part) => html`${part}<wbr />`)}`;

/** @param {string} text */
export const capitalized = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * The heading of a screen, which is the title of the tab too.
 * @param {{ title: View, crumb?: View, lead?: View, children?: View }} props
 */
export function Head({ title, crumb, lead, children }) {
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    document.title = `${heading.current?.textContent} · Countersign`;
  });
  return html`<div class="head"><div class="grow">${crumb && html`<p class="crumb">${crumb}</p>`}
    <h1 tabindex="-1" ref=${heading}>${title}</h1>${lead && html`<p class="lead">${lead}</p>`}</div>
    ${children && html`<div class="actions">${children}</div>`}</div>`;
}
