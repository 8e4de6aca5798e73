// The keyboard within the bar.
//
// Owns: arrow keys in lists, menus, grids and the bar (`data-keys`: v, h or g; items carry `data-k`), so that each list
// is one stop of the Tab key. Must not: know what Escape closes.

import { COLUMNS } from './emoji.js';

/** @param {Element} list @returns {HTMLElement[]} */
const itemsOf = (list) => [...list.querySelectorAll('[data-k]')].map((item) => /** @type {HTMLElement} */ (item));

/** Makes one item, and the button beside it, the list's Tab stop. @param {HTMLElement[]} items @param {HTMLElement | undefined} chosen */
function choose(items, chosen) {
  for (const item of items) {
    const tabIndex = item === chosen ? 0 : -1;
    if (item.tabIndex !== tabIndex) item.tabIndex = tabIndex;
    const beside = item.parentElement?.querySelector(':scope > [data-sub]');
    if (beside instanceof HTMLElement && beside.tabIndex !== tabIndex) beside.tabIndex = tabIndex;
  }
}

/** After a drawing: every list has exactly one Tab stop. @param {ParentNode} root */
export function settleStops(root) {
  for (const list of root.querySelectorAll('[data-keys]')) {
    const items = itemsOf(list);
    const chosen = [...list.querySelectorAll('[data-k][tabindex="0"]')];
    choose(items, items[chosen.length === 1 ? items.indexOf(/** @type {HTMLElement} */ (chosen[0])) : 0]);
  }
}

/**
 * How far a key goes in a list of a kind.
 * @param {string} kind
 * @param {string} key
 * @param {boolean} rtl
 */
function stepOf(kind, key, rtl) {
  const forward = rtl ? -1 : 1;
  const across = { ArrowRight: forward, ArrowLeft: -forward }[key] ?? 0;
  const down = { ArrowDown: 1, ArrowUp: -1 }[key] ?? 0;
  if (kind === 'v') return down;
  return kind === 'h' ? across : across + down * COLUMNS;
}

/** Moves the focus if the key is one that does. @param {KeyboardEvent} event @param {boolean} rtl */
export function moveFocus(event, rtl) {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement) || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
  const inBar = target.closest('[data-arrows]');
  const list = target.closest('[data-keys]') ?? inBar;
  if (!list) return;
  const kind = list.getAttribute('data-keys') ?? 'h';
  const items = itemsOf(list);
  // The button beside an item stands for it.
  const at = target.matches('[data-k]') ? items.indexOf(target) : items.findIndex((item) => item.parentElement === target.parentElement);
  const step = stepOf(kind, event.key, rtl);
  const edge = { Home: 0, End: items.length - 1 }[event.key];
  if ((!step && edge === undefined) || at < 0) return;
  const menu = list.getAttribute('role') === 'menu' || list === inBar;
  const to = edge ?? at + step;
  const next = items[menu ? (to + items.length) % items.length : Math.max(0, Math.min(items.length - 1, to))];
  event.preventDefault();
  if (list !== inBar) choose(items, next);
  next?.focus();
}
