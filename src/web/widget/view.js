// What can be done in the bar.
//
// Owns: the state of what is open, what is kept of it for the next page, and the ways to change it: open, close,
// collapse, Escape, a press elsewhere. Must not: draw; it asks for a drawing.

import { PLAIN } from './style.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('./types.js').Ui} Ui */

const KEPT = 'nextim.bar';

/** What the user had on the page before. @returns {Partial<{collapsed: boolean, closed: string[], format: Ui['format']}>} */
function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}') ?? {};
  } catch {
    return {};
  }
}

/** @param {boolean} narrow @returns {Ui} */
export function startUi(narrow) {
  const { collapsed = narrow, closed = [], format } = kept();
  return {
    collapsed, panel: '', popup: '', popupTop: 0, query: '', closed: new Set(closed), tray: '', failure: '', members: new Map(),
    format: { ...PLAIN, ...format }, toasts: [], broken: new Set(), denied: false, sliding: {}, tabs: 99, tried: false,
  };
}

/**
 * How the view reaches what draws it.
 * @typedef {object} Stage
 * @property {import('../core/types.js').IM} im
 * @property {Ui} ui
 * @property {import('./i18n.js').Words} words
 * @property {HTMLElement} root
 * @property {() => void} draw
 * @property {(find: () => Element | null | undefined) => void} focus
 * @property {() => void} testSound
 */

/** @param {Stage} stage @returns {View} */
export function createView({ im, ui, words, root, draw, focus, testSound }) {
  /** @type {View} */
  const view = {
    im, ui, words, t: words.t, dark: false, narrow: false, draw, focus, testSound,
    find: (name, value) => [...root.querySelectorAll(`[data-${name}]`)].map((node) => /** @type {HTMLElement} */ (node)).find((node) => node.dataset[name] === value),
    save() {
      try {
        localStorage.setItem(KEPT, JSON.stringify({ collapsed: ui.collapsed, closed: [...ui.closed], format: ui.format }));
      } catch {
        // A browser without storage forgets.
      }
      draw();
    },
    openPanel(panel) {
      const before = ui.panel;
      if (panel && ui.collapsed) view.collapse(false);
      Object.assign(ui, { panel, popup: '', query: '', denied: false });
      if (panel && view.narrow) im.activate('');
      if (panel === 'rooms') void im.refreshRooms();
      if (panel === 'notices') {
        im.readNotices();
        ui.toasts = [];
        void im.refreshNotifications();
      }
      focus(() => (panel ? (root.querySelector('#panel [data-first]') ?? root.querySelector('#panel button')) : view.find('bar', before)));
    },
    openChat(key) {
      if (ui.collapsed) view.collapse(false);
      im.open(key);
      Object.assign(ui, { popup: '', tray: '', failure: '' });
      if (view.narrow || !im.settings.buddy_sticky || ui.panel !== 'contacts') ui.panel = '';
      // On a phone the field would bring up the keyboard over what there is to read.
      focus(() => view.find(view.narrow ? 'log' : 'input', key) ?? view.find('log', key));
    },
    popup(id, top = 0) {
      const before = ui.popup;
      Object.assign(ui, { popup: id, popupTop: top });
      focus(() => {
        const menu = id && view.find('menu', id);
        return menu ? (menu.querySelector('[aria-checked=true]') ?? menu.querySelector('[data-k]')) : view.find('opener', before);
      });
    },
    collapse(collapsed) {
      Object.assign(ui, { collapsed, popup: '', panel: '' });
      view.save();
      focus(() => view.find('bar', collapsed ? 'show' : 'hide'));
    },
  };
  return view;
}

/** The chat whose window is shown. @param {View} view */
export function activeChat({ im, ui }) {
  return ui.collapsed ? undefined : im.chats.find((chat) => chat.key === im.active);
}

/**
 * Puts away the innermost thing that is open and answers whether there was one.
 * @param {View} view
 * @param {Element | null} from where the focus is
 */
export function escape(view, from) {
  const { im, ui } = view;
  const inChat = Boolean(from?.closest('.chat'));
  if (ui.popup) view.popup('');
  else if (ui.tray && inChat) {
    const tray = ui.tray;
    ui.tray = '';
    view.focus(() => view.find('opens', tray) ?? view.find('opener', 'chat'));
  } else if (ui.panel && !inChat) view.openPanel('');
  else if (activeChat(view) && inChat) {
    const key = im.active;
    im.activate('');
    view.focus(() => view.find('bar', key) ?? view.find('bar', 'more'));
  } else return false;
  return true;
}

/**
 * A press elsewhere closes what is open, but not contacts that are to stay.
 * @param {View} view
 * @param {EventTarget[]} path of the press
 */
export function pressed(view, path) {
  const { im, ui } = view;
  const within = (/** @type {string} */ selector) => path.some((node) => node instanceof Element && node.matches(selector));
  const stays = ui.panel === 'contacts' && im.settings.buddy_sticky && !view.narrow;
  const menu = ui.popup && !within('[data-menu], [data-opener]');
  const panel = ui.panel && !stays && !within('#panel, .toasts, [data-bar]');
  if (menu) ui.popup = '';
  if (panel) ui.panel = '';
  if (menu || panel) view.draw();
}
