// Menus.
//
// Owns: how one is described. Must not: know what its entries do, or which one is open.

import { h, icon } from './share.js';

/** @typedef {import('./state.js').Bar} Bar */

/**
 * The menu that is open. Its opener carries `opener(id)`.
 * @param {Bar} bar
 * @param {string} id
 * @param {string} label
 * @param {import('./parts.js').Item[]} items
 */
export function menu(bar, id, label, items) {
  const entry = (/** @type {import('./parts.js').Item} */ { label: text, mark, end, run, href, props, checked }) =>
    h(
      href ? 'a' : 'button',
      {
        href,
        role: checked === undefined ? 'menuitem' : 'menuitemradio',
        'aria-checked': checked,
        ...props,
        onclick: () => {
          bar.popup(id);
          run?.();
        },
      },
      h('span.mark', mark),
      h('span.cut', text),
      checked ? icon(bar, 'check') : end,
    );
  return h(
    'div.menu',
    {
      id: 'menu',
      role: 'menu',
      label,
      'data-keys': 'v',
      style: { top: bar.ui.popupTop ? `${bar.ui.popupTop}px` : '' },
    },
    ...items.map(entry),
  );
}
