// The chat bar.
//
// Owns: the element at the end of the page with its shadow root, and the drawing: changes are gathered and drawn once a
// frame, the whole description anew, of which `dom.js` changes in the page only what differs. Must not: hold what the
// core holds, take the focus for what comes from outside, or draw before the stylesheet and the words are there.

import { document, window } from '../core/page.js';
import { flashTitle, watchAlerts } from './alerts.js';
import { bar, secondsLeft } from './bar.js';
import { chatWindow } from './chat.js';
import { growInput } from './composer.js';
import { contactsPanel } from './contacts.js';
import { attempt, h, patch } from './dom.js';
import { knows, lang, pickLanguage, speak, t } from './i18n.js';
import { moveFocus, settleStops } from './keys.js';
import { settleScroll } from './log.js';
import { dismissToast, noticesPanel, roomsPanel, toasts } from './panels.js';
import { keepInPage } from './place.js';
import { settingsPanel } from './settings.js';
import { activeChat, begin, collapse, draw, escape, find, focus, im, openChat, pressed, save, takeWanted, ui } from './state.js';
import { makeHost, watchPage } from './strangers.js';

/** @typedef {import('../core/types.js').IM} IM */
/** @typedef {import('../core/types.js').ChatKey} ChatKey */

/**
 * How the bar is set up, from the attributes of the script's tag.
 * @typedef {object} WidgetOptions
 * @property {string} stylesheet its URL
 * @property {string} words the URL of those of other languages
 * @property {string} lang empty: as the page
 * @property {string} theme empty: as the user's settings say
 * @property {string[]} userLinks regular expressions whose first group is a uid or an id; empty: the usual ones
 */

/** The narrowest chat tab; fewer are shown than would be narrower. */
const TAB_PX = 128;
const TAB_ICON_PX = 64;
/** What the bar keeps from the window's edges, and room for the list of the other tabs. */
const MARGIN_PX = 88;
const TOASTS_MAX = 3;
const TOAST_MS = 12_000;
const SECOND_MS = 1000;

const PANELS = { contacts: contactsPanel, rooms: roomsPanel, notices: noticesPanel, settings: settingsPanel };

const phone = window.matchMedia('(max-width: 599px)');
const night = window.matchMedia('(prefers-color-scheme: dark)');
/** @type {HTMLElement} */
let root;

/** @type {import('./dom.js').VNode[]} */
let drawn = [];
let signs = '';
/** @type {ChatKey | ''} the chat whose window was shown last */
let shownChat = '';
let second = 0;

/** What holds for the whole bar: language, theme, size. Whether it can be drawn. @param {WidgetOptions} options */
function refresh(options) {
  const { settings } = im;
  const { opacity = settings.opacity } = ui.sliding;
  const theme = settings.theme === 'auto' ? options.theme : settings.theme;
  speak(pickLanguage([settings.lang, options.lang, document.documentElement.lang, window.navigator.language]));
  if (!knows(options.words, draw)) return false;
  ui.dark = theme === 'dark' || (theme !== 'light' && night.matches);
  ui.narrow = phone.matches;
  const sheet = ui.narrow && !ui.collapsed && (ui.panel || activeChat());
  const className = ['root', ui.dark && 'dark', ui.narrow && 'phone', sheet && 'sheet', settings.minimize_layout && 'icons'].filter(Boolean).join(' ');
  const dir = document.dir || document.body?.dir || 'ltr';
  // Touched only if something is different: each of these makes the browser style the whole bar anew.
  const now = [className, lang, dir, opacity, settings.zoom].join();
  if (now === signs) return true;
  signs = now;
  Object.assign(root, { className, lang, dir });
  root.setAttribute('aria-label', t('Chat'));
  root.style.setProperty('--zoom', String(settings.zoom / 100));
  root.style.setProperty('--opacity', `${opacity}%`);
  return true;
}

/** What cannot be made to agree with its description is made from nothing. @param {import('./dom.js').VNode[]} next */
function renew(next) {
  const isDone = attempt(() => {
    patch(root, drawn, next);
    return true;
  });
  if (!isDone) root.textContent = '';
  drawn = isDone ? next : [];
}

/** @param {ShadowRoot} shadow */
function drawNow(shadow) {
  const chat = activeChat();
  const shown = ui.collapsed ? '' : ui.panel;
  const held = /** @type {HTMLElement | null} */ (shadow.activeElement);
  /** @type {(() => import('./dom.js').Child)[]} */
  const parts = [toasts, () => chat && !(ui.narrow && shown) && chatWindow(chat), () => shown && PANELS[shown]()];
  renew([attempt(bar) ?? h('div.none'), h('div.stage', ...parts.map((part) => attempt(part)))]);
  settleStops(root);
  growInput();
  settleScroll(chat);
  fitTabs();
  const lost = held?.isConnected ? held : null;
  const target = takeWanted() ?? lost;
  if (target !== shadow.activeElement) target?.focus({ preventScroll: target === lost });
  waitForRetry();
}

/** As many tabs as the window has room for beside the other buttons. */
function fitTabs() {
  const tabs = find('tabs');
  const dock = find('bar');
  if (!tabs || !dock) return;
  const { zoom, minimize_layout: icons } = im.settings;
  const room = (window.innerWidth * 100) / zoom - MARGIN_PX - (dock.offsetWidth - tabs.offsetWidth);
  const fit = ui.narrow ? 0 : Math.max(0, Math.floor(room / (icons ? TAB_ICON_PX : TAB_PX)));
  if (fit === ui.tabs) return;
  ui.tabs = fit;
  draw();
}

/** The count-down needs a drawing a second, as long as somebody can see it. */
function waitForRetry() {
  if (second || document.hidden || !secondsLeft()) return;
  second = setTimeout(() => {
    second = 0;
    draw();
  }, SECOND_MS);
}

/** Alt, Shift and C, because neither browsers nor screen readers use it; `code` is the key's place, whatever Alt makes it write. @param {KeyboardEvent} event */
function shortcut(event) {
  if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey || event.code !== 'KeyC') return;
  event.preventDefault();
  if (ui.collapsed) collapse(false);
  focus('contacts');
}

/** On a phone the sheet ends where the keyboard begins. */
function followKeyboard() {
  root.style.setProperty('--seen-height', `${window.visualViewport?.height}px`);
  root.style.setProperty('--seen-top', `${window.visualViewport?.offsetTop}px`);
  settleScroll(activeChat());
}

/** @param {import('../core/types.js').Change} change */
function changed({ what, key }) {
  flashTitle();
  if (what === 'members' && key === im.active) ui.members = im.rooms.get(key.slice(2))?.members ?? ui.members;
  showOrLeave();
  draw();
}

/** What was open in one chat's window is not in another's. A chat that was opened by a message, or on the page before, must not cover a phone's screen; elsewhere it is shown. */
function showOrLeave() {
  if (im.active !== shownChat) Object.assign(ui, { tray: '', failure: '' });
  shownChat = im.active;
  if (!shownChat) return;
  if (ui.narrow && im.active !== ui.opened) im.activate('');
  else if (ui.collapsed) {
    ui.collapsed = false;
    save();
  }
}

/** A card above the bar, for a while; longer while somebody is at it or nobody can see it. @param {import('../core/types.js').Notice} notice */
function showNotice(notice) {
  ui.toasts = [notice, ...ui.toasts].slice(0, TOASTS_MAX);
  const leave = () => {
    if (document.hidden || root.querySelector('.toasts:is(:hover, :focus-within)')) setTimeout(leave, TOAST_MS);
    else dismissToast(notice);
  };
  setTimeout(leave, TOAST_MS);
  draw();
}

/** Opens the chat of a message if the user wants that, unless it would cover what he is doing. @param {{key: ChatKey, own: boolean}} message */
function popUp({ key, own }) {
  if (!own && im.settings.msg_auto_pop && !im.active && !document.hidden && !ui.narrow && !ui.collapsed) im.open(key);
}

/** @param {ShadowRoot} shadow */
function listen(shadow) {
  root.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.isComposing && escape(shadow.activeElement)) event.stopPropagation();
    else if (!event.defaultPrevented) moveFocus(event, root.dir === 'rtl');
  });
  window.addEventListener('keydown', shortcut);
  // When it is let go: what is pressed must not move away under the hand.
  window.addEventListener('pointerup', (event) => pressed(event.composedPath()), { capture: true });
  for (const query of [phone, night]) query.addEventListener('change', draw);
  window.addEventListener('resize', draw);
  window.addEventListener('visibilitychange', draw);
  for (const name of ['resize', 'scroll']) window.visualViewport?.addEventListener(name, followKeyboard);
  im.on('change', changed);
  im.on('notice', showNotice);
  im.on('message', popUp);
}

/**
 * @param {IM} core
 * @param {WidgetOptions} options
 */
export function createWidget(core, options) {
  const made = makeHost('nextim-bar', options.stylesheet);
  const { host, shadow } = made;
  root = made.root;
  root.setAttribute('role', 'region');
  made.sheet.addEventListener('load', draw);
  keepInPage(host, draw);
  ui.narrow = phone.matches;
  begin(core, shadow, () => {
    if (!refresh(options)) return;
    attempt(() => drawNow(shadow));
    attempt(showPresences);
  });
  refresh(options);
  watchAlerts();
  listen(shadow);
  const showPresences = watchPage(options.userLinks, options.stylesheet);
  showOrLeave();
  draw();
  return {
    /** Shows or hides the bar. */
    toggle: () => collapse(!ui.collapsed),
    /** @param {string} key a chat's, or a user's id */
    open: (key) => openChat(/^[ur]\//.test(key) ? key : `u/${key}`),
  };
}
