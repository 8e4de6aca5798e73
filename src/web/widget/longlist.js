// Lists that may be long.
//
// Owns: which rows of a list are drawn: those that are seen with some beside them, the first and the last, and those next
// to the row that is in use, so that keys lead everywhere; where the menu of a row goes. All rows are of one height, and
// each knows its place whether its neighbours are there or not. Must not: know what a row shows.

import { attempt, draw, h, isElement, shadow, ui } from './share.js';

/** Until the list has been measured. */
const ROWS_FIRST = 16;
const ROWS_BESIDE = 8;
/** The id of a row's menu begins so, with the row's own behind it. */
export const ROW_MENU = 'of ';
/** Room for the longest menu of a row. */
const MENU_PX = 132;
/** What scrolls. */
const BOX = '.list, .members';

/** The rows that are drawn, by list: the first, and the one after the last. @type {Map<string, [number, number]>} */
const drawn = new Map();

/** Rows that must not go: the one with the focus, and the one whose menu is open. */
function inUse() {
  const row = /** @type {HTMLElement | null | undefined} */ (shadow.activeElement?.closest('.row'));
  return [row?.dataset.row, ui.popup.startsWith(ROW_MENU) ? ui.popup.slice(ROW_MENU.length) : undefined];
}

/**
 * A list of which only what is seen is drawn.
 * @template {{id: string}} T
 * @param {string} name of the list
 * @param {string} label
 * @param {T[]} items
 * @param {(item: T, place: import('./dom.js').Props) => import('./dom.js').VNode} row takes what says where it stands into its properties
 */
export function longList(name, label, items, row) {
  const { length } = items;
  const [from, to] = drawn.get(name) ?? [0, ROWS_FIRST];
  const places = new Set([0, length - 1]);
  for (let at = from; at < to; at += 1) places.add(at);
  for (const id of inUse()) {
    const at = id === undefined ? -1 : items.findIndex((item) => item.id === id);
    if (at >= 0) for (const near of [at - 1, at, at + 1]) places.add(near);
  }
  const shown = [...places].filter((at) => at >= 0 && at < length).sort((a, b) => a - b);
  return h(
    'ul.long',
    { key: name, 'data-name': name, label, style: { '--rows': String(length) } },
    ...shown.map((at) =>
      attempt(() =>
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

/** After a drawing or a scroll: looks which rows are seen, and answers whether others must be drawn. */
export function settleLists() {
  let isNews = false;
  for (const list of /** @type {NodeListOf<HTMLElement>} */ (shadow.querySelectorAll('.long'))) {
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
    const [from, to] = drawn.get(name) ?? [0, ROWS_FIRST];
    if (first >= from && last <= to) continue;
    drawn.set(name, [clamp(first - ROWS_BESIDE), clamp(last + ROWS_BESIDE)]);
    isNews = true;
  }
  return isNews;
}

/** Whether the row beside the one with the focus is not drawn: the next key would lead past it. */
export function isAtGap() {
  const row = shadow.activeElement?.closest('.row');
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

/** @param {Event} event */
function scrolled({ target }) {
  if (target && isElement(target) && target.matches(BOX) && settleLists()) draw();
}

shadow.addEventListener('scroll', scrolled, { capture: true, passive: true });
