/** Instants and spans of time in words. */

import { Icon } from "./components.js";
import { html } from "./preact.js";

/** @import { Instant } from "./types" */

const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "long" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** @param {Instant | Date} at */
const ms = (at) => new Date(at).getTime();

/** An instant seen from now, such as `in 3 days`. @param {Instant | Date} at */
export function relative(at) {
  const seconds = (ms(at) - Date.now()) / 1000;
  if (Math.abs(seconds) < 45) return "just now";
  // nearly an hour is 1 hour, not 60 minutes
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size * 0.98) ?? ["second", 1];
  return RELATIVE.format(Math.round(seconds / size), unit);
}

/** @param {Instant | Date} at */
export const exact = (at) => EXACT.format(new Date(at));
/** @param {Instant} at */
export const moment = (at) => MOMENT.format(new Date(at));
/** @param {Instant} at */
export const day = (at) => DAY.format(new Date(at));
/** @param {Instant} at */
const clock = (at) => CLOCK.format(new Date(at));

/** Days until an instant, rounded up: at least one while it is ahead. @param {Instant} at */
export const daysUntil = (at) => Math.ceil((ms(at) - Date.now()) / 86_400_000);

/** Ends that are this near are shown in amber. */
const SOON_DAYS = 30;
/** @param {Instant | null} at @returns {at is Instant} */
export const isSoon = (at) => at !== null && daysUntil(at) > 0 && daysUntil(at) <= SOON_DAYS;
/** @param {Instant | null} at @returns {at is Instant} */
export const isOver = (at) => at !== null && ms(at) <= Date.now();

const FORMS = { clock, day, exact, moment, relative };

/** An instant in words, with the exact one as its title. */
export function Time(
  /** @type {{ at: Instant | null, empty?: string, form?: keyof typeof FORMS }} */ {
    at,
    empty = "never",
    form = "relative",
  },
) {
  if (!at) return html`<span class="muted">${empty}</span>`;
  const isLong = form === "exact" || form === "moment";
  return html`<time datetime=${at} class=${isLong ? "exact" : undefined} title=${`${exact(at)} (${at})`}>
    ${FORMS[form](at)}</time>`;
}

/** When something expires, with a warning where that is soon or past. @param {{ at: Instant | null }} props */
export function Ends({ at }) {
  if (isOver(at)) {
    return html`<span class="danger-text nowrap"><${Icon} name="alert" /> expired <${Time} at=${at} /></span>`;
  }
  if (!isSoon(at)) return html`<${Time} at=${at} form="day" />`;
  return html`<span class="warn-text nowrap"><${Icon} name="clock" /> ${counted(daysUntil(at), "day")} left</span>
    <span class="under"><${Time} at=${at} form="day" /></span>`;
}

/** A number with its noun: `1 day`, `2 days`. @param {number} number @param {string} noun */
export const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** A number of seconds in words: `1 day`. @param {number} seconds */
export function span(seconds) {
  if (seconds === 0) return "none";
  const [unit, size] = UNITS.slice(2).find(([, size]) => seconds % size === 0) ?? ["second", 1];
  return counted(seconds / size, unit);
}
