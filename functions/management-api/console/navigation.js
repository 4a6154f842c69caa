/** Going from screen to screen: the history of the tab, what may not be lost on the way, and lists in the address. */

import { announce, hush } from "./components.js";
import { useEffect, useLayoutEffect, useState } from "./preact.js";

/* Unsaved input */

/**
 * What would be lost by leaving. A screen with something `held` is left only by its own button.
 * @type {Set<{ words: string, held: boolean }>}
 */
const unsaved = new Set();

/** Tells whether the screen may be left: nothing would be lost, or the person agrees to lose it. */
export function mayLeave() {
  for (const { words, held } of unsaved) {
    if (held) announce(words);
    if (held || !confirm(words)) return false;
  }
  return true;
}

export const wouldLose = () => unsaved.size > 0;

/** Notes that the input is saved, or discarded by its author. */
export const settled = () => unsaved.clear();

/**
 * While `is`, the browser asks before it leaves the page, and the shell before it leaves the screen. This takes effect
 * at once: a step back may follow right behind a key.
 * @param {boolean} is
 */
export function useUnsaved(is, words = "You have unsaved changes. Leave anyway?", held = false) {
  useLayoutEffect(() => {
    if (!is) return;
    const mine = { words, held };
    /** @param {Event} event */
    const stay = (event) => unsaved.has(mine) && event.preventDefault();
    unsaved.add(mine);
    addEventListener("beforeunload", stay);
    return () => {
      unsaved.delete(mine);
      removeEventListener("beforeunload", stay);
    };
  }, [is]);
}

/* History: each entry knows its position, so that a refused step can be taken back */

/** @type {number} */
let here = history.state?.index ?? 0;
/** @type {string | null} */
let refused = null;
/** @type {Map<number, number>} */
const scrolled = new Map();
history.scrollRestoration = "manual";
history.replaceState({ index: here }, "");

/**
 * Follows a change of the address. Returns how far down the new screen was scrolled; null where the step is refused,
 * because something would be lost.
 * @param {HashChangeEvent} event
 */
export function followed(event) {
  // the way back from a refused step
  if (location.href === refused) {
    refused = null;
    return null;
  }
  const isNew = history.state?.index === undefined;
  const index = isNew ? here + 1 : history.state.index;
  if (!mayLeave()) {
    refused = event.oldURL;
    if (index !== here) history.go(here - index);
    return null;
  }
  refused = null;
  settled();
  hush();
  scrolled.set(here, scrollY);
  here = index;
  history.replaceState({ index }, "");
  return isNew ? 0 : (scrolled.get(index) ?? 0);
}

/**
 * Replaces the address that was followed with another one.
 * @param {string} hash
 */
export function divert(hash) {
  const oldURL = location.href;
  history.replaceState(history.state, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange", { oldURL, newURL: location.href }));
}

/**
 * Scrolls down as soon as the page is long enough. Returns what ends the wait.
 * @param {number} down
 */
export function scrollBack(down) {
  const watch = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight < down + innerHeight) return;
    watch.disconnect();
    scrollTo(0, down);
  });
  watch.observe(document.body);
  return () => watch.disconnect();
}

/** Keeps the focus in the page: when the focused element goes away, a heading near it takes over. */
export function keepFocus() {
  /** @type {Element | null} */
  let last = null;
  addEventListener("focusin", ({ target }) => {
    // after the sign-in the page starts at its top
    last = target instanceof Element && !target.closest(".gate") ? target : null;
  });
  new MutationObserver(() => {
    if (document.activeElement !== document.body || !last || last.isConnected) return;
    last = null;
    const heading = [...document.querySelectorAll("dialog[open] h2")].at(-1) ?? document.querySelector("main h1");
    const next = /** @type {HTMLElement | null} */ (heading ?? document.querySelector("main"));
    next?.focus({ preventScroll: true });
  }).observe(document.body, { childList: true, subtree: true });
}

/* The view of a list: its filters, order and page are in the address, so that Back and Reload find them again */

/** @typedef {string | number | boolean} ViewValue */

/**
 * @template {Record<string, ViewValue>} V
 * @param {string} path
 * @param {V} usual
 * @param {URLSearchParams} query
 * @returns {[V, (change: Partial<V>) => void]}
 */
export function useView(path, usual, query) {
  const [view, set] = useState(() => {
    const stored = Object.entries(usual).map(([name, value]) => [name, stated(query.get(name), value)]);
    return /** @type {V} */ (Object.fromEntries(stored));
  });
  useEffect(() => {
    // on the way elsewhere already
    if (location.hash.split("?")[0] !== `#${path}`) return;
    const kept = Object.entries(view).filter(([name, value]) => value !== usual[name]);
    const text = new URLSearchParams(
      kept.map(([name, value]) => [name, value === true ? "" : String(value)]),
    ).toString();
    history.replaceState(history.state, "", `#${path}${text ? `?${text}` : ""}`);
  }, [view]);
  return [view, (change) => set((was) => ({ ...was, ...change }))];
}

/**
 * A value of the address, in the type of the usual one.
 * @param {string | null} text
 * @param {ViewValue} usual
 */
function stated(text, usual) {
  if (text === null) return usual;
  if (typeof usual === "boolean") return true;
  return typeof usual === "number" ? Number(text) || usual : text;
}
