/** Tables, and lists that come page by page. */

import { api, Problem } from "./api.js";
import { Button, Failure, Icon, Loading } from "./components.js";
import { html, useEffect, useState } from "./preact.js";
import { counted } from "./time.js";

/** @import { Column, Lists, Query, View } from "./types" */

/** @typedef {[label: string, descending: boolean]} Order */

/**
 * A table that becomes cards where it is narrow.
 * @template Row
 * @param {object} options
 * @param {string} options.caption
 * @param {Column<Row>[]} options.columns
 * @param {Row[]} options.rows
 * @param {(row: Row) => string | number} options.keyOf
 * @param {(row: Row) => string} [options.rowClass]
 * @param {Order} [options.sort]
 * @param {(order: Order) => void} [options.onSort]
 */
export function table({ caption, columns, rows, keyOf, rowClass, sort, onSort }) {
  /** @param {Column<Row>} column */
  const header = (column) => {
    const { label } = column;
    const mine = sort?.[0] === label;
    const descending = mine && sort[1];
    const order = mine ? (descending ? "descending" : "ascending") : undefined;
    const words = column.hideLabel ? html`<span class="hidden">${label}</span>` : label;
    const button = html`<button type="button" onClick=${() => onSort?.([label, mine && !descending])}>
      ${label}${mine && html`<${Icon} name=${descending ? "down" : "up"} />`}</button>`;
    return html`<th scope="col" role="columnheader" class=${column.class} aria-sort=${order}>
      ${column.sort && onSort ? button : words}</th>`;
  };
  /** @param {Row} row */
  const cells = (row) =>
    columns.map((column) => {
      const kind = `${column.class ?? ""} ${column.empty?.(row) ? "empty-cell" : ""}`;
      return html`<td role="cell" data-label=${column.label} class=${kind}><div>${column.cell(row)}</div></td>`;
    });
  return html`<div class="scroll"><table class="cards" role="table"><caption class="hidden">${caption}</caption>
    <thead role="rowgroup"><tr role="row">${columns.map(header)}</tr></thead>
    <tbody role="rowgroup">${rows.map(
      (row) => html`<tr role="row" key=${keyOf(row)} class=${rowClass?.(row) ?? ""}>${cells(row)}</tr>`,
    )}</tbody></table></div>`;
}

/**
 * Rows in the order of a column; those without a value come last either way.
 * @template Row
 * @param {Row[]} rows
 * @param {Column<Row>[]} columns
 * @param {Order} order
 */
export function ordered(rows, columns, [label, descending]) {
  const by = columns.find((column) => column.label === label)?.sort;
  if (!by) return rows;
  const turn = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    if (typeof x === "number" && typeof y === "number") return turn * (x - y);
    return turn * String(x).localeCompare(String(y), undefined, { numeric: true, sensitivity: "base" });
  });
}

/**
 * Steps through pages that are loaded already; each begins at its top.
 * @param {{ page: number, pages: number, total: number, noun: string, onPage: (page: number) => void }} props
 */
export function Pager({ page, pages, total, noun, onPage }) {
  // no button is disabled while it has the focus, which would be lost
  const step = (/** @type {number} */ by) => (/** @type {{ currentTarget: Element }} */ event) => {
    if (page + by < 1 || page + by > pages) return;
    onPage(page + by);
    event.currentTarget.closest(".card")?.scrollIntoView({ block: "start" });
  };
  return html`<footer><span class="muted small" role="status">${counted(total, noun)}</span>
    ${
      pages > 1 &&
      html`<nav class="row" aria-label="Pages">
      <${Button} kind="small" aria-disabled=${page <= 1} onClick=${step(-1)}>Previous<//>
      <span class="small">Page ${page} of ${pages}</span>
      <${Button} kind="small" aria-disabled=${page >= pages} onClick=${step(1)}>Next<//></nav>`
    }</footer>`;
}

/**
 * A list as far as it is loaded; `more` loads on, or tries again.
 * @template T
 * @typedef {object} Pages
 * @property {T[] | null} items
 * @property {string | null} [next]
 * @property {Problem | null} problem
 * @property {boolean} busy
 * @property {() => void} [more]
 */

/**
 * Loads a list page by page, from its start again when the query changes.
 * @template {keyof Lists} P
 * @param {P} path
 * @param {Query} query
 * @returns {Pages<Lists[P]>}
 */
export function usePages(path, query) {
  const [list, set] = useState(/** @type {Pages<Lists[P]>} */ ({ items: null, problem: null, busy: true }));
  const key = JSON.stringify(query);
  useEffect(() => {
    let mounted = true;
    /** @param {string | null} cursor @param {Lists[P][]} before */
    const load = async (cursor, before) => {
      set((was) => ({ ...was, busy: true, problem: null, items: cursor ? was.items : null }));
      try {
        // a page may be short, or empty, and still have a next one
        let items = before;
        let next = cursor;
        do {
          const { data } = await api.get(path, { ...query, cursor: next });
          items = [...items, ...data.items];
          next = data.next_cursor ?? null;
        } while (next && items.length === before.length && mounted);
        if (mounted) set({ items, next, problem: null, busy: false, more: () => load(next, items) });
      } catch (thrown) {
        const problem = Problem.from(thrown);
        if (mounted) set((was) => ({ ...was, problem, busy: false, more: () => load(cursor, before) }));
      }
    };
    load(null, []);
    return () => {
      mounted = false;
    };
  }, [path, key]);
  return list;
}

/**
 * A list with the button that loads more of it.
 * @template T
 * @param {Pages<T>} list
 * @param {string} what
 * @param {View} empty
 * @param {(items: T[]) => View} view
 */
export function paged({ items, next, problem, busy, more }, what, empty, view) {
  if (items === null) {
    if (!problem) return html`<${Loading} what=${what} />`;
    return html`<div class="body"><${Failure} problem=${problem} retry=${more} /></div>`;
  }
  if (!items.length) return empty;
  return html`${view(items)}<footer><span class="muted small" role="status">${items.length} shown</span>
    <${Failure} problem=${problem} />
    ${next && html`<${Button} kind="small" busy=${busy} onClick=${more}>Show more<//>`}</footer>`;
}
