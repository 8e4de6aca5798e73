// The arrow keys.
//
// Owns: how they lead through lists, menus, grids and the bar, so that each list is one stop of the Tab key
// (`data-keys`: v, h or g by its direction; in the bar every button stays a stop). Must not: know what Escape closes.

/** Of a grid. */
const COLUMNS = 8;
/** The button beside an item stands for it. */
const BESIDE = '.more, .tx';

/** The items of a list, but not those of a menu that is open within the bar. @param {Element} list @returns {HTMLElement[]} */
function itemsOf(list) {
  const items = [.../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll(`:is(button, a):not(${BESIDE})`))];
  return list.matches('.bar') ? items.filter((item) => !item.closest('.menu')) : items;
}

/** Makes one item, and the button beside it, the list's Tab stop. @param {HTMLElement[]} items @param {HTMLElement | undefined} chosen */
function choose(items, chosen) {
  for (const item of items) {
    const tabIndex = item === chosen ? 0 : -1;
    const beside = /** @type {HTMLElement | null} */ (item.nextElementSibling);
    if (item.tabIndex !== tabIndex) item.tabIndex = tabIndex;
    if (beside?.tabIndex === ~tabIndex && beside.matches(BESIDE)) beside.tabIndex = tabIndex;
  }
}

/** After a drawing: every list has exactly one Tab stop. @param {ParentNode} root */
export function settleStops(root) {
  for (const list of root.querySelectorAll('[data-keys]:not(.bar)')) {
    const items = itemsOf(list);
    const chosen = items.filter((item) => item.getAttribute('tabindex') === '0');
    choose(items, chosen.length === 1 ? chosen[0] : items[0]);
  }
}

/** Moves the focus if the key is one that does, and answers whether it is. @param {Element} target @param {KeyboardEvent} event @param {boolean} rtl */
export function moveFocus(target, event, rtl) {
  const list = target.closest('[data-keys]');
  const kind = list?.getAttribute('data-keys');
  if (!list || !kind || target.matches('input, textarea, select')) return false;
  const items = itemsOf(list);
  const at = items.findIndex(
    (item) => item === target || (target.matches(BESIDE) && item === target.previousElementSibling),
  );
  const forward = rtl ? -1 : 1;
  const across = kind === 'v' ? 0 : ({ ArrowRight: forward, ArrowLeft: -forward }[event.key] ?? 0);
  const down = ({ ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0) * ({ v: 1, g: COLUMNS }[kind] ?? 0);
  const edge = { Home: 0, End: items.length - 1 }[event.key];
  const to = edge ?? at + across + down;
  if (at < 0 || (to === at && edge === undefined)) return false;
  const round = list.matches('.menu, .bar');
  const next = items[round ? (to + items.length) % items.length : Math.max(0, Math.min(items.length - 1, to))];
  event.preventDefault();
  if (kind !== 'bar') choose(items, next);
  next?.focus();
  return true;
}
