/** Watching, loading and sending. */

import { Cancelled, Problem } from "./api.js";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "./preact.js";

/** @import { Store } from "./api.js" */

/**
 * The value of a store, kept up to date.
 * @template T
 * @param {Store<T>} watched
 */
export function useStore(watched) {
  const [value, set] = useState(watched.get());
  useLayoutEffect(() => {
    set(() => watched.get());
    return watched.watch((next) => set(() => next));
  }, [watched]);
  return value;
}

/**
 * Something that is loaded; while it is loaded again, the old data stays.
 * @template T
 * @typedef {object} Load
 * @property {T | null} data
 * @property {Problem | null} problem
 * @property {() => Promise<void>} reload
 */

/**
 * Loads something, and again when an input changes.
 * @template T
 * @param {() => Promise<T>} load
 * @param {unknown[]} inputs
 * @returns {Load<T>}
 */
export function useLoad(load, inputs) {
  const [state, set] = useState(
    /** @type {{ data: T | null, problem: Problem | null }} */ ({ data: null, problem: null }),
  );
  const turn = useRef(0);
  const reload = useCallback(async () => {
    turn.current += 1;
    const mine = turn.current;
    set((was) => ({ ...was, problem: null }));
    try {
      const data = await load();
      if (mine === turn.current) set({ data, problem: null });
    } catch (thrown) {
      if (mine === turn.current) set((was) => ({ ...was, problem: Problem.from(thrown) }));
    }
  }, inputs);
  useEffect(() => {
    reload();
    return () => {
      turn.current += 1;
    };
  }, [reload]);
  return { ...state, reload };
}

/**
 * Sends something, once at a time. What is wrong stands beside the fields; the first of them gets the focus.
 * @template [T=void]
 * @param {(argument: T) => Promise<unknown>} send
 */
export function useSend(send) {
  const [state, set] = useState(
    /** @type {{ busy: boolean, problem: Problem | null }} */ ({ busy: false, problem: null }),
  );
  const mounted = useRef(true);
  const form = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(
    () => () => {
      mounted.current = false;
    },
    [],
  );
  useEffect(() => {
    /** @type {HTMLElement | null | undefined} */ (form.current?.querySelector("[aria-invalid=true]"))?.focus();
  }, [state.problem]);
  /** @param {T} argument the event, where a form or a button sends */
  const submit = async (argument) => {
    const event = argument instanceof Event ? argument : null;
    event?.preventDefault();
    if (state.busy) return;
    form.current = event?.type === "submit" ? /** @type {HTMLElement} */ (event.currentTarget) : null;
    set({ busy: true, problem: null });
    try {
      await send(argument);
      if (mounted.current) set({ busy: false, problem: null });
    } catch (thrown) {
      if (!(thrown instanceof Problem) && !(thrown instanceof Cancelled)) console.error(thrown);
      if (mounted.current) set({ busy: false, problem: thrown instanceof Cancelled ? null : Problem.from(thrown) });
    }
  };
  /** @param {string} name */
  const wrong = (name) => state.problem?.field(name);
  return { ...state, submit, wrong };
}
