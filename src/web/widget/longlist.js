// Lists that may be long.
//
// Owns: which rows of a list are drawn: those that are seen with some beside them, the first and the last, and those next
// to the row that is in use, so that keys lead everywhere; where the menu of a row goes. All rows are of one height, and
// each knows its place whether its neighbours are there or not. Must not: know what a row shows.

import { h, isElement } from './share.js';

/** @typedef {import('./state.js').Bar} Bar */

/** Until the list has been measured. */
const ROWS_FIRST = 16;
const ROWS_BESIDE = 8;
/** The id of a row's menu begins so, with the row's own behind it. */
export const ROW_MENU = 'of ';
/** Room for the longest menu of a row. */
const MENU_PX = 132;
/** What scrolls. */
const BOX = '.list, .members';

/** The rows of a list that are drawn. @param {Bar} bar @param {string} name @returns {[number, number]} */
const drawnRows = ({ late }, name) => late.rows?.get(name) ?? [0, ROWS_FIRST];

/** Rows that must not go: the one with the focus, and the one whose menu is open. @param {Bar} bar */
function inUse(bar) {
  const row = /** @type {HTMLElement | null | undefined} */ (bar.shadow.activeElement?.closest('.row'));
  return [row?.dataset.row, bar.ui.popup.startsWith(ROW_MENU) ? bar.ui.popup.slice(ROW_MENU.length) : undefined];
}

/**
 * A list of which only what is seen is drawn.
 * @template {{id: string}} T
 * @param {Bar} bar
 * @param {string} name of the list
 * @param {string} label
 * @param {T[]} items
 * @param {(item: T, place: import('./dom.js').Props) => import('./dom.js').VNode} row takes what says where it stands into its properties
 */
export function longList(bar, name, label, items, row) {
  const { length } = items;
  const [from, to] = drawnRows(bar, name);
  const places = new Set([0, length - 1]);
  for (let at = from; at < to; at += 1) places.add(at);
  for (const id of inUse(bar)) {
    const at = id === undefined ? -1 : items.findIndex((item) => item.id === id);
    if (at >= 0) for (const near of [at - 1, at, at + 1]) places.add(near);
  }
  const shown = [...places].filter((at) => at >= 0 && at < length).sort((a, b) => a - b);
  return h(
    'ul.long',
    { key: name, 'data-name': name, label, style: { '--rows': String(length) } },
    ...shown.map((at) =>
      bar.attempt(() =>
        row(items[at], {
          'data-row': items[at]?.id,
          'aria-setsize': length,
          'aria-posinset': at + 1,
          style: { '--at': String(at) },
        }),
      ),
    ),
  );
}

/** After a drawing or a scroll: looks which rows are seen, and answers whether others must be drawn. @param {Bar} bar */
export function settleLists(bar) {
  let isNews = false;
  for (const list of /** @type {NodeListOf<HTMLElement>} */ (bar.shadow.querySelectorAll('.long'))) {
    const box = list.closest(BOX);
    const { name = '' } = list.dataset;
    const rows = Number(list.style.getPropertyValue('--rows'));
    if (!box || !list.offsetHeight || !rows) continue;
    // The bar may be zoomed, and browsers differ in whether a rectangle is.
    const outer = list.getBoundingClientRect();
    const rowPx = outer.height / rows;
    const above = box.getBoundingClientRect().top - outer.top;
    const clamp = (/** @type {number} */ at) => Math.max(0, Math.min(rows, at));
    const first = clamp(Math.floor(above / rowPx));
    const last = clamp(Math.ceil((above + box.getBoundingClientRect().height) / rowPx));
    const [from, to] = drawnRows(bar, name);
    if (first >= from && last <= to) continue;
    (bar.late.rows ??= new Map()).set(name, [clamp(first - ROWS_BESIDE), clamp(last + ROWS_BESIDE)]);
    isNews = true;
  }
  return isNews;
}

/** Whether the row beside the one with the focus is not drawn: the next key would lead past it. @param {Bar} bar */
export function isAtGap(bar) {
  const row = bar.shadow.activeElement?.closest('.row');
  const place = (/** @type {Element} */ it) => Number(it.getAttribute('aria-posinset'));
  return [row?.nextElementSibling, row?.previousElementSibling].some(
    (near) => row && near && Math.abs(place(near) - place(row)) > 1,
  );
}

/** Where a menu goes that belongs to a row of a list: under the row, or above it at the list's end. @param {HTMLElement} button */
export function menuTop(button) {
  const list = button.closest('.list');
  const row = button.parentElement;
  const rows = /** @type {HTMLElement | null | undefined} */ (row?.offsetParent);
  const frame = rows?.offsetParent;
  return list && row && frame
    ? Math.max(
        0,
        Math.min(rows.offsetTop + row.offsetTop - list.scrollTop + row.offsetHeight, frame.clientHeight - MENU_PX),
      )
    : 0;
}

/** @param {Bar} bar */
export function followScroll(bar) {
  const scrolled = (/** @type {Event} */ { target }) => {
    if (target && isElement(target) && target.matches(BOX) && settleLists(bar)) bar.draw();
  };
  bar.shadow.addEventListener('scroll', scrolled, { capture: true, passive: true });
}
