// What is open in the bar, and the ways to change it.
//
// Owns: the one bar's state and what is kept of it for the next page; opening, closing, collapsing, Escape, a press
// elsewhere; when the bar is drawn and what then gets the focus. A page has one bar, so this is one module's state.
// Must not: draw; it asks for a drawing.

import { storage } from '../core/browser.js';
import { document, isElement, window } from '../core/page.js';
import { object } from '../core/shape.js';
import { createShelf } from '../core/shelf.js';
import { PLAIN } from './style.js';

/** @typedef {import('../core/types.js').IM} IM */
/** @typedef {import('../core/types.js').ChatKey} ChatKey */
/** @typedef {import('./types.js').Ui} Ui */

const kept = createShelf(storage('localStorage'), 'nextim');

/** @type {IM} the core */
export let im;
/** @type {ShadowRoot} */
export let shadow;
/** @type {() => void} */
let paint;
let frame = 0;
/** @type {string[]} ids, of which the first that is there gets the focus after the next drawing */
let wanted = [];
/** @type {Element | null} what had the focus of the page when it was wanted */
let asker = null;

/** Ends what the bar listens to, when another build takes the page over. */
export const ending = new AbortController();

/** @type {Ui} */
export const ui = {
  collapsed: false,
  dark: false,
  narrow: false,
  panel: '',
  popup: '',
  popupTop: 0,
  query: '',
  closed: new Set(),
  tray: '',
  failure: '',
  members: null,
  format: { ...PLAIN },
  toasts: [],
  broken: new Set(),
  denied: false,
  sliding: {},
  tabs: 99,
  opened: '',
  tried: false,
};

/**
 * @param {IM} core
 * @param {ShadowRoot} tree where the bar stands
 * @param {() => void} drawNow
 */
export function begin(core, tree, drawNow) {
  im = core;
  shadow = tree;
  paint = drawNow;
  const { collapsed = ui.narrow, closed, format } = object(kept.read('bar'));
  Object.assign(ui, {
    collapsed,
    closed: new Set(Array.isArray(closed) ? closed : []),
    format: { ...PLAIN, ...object(format) },
  });
}

/** Draws at the next frame. */
export function draw() {
  if (ending.signal.aborted) return;
  frame ||= window.requestAnimationFrame(() => {
    frame = 0;
    paint();
  });
}

/** Keeps what the next page shall have. */
export function save() {
  const { collapsed, closed, format } = ui;
  kept.write('bar', { collapsed, closed, format });
  draw();
}

/** @param {string} id */
export const find = (id) => shadow.getElementById(id);

/** Focuses the first of the elements that is there, after the next drawing. @param {...string} ids */
export function focus(...ids) {
  wanted = ids;
  asker = document.activeElement;
  draw();
}

/** What shall get the focus now: of a list, its chosen or first item. Nothing, if the user went elsewhere meanwhile. @returns {HTMLElement | null | undefined} */
export function takeWanted() {
  const isElsewhere = ![asker, shadow.host, document.body].includes(document.activeElement);
  const node = isElsewhere ? null : wanted.map(find).find(Boolean);
  wanted = [];
  return node?.matches('[data-keys]')
    ? (node.querySelector('[aria-checked=true]') ?? node.querySelector('button, a'))
    : node;
}

/** The chat whose window is shown. */
export const activeChat = () => (ui.collapsed ? undefined : im.chats.find((chat) => chat.key === im.active));

/** The site does not know the user, or the log-in is on its way. */
export const isSigningIn = () => im.trouble?.code === 'login' || (ui.tried && !im.me);

/** The user does not want to be disturbed: what is new is counted, and waits. */
export const isQuiet = () => im.me?.show === 'dnd';

/** How long until the site takes more of what waits in a chat; 0 if it takes it. @param {import('../core/types.js').Chat | undefined} chat */
export const heldSeconds = (chat) => Math.max(0, Math.ceil(((chat?.held ?? 0) - Date.now()) / 1000));

/** Opens a panel, or closes it if none is named. @param {Ui['panel']} panel */
export function openPanel(panel) {
  const before = ui.panel;
  if (panel && ui.collapsed) collapse(false);
  Object.assign(ui, { panel, popup: '', query: '', denied: false });
  if (panel && ui.narrow) im.activate('');
  if (panel === 'rooms') void im.refreshRooms();
  if (panel === 'notices') {
    im.readNotices();
    ui.toasts = [];
    void im.refreshNotifications();
  }
  focus(...(panel ? ['first', 'close'] : [before]));
}

/** @param {ChatKey} key */
export function openChat(key) {
  if (ui.collapsed) collapse(false);
  ui.opened = key;
  im.open(key);
  ui.popup = '';
  if (ui.narrow || !im.settings.buddy_sticky || ui.panel !== 'contacts') ui.panel = '';
  // On a phone the field would bring up the keyboard over what there is to read.
  focus(ui.narrow ? 'log' : 'input', 'log');
}

/** Puts a chat's window away; its tab stays. */
export function minimise() {
  const key = im.active;
  im.activate('');
  focus(key, 'more');
}

/** Opens a menu, or closes it if it is open. @param {string} id its opener's @param {number} [top] where, in a list */
export function popup(id, top = 0) {
  const before = ui.popup;
  ui.popup = id === before ? '' : id;
  ui.popupTop = top;
  focus(ui.popup ? 'menu' : before);
}

/** Opens one of the things a chat's window can show beside its lines, or closes it. @param {Ui['tray']} tray */
export function toggleTray(tray) {
  const before = ui.tray;
  ui.tray = tray === before ? '' : tray;
  ui.failure = '';
  focus(ui.tray ? 'tray' : `open ${before}`, 'options');
}

/** @param {boolean} collapsed */
export function collapse(collapsed) {
  Object.assign(ui, { collapsed, popup: '', panel: '' });
  // What cannot be seen must not count as read.
  if (collapsed) im.activate('');
  save();
  focus(collapsed ? 'show' : 'hide');
}

/**
 * Puts away the innermost thing that is open and answers whether there was one.
 * @param {Element | null} from where the focus is
 */
export function escape(from) {
  const inChat = from?.closest('#chat');
  if (ui.popup) popup('');
  else if (inChat && ui.tray) toggleTray(ui.tray);
  else if (inChat) minimise();
  else if (ui.panel) openPanel('');
  else return false;
  return true;
}

/**
 * A press elsewhere closes what is open, but not contacts that are to stay.
 * @param {EventTarget[]} path of the press
 */
export function pressed(path) {
  const within = (/** @type {string} */ selector) =>
    path.some((node) => isElement(node) && shadow.contains(node) && node.matches(selector));
  const stays = ui.panel === 'contacts' && im.settings.buddy_sticky && !ui.narrow;
  const before = ui.popup + ui.panel;
  if (!within('.menu, .coming, [aria-haspopup]')) ui.popup = '';
  if (!stays && !within('#panel, .toasts, .bar')) ui.panel = '';
  if (ui.popup + ui.panel !== before) draw();
}
