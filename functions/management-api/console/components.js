/** What the screens are made of. Text from the API is always a text node, in a `<bdi>` where a person wrote it. */

import { html, useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from "./preact.js";
import { Cancelled, Problem, store } from "./api.js";

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
  gear: "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  info: "M12 11v5.5M12 7.5v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  key: "M14 10a4.5 4.5 0 1 0-3.6 4.4L13 17h2.5v2.5H18V22h4v-4l-7.6-7.6M8.5 9v.01",
  list: "M8 6h13M8 12h13M8 18h13M3.5 6v.01M3.5 12v.01M3.5 18v.01",
  menu: "M4 7h16M4 12h16M4 17h16",
  office: "M4 21V4h10v17M14 9h6v12M2 21h20M8 8h2M8 12h2M8 16h2",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.5-3.5 3-5.5 6.5-5.5s6 2 6.5 5.5M16 4.3a3.5 3.5 0 0 1 0 6.4M18.5 15c1.7.8 2.7 2.6 3 5",
  plus: "M12 5v14M5 12h14",
  refresh: "M20 11a8 8 0 0 0-14.5-4L4 8.5M4 4v4.5h4.5M4 13a8 8 0 0 0 14.5 4l1.5-1.5M20 20v-4.5h-4.5",
  stack: "M12 3 3 8l9 5 9-5-9-5zM3 12.5l9 5 9-5M3 17l9 5 9-5",
  up: "M6 15l6-6 6 6",
};

/** A drawing beside a word; it says nothing by itself. */
export const Icon = ({ name }) =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;

/* Time */

const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "long" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const UNITS = [["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3600], ["minute", 60]];

/** How far an instant is from now: `in 3 days`. */
export function relative(at, now = Date.now()) {
  const seconds = (new Date(at).getTime() - now) / 1000;
  // what is nearly an hour is one, and not 60 minutes
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size * 0.98) ?? ["second", 1];
  return Math.abs(seconds) < 45 ? "just now" : RELATIVE.format(Math.round(seconds / size), unit);
}

/** An instant with its zone. */
export const exact = (at) => EXACT.format(new Date(at));
export const moment = (at) => MOMENT.format(new Date(at));
const clock = (at) => CLOCK.format(new Date(at));
export const day = (at) => DAY.format(new Date(at));

/** Whole days until an instant, as a person counts them: at least one while it is ahead. */
export const daysUntil = (at) => Math.ceil((new Date(at).getTime() - Date.now()) / 86_400_000);

/** How soon an end is told in amber. */
const SOON_DAYS = 30;
export const isSoon = (at) => at !== null && daysUntil(at) > 0 && daysUntil(at) <= SOON_DAYS;
export const isOver = (at) => at !== null && new Date(at).getTime() <= Date.now();

/** An instant in words, exact when one points at it. */
export function Time({ at, empty = "never", form = "relative" }) {
  if (!at) return html`<span class="muted">${empty}</span>`;
  const text = { clock, day, exact, moment, relative }[form](at);
  return html`<time datetime=${at} class=${form === "exact" || form === "moment" ? "exact" : undefined} title=${`${exact(at)} (${at})`}>
    ${text}</time>`;
}

/** When something ends: the day, and a warning where that is soon or over. */
export function Ends({ at, empty = "never" }) {
  if (!at) return html`<span class="muted">${empty}</span>`;
  if (isOver(at)) return html`<span class="danger-text nowrap"><${Icon} name="alert" /> expired <${Time} at=${at} /></span>`;
  if (!isSoon(at)) return html`<${Time} at=${at} form="day" />`;
  const days = daysUntil(at);
  return html`<span class="warn-text nowrap"><${Icon} name="clock" /> ${days === 1 ? "1 day" : `${days} days`} left</span>
    <span class="under"><${Time} at=${at} form="day" /></span>`;
}

const SPANS = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];
/** A number of seconds in words: `1 day`. */
export function span(seconds) {
  if (seconds === 0) return "none";
  const [unit, size] = SPANS.find(([, size]) => seconds % size === 0);
  return `${seconds / size} ${unit}${seconds === size ? "" : "s"}`;
}

/* Loading and sending */

/** Watches a store. */
export function useStore(watched) {
  const [value, set] = useState(watched.get());
  useLayoutEffect(() => {
    set(() => watched.get());
    return watched.watch((next) => set(() => next));
  }, [watched]);
  return value;
}

/**
 * Loads something and keeps it while it is loaded again.
 * @template T
 * @param {() => Promise<T>} load
 * @param {any[]} inputs
 */
export function useLoad(load, inputs) {
  const [state, set] = useState({ data: null, problem: null, loading: true });
  const turn = useRef(0);
  const reload = useCallback(async () => {
    const mine = ++turn.current;
    set((was) => ({ ...was, loading: true, problem: null }));
    try {
      const data = await load();
      if (mine === turn.current) set({ data, problem: null, loading: false });
    } catch (problem) {
      if (mine === turn.current) set((was) => ({ ...was, problem, loading: false }));
    }
  }, inputs);
  useEffect(() => {
    reload();
    return () => turn.current++;
  }, [reload]);
  const replace = useCallback((data) => set({ data, problem: null, loading: false }), []);
  return { ...state, reload, replace };
}

/** Sends something once at a time; what is wrong stays beside the fields, and the first of them gets the focus. */
export function useSend(send) {
  const [state, set] = useState({ busy: false, problem: null });
  const there = useRef(true);
  const form = useRef(null);
  useEffect(() => () => (there.current = false), []);
  useEffect(() => {
    if (state.problem) form.current?.querySelector("[aria-invalid=true]")?.focus();
  }, [state.problem]);
  const submit = async (event) => {
    event?.preventDefault?.();
    if (state.busy) return;
    form.current = event?.type === "submit" ? event.currentTarget : null;
    set({ busy: true, problem: null });
    try {
      await send(event);
      if (there.current) set({ busy: false, problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem) && !(problem instanceof Cancelled)) console.error(problem);
      if (there.current) set({ busy: false, problem: problem instanceof Cancelled ? null : problem });
    }
  };
  const clear = () => set({ busy: false, problem: null });
  return { ...state, submit, clear, wrong: (name) => state.problem?.field?.(name) };
}

/** What would be lost by going elsewhere: `{ words, held }`. What is held nobody leaves but by its own button. */
const losable = new Set();

/** Whether one may go elsewhere: nothing would be lost, or the person says that it may be. */
export function mayLeave() {
  for (const { words, held } of losable) {
    if (held) announce(words);
    if (held || !confirm(words)) return false;
  }
  return true;
}

/** Whether anything would be. */
export const wouldLose = () => losable.size > 0;

/** What was typed is saved, or thrown away by whoever typed it. */
export const settled = () => losable.clear();

/**
 * While `is`, the browser asks before it leaves the page, and the shell before it leaves the screen. That is known at
 * once: a step back may follow right behind a key.
 */
export function useUnsaved(is, words = "What you typed is not saved. Leave it?", held = false) {
  useLayoutEffect(() => {
    if (!is) return;
    const mine = { words, held };
    const stay = (event) => losable.has(mine) && event.preventDefault();
    losable.add(mine);
    addEventListener("beforeunload", stay);
    return () => {
      losable.delete(mine);
      removeEventListener("beforeunload", stay);
    };
  }, [is]);
}

/** What of a list is shown stands in the address, so that the way back, and a reload, find it again. */
export function useView(path, usual, query) {
  const [view, set] = useState(() => Object.fromEntries(Object.entries(usual).map(([name, value]) => {
    const said = query.get(name);
    return [name, said === null ? value : typeof value === "boolean" ? true : typeof value === "number" ? Number(said) || value : said];
  })));
  useEffect(() => {
    // somebody is on the way elsewhere already
    if (location.hash.split("?")[0] !== `#${path}`) return;
    const kept = Object.entries(view).filter(([name, value]) => value !== usual[name]);
    const text = new URLSearchParams(kept.map(([name, value]) => [name, value === true ? "" : String(value)])).toString();
    history.replaceState(history.state, "", `#${path}${text ? `?${text}` : ""}`);
  }, [view]);
  return [view, (change) => set((was) => ({ ...was, ...change }))];
}

export const Loading = ({ what = "Loading" }) =>
  html`<div class="state" role="status"><span class="spin" aria-hidden="true"></span>${what}</div>`;

export const Empty = ({ title, children }) => html`<div class="state"><h2>${title}</h2>${children}</div>`;

export function Notice({ kind = "", icon = "info", children, role }) {
  return html`<div class=${`notice ${kind}`} role=${role}><${Icon} name=${icon} /><div>${children}</div></div>`;
}

/** The API's words, in which backticks mark code. */
const Said = ({ text }) => text.split("`").map((part, index) => (index % 2 ? html`<code>${part}</code>` : part));

/** What went wrong, in the API's words and in sight; the fields that are shown elsewhere are left out. */
export function Failure({ problem, known = [], retry }) {
  const element = useRef(null);
  useEffect(() => element.current?.scrollIntoView({ block: "nearest" }), [problem]);
  return problem && html`<div ref=${element}><${Told} ...${{ problem, known, retry }} /></div>`;
}

function Told({ problem, known, retry }) {
  const elsewhere = (problem.errors ?? []).filter((error) => !known.includes(error.field));
  const isFields = problem.errors?.length > 0;
  if (isFields && !elsewhere.length) {
    return html`<${Notice} kind="danger" icon="alert" role="alert">
      ${problem.errors.length === 1 ? "One field needs another look." : "Some fields need another look."}<//>`;
  }
  return html`<${Notice} kind="danger" icon="alert" role="alert">
    <b>${problem.title ?? "Something went wrong"}</b>
    <p>${isFields ? elsewhere.map((e) => html`<span><code>${e.field}</code>: <${Said} text=${e.message} /><br
      /></span>`) : html`<${Said} text=${problem.detail ?? problem.message} />`}</p>
    ${problem.requestId && problem.status >= 500 && html`<p class="small">Request <code>${problem.requestId}</code></p>`}
    ${retry && html`<p><button type="button" class="button small" onClick=${retry}><${Icon}
      name="refresh" />Try again</button></p>`}
  <//>`;
}

/** What a screen shows of something that loads: waiting, wrong, or there. `back` is the way out of a whole screen. */
export function Loaded({ of, what, back, children }) {
  if (of.data === null && of.problem) {
    return html`<div class="stack">${back && html`<${Head} title=${of.problem.title} crumb=${back} />`}<${Failure}
      problem=${of.problem} retry=${of.reload} /></div>`;
  }
  if (of.data === null) return html`<${Loading} what=${what} />`;
  return html`${of.problem && html`<${Failure} problem=${of.problem} retry=${of.reload} />`}${children(of.data)}`;
}

/* Messages */

const MESSAGE_STAYS_MS = 6000;
const message = store(null);
/** Says something for some seconds, also to who does not see it; it takes the place of what was said before. */
export function announce(text) {
  const mine = { text, at: Date.now() };
  message.set(mine);
  setTimeout(() => message.get() === mine && message.set(null), MESSAGE_STAYS_MS);
}

/** Takes the message away on the way to another screen, unless it is about that very step. */
export function hush() {
  if (message.get() && Date.now() - message.get().at > 1000) message.set(null);
}

/** The message, above whatever dialog is open. */
export function Message() {
  const shown = useStore(message);
  const element = useRef(null);
  useEffect(() => {
    if (!element.current.showPopover) return;
    // shown anew, so that it comes above a dialog that was opened since
    if (element.current.matches(":popover-open")) element.current.hidePopover();
    if (shown) element.current.showPopover();
  }, [shown]);
  return html`<div><div class="hidden" role="status" aria-live="polite">${shown && html`<p key=${shown.at}>
    ${shown.text}</p>`}</div>
    <div class="toast" popover="manual" ref=${element}><bdi aria-hidden="true">${shown?.text}</bdi><${Button}
      kind="quiet small" icon="close" aria-label="Dismiss the message" onClick=${() => message.set(null)} /></div></div>`;
}

/** A long name that breaks where a reader would break it. */
export const Broken = ({ text }) => text.split(/(?<=[@/:])(?!\/)/).map((part) => html`${part}<wbr />`);

/* Buttons and fields */

export function Button({ kind = "", icon, busy, children, type = "button", ...rest }) {
  return html`<button type=${type} class=${`button ${kind}`} aria-disabled=${busy ? "true" : undefined} ...${rest}>
    ${busy ? html`<span class="spin" aria-hidden="true"></span>` : icon && html`<${Icon} name=${icon} />`}${children}</button>`;
}

/** Copies a text and says so. */
export function Copy({ text, what, kind = "small", label = "Copy" }) {
  const [done, set] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      set(true);
      announce(`${what[0].toUpperCase()}${what.slice(1)} copied`);
      setTimeout(() => set(false), 2000);
    } catch {
      announce("The browser does not let the page copy. Select the text and copy it yourself.");
    }
  };
  return html`<${Button} kind=${kind} icon=${done ? "check" : "copy"} onClick=${copy}
    aria-label=${`${label || "Copy"} ${what}`}>${label}<//>`;
}

/** Hands a text over as a file. */
export function download(name, text, type = "text/plain") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** A value to be taken along. */
export const Value = ({ text, what, wrap }) =>
  html`<div class=${`value ${wrap ? "wrap" : ""}`}><code tabindex="0" role="group" aria-label=${what} dir="ltr">
    ${text}</code><${Copy} text=${text} what=${what} /></div>`;

/**
 * A label with its field, its hint and what is wrong with it, until somebody corrects it. `children` makes the field of
 * its attributes.
 */
function Field({ label, hint, wrong: told, optional, autofocus, className = "", children }) {
  const id = useId();
  const corrected = useRef(false);
  useEffect(() => {
    // the attribute alone works only for what is there when the page is loaded
    if (autofocus) document.getElementById(id).focus({ preventScroll: true });
  }, []);
  if (!told) corrected.current = false;
  const wrong = corrected.current ? undefined : told;
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  const attributes = { id, autofocus, "aria-describedby": described || undefined, "aria-invalid": wrong ? "true" : undefined };
  return html`<div class=${`field ${className}`} onInputCapture=${() => (corrected.current = true)}>
    <label for=${id}>${label}${optional && html` <span class="muted small">(optional)</span>`}</label>
    ${children(attributes)}
    ${wrong && html`<p class="wrong" id=${`${id}-wrong`}><${Icon} name="alert" /><span><${Said}
      text=${wrong} /></span></p>`}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}

export const TextField = ({ label, hint, wrong, optional, autofocus, className, value, onValue, ...rest }) =>
  html`<${Field} ...${{ label, hint, wrong, optional, autofocus, className }}>${(attributes) =>
    html`<input class="input" dir="auto" ...${attributes} ...${rest} class=${`input ${rest.class ?? ""}`}
      value=${value} onInput=${(e) => onValue(e.currentTarget.value)} />`}<//>`;

/** The last day that a date field takes: a longer year is no instant of the API. */
const LAST_DAY = "9999-12-31";

/** A day. */
export const DateField = (props) => html`<${TextField} type="date" max=${LAST_DAY} ...${props} />`;

/** The instant at which a day begins or ends here, as the API reads it; undefined for what is no day. */
export function instantOf(date, time = "23:59:59") {
  const at = date && date <= LAST_DAY && date.length === LAST_DAY.length ? new Date(`${date}T${time}`) : null;
  return at && !Number.isNaN(at.getTime()) ? at.toISOString().replace(".000", "") : undefined;
}

export const TextArea = ({ label, hint, wrong, optional, value, onValue, ...rest }) =>
  html`<${Field} ...${{ label, hint, wrong, optional }}>${(attributes) =>
    html`<textarea class="input" dir="auto" ...${attributes} ...${rest} value=${value}
      onInput=${(e) => onValue(e.currentTarget.value)}></textarea>`}<//>`;

/** @param {{ options: [string, string][] }} props values with their words */
export const Select = ({ label, hint, wrong, className, value, onValue, options, ...rest }) =>
  html`<${Field} ...${{ label, hint, wrong, className }}>${(attributes) =>
    html`<select ...${attributes} ...${rest} class=${`input ${rest.class ?? ""}`} value=${value}
      onChange=${(e) => onValue(e.currentTarget.value)}>
      ${options.map(([word, text]) => html`<option key=${word} value=${word} selected=${word === value}>${text}
        </option>`)}</select>`}<//>`;

export const Check = ({ label, hint, checked, onValue, ...rest }) =>
  html`<label class="check"><input type="checkbox" ...${rest} checked=${checked}
    onChange=${(e) => onValue(e.currentTarget.checked)} />
    <span>${label}${hint && html`<br /><span class="muted small">${hint}</span>`}</span></label>`;

/* Tables */

/**
 * @typedef {object} Column
 * @property {string} label
 * @property {(row: any) => any} cell
 * @property {(row: any) => any} [sort] what rows are ordered by
 * @property {string} [class]
 * @property {(row: any) => boolean} [empty] whether a card leaves it out
 */

/** A table that becomes cards where it is narrow. `sort` is `[label, descending]`. */
export function Table({ caption, columns, rows, keyOf, rowClass, sort, onSort }) {
  const header = (column) => {
    const mine = sort?.[0] === column.label;
    const order = mine ? (sort[1] ? "descending" : "ascending") : undefined;
    return html`<th scope="col" role="columnheader" class=${column.class} aria-sort=${order}>
      ${column.sort && onSort ? html`<button type="button"
        onClick=${() => onSort([column.label, mine ? !sort[1] : false])}>${column.label}${mine && html`<${Icon}
        name=${sort[1] ? "down" : "up"} />`}</button>` : column.hideLabel ? html`<span class="hidden">
        ${column.label}</span>` : column.label}</th>`;
  };
  return html`<div class="scroll"><table class="cards" role="table"><caption class="hidden">${caption}</caption>
    <thead role="rowgroup"><tr role="row">${columns.map(header)}</tr></thead>
    <tbody role="rowgroup">${rows.map((row) => html`<tr role="row" key=${keyOf(row)} class=${rowClass?.(row) ?? ""}>
      ${columns.map((column) => html`<td role="cell" data-label=${column.label}
        class=${`${column.class ?? ""} ${column.empty?.(row) ? "empty-cell" : ""}`}><div>${column.cell(row)}</div>
        </td>`)}</tr>`)}</tbody></table></div>`;
}

/** Orders rows as a column says; what has no value comes last either way. */
export function ordered(rows, columns, [label, descending]) {
  const by = columns.find((column) => column.label === label)?.sort;
  if (!by) return rows;
  const turn = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    return turn * (typeof x === "string" ? x.localeCompare(y, undefined, { numeric: true, sensitivity: "base" }) : x - y);
  });
}

/** Steps through pages that are here already; each begins at its top. */
export function Pager({ page, pages, total, noun, onPage }) {
  // no button is switched off under the finger: the focus would be gone
  const step = (by) => (event) => {
    if (page + by < 1 || page + by > pages) return;
    onPage(page + by);
    event.currentTarget.closest(".card").scrollIntoView({ block: "start" });
  };
  return html`<footer><span class="muted small" role="status">${total === 1 ? `1 ${noun}` : `${total} ${noun}s`}</span>
    ${pages > 1 && html`<nav class="row" aria-label="Pages"><${Button} kind="small" aria-disabled=${page <= 1}
      onClick=${step(-1)}>Previous<//>
      <span class="small">Page ${page} of ${pages}</span><${Button} kind="small" aria-disabled=${page >= pages}
        onClick=${step(1)}>Next<//></nav>`}</footer>`;
}

/** The heading of a screen, which the browser's tab has too. */
export function Head({ title, crumb, lead, children }) {
  const heading = useRef(null);
  useEffect(() => void (document.title = `${heading.current.textContent} · Countersign`));
  return html`<div class="head"><div class="grow">${crumb && html`<p class="crumb">${crumb}</p>`}<h1 tabindex="-1"
    ref=${heading}>${title}</h1>
    ${lead && html`<p class="lead">${lead}</p>`}</div>${children && html`<div class="actions">${children}</div>`}</div>`;
}
