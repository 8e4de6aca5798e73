// The chat bar.
//
// Owns: the element at the end of the page with its shadow root, and the drawing: changes are gathered and drawn once a
// frame, the whole description each time, of which `dom.js` changes in the page only what differs; and what stands in the
// place of a panel or a chat's window until its chunk is here. Must not: hold what the core holds, take the focus for
// what comes from outside, draw before the words are there, or import what a chunk brings.

import { document, window } from '../core/page.js';
import { flashTitle, wakeSound, watchAlerts } from './alerts.js';
import { bar, secondsLeft } from './bar.js';
import { beginChunks, chunk, isMissing, ofChunk, tryAgain, whenHere } from './chunks.js';
import { attempt, h, patch } from './dom.js';
import { giveKeys, isComposing } from './guard.js';
import { makeHost } from './host.js';
import { isSpoken, lang, learn, pickLanguage, speak, t } from './i18n.js';
import { compile, whenLinked } from './links.js';
import { iconButton, link, partner } from './parts.js';
import { keepInPage } from './place.js';
import {
  activeChat,
  begin,
  collapse,
  draw,
  ending,
  escape,
  find,
  focus,
  heldSeconds,
  im,
  isQuiet,
  isSigningIn,
  minimise,
  openChat,
  openPanel,
  pressed,
  save,
  shadow,
  takeWanted,
  ui,
} from './state.js';

/** @typedef {import('../core/types.js').IM} IM */
/** @typedef {import('../core/types.js').ChatKey} ChatKey */

/**
 * How the bar is set up, from the attributes of the script's tag.
 * @typedef {object} WidgetOptions
 * @property {string} style of the bar, as a stylesheet has it
 * @property {Parameters<typeof beginChunks>[0]} load fetches a chunk
 * @property {string} lang empty: as the page
 * @property {string} theme empty: as the user's settings say
 * @property {import('./types.js').Ui['panel']} [panel] that is open from the beginning
 * @property {string[]} userLinks regular expressions whose first group is a uid or an id; empty: the usual ones
 */

/** The narrowest chat tab; fewer are shown than would be narrower. */
const TAB_PX = 128;
const TAB_ICON_PX = 64;
/** What the bar keeps from the window's edges, and room for the list of the other tabs. */
const MARGIN_PX = 88;
const SECOND_MS = 1000;

const TITLES = { contacts: 'Contacts', rooms: 'Rooms', notices: 'Notifications', settings: 'Settings' };

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
  if (!isSpoken()) {
    const words = chunk('zh');
    if (words) learn(words.WORDS);
    else if (!isMissing('zh')) return false;
  }
  ui.dark = theme === 'dark' || (theme !== 'light' && night.matches);
  ui.narrow = phone.matches;
  const sheet = ui.narrow && !ui.collapsed && (ui.panel || activeChat());
  const className = [
    'root',
    ui.dark && 'dark',
    ui.narrow && 'phone',
    sheet && 'sheet',
    settings.minimize_layout && 'icons',
  ]
    .filter(Boolean)
    .join(' ');
  const dir = document.dir || document.body?.dir || 'ltr';
  // Touched only if something is different: each of these makes the browser style the whole bar again.
  const now = [className, lang, isSpoken(), dir, opacity, settings.zoom].join();
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

/**
 * What stands where a chunk will draw, under the id of what comes.
 * @param {import('./chunks.js').ChunkName} name
 * @param {'chat' | 'panel'} id
 * @param {string} key
 * @param {string} label
 */
function coming(name, id, key, label) {
  const isGone = isMissing(name);
  return h(
    'section.coming',
    { key: `coming ${key}`, id, label },
    h('span', { role: 'status' }, t(isGone ? 'This could not be loaded.' : 'Loading…')),
    isGone && link(t('Try again'), tryAgain),
    // On a phone it may cover the bar, whose button closes it elsewhere.
    ui.narrow && iconButton(t('Close'), 'x', id === 'chat' ? minimise : () => openPanel('')),
  );
}

/** The panels and the chat's window, with what draws them, as far as it is here. */
function stageParts() {
  const chat = activeChat();
  const shown = ui.collapsed ? '' : ui.panel;
  const chatShown = chat && !(ui.narrow && shown) ? chat : undefined;
  // Where chats are open one is looked at before long.
  const chats = chatShown || (im.chats.length && !ui.collapsed) ? chunk('chat') : undefined;
  const panels = shown || ui.popup || ui.toasts.length ? chunk('panels') : undefined;
  // What is missing says so, if it is a menu or a card too; they are small, and nothing says that they are on their way.
  const isOwed = !panels && isMissing('panels') && Boolean(ui.popup || ui.toasts.length);
  const title = shown
    ? isSigningIn() && shown === 'contacts'
      ? 'Sign in to chat'
      : TITLES[shown]
    : ui.popup
      ? 'Menu'
      : TITLES.notices;
  const stage = h(
    'div.stage',
    h(
      'div.toasts',
      { key: 'toasts', role: 'status', part: 'toasts' },
      panels && ui.toasts.map((notice) => attempt(() => panels.noticeToast(notice))),
    ),
    chatShown &&
      (chats
        ? attempt(() => chats.chatWindow(chatShown))
        : coming('chat', 'chat', chatShown.key, t('Chat with {}', partner(chatShown).nick))),
    (shown || isOwed) &&
      (panels && shown ? attempt(() => panels[shown]()) : coming('panels', 'panel', shown, t(title))),
  );
  return { chat, chats, stage, isWaiting: Boolean((chatShown && !chats) || ((shown || ui.popup) && !panels)) };
}

/** Draws all there is. */
function patchAll() {
  const { stage, ...rest } = stageParts();
  renew([attempt(bar) ?? h('div.none'), stage]);
  return rest;
}

function drawNow() {
  const held = /** @type {HTMLElement | null} */ (shadow.activeElement);
  const { chat, chats, isWaiting } = patchAll();
  if (ofChunk('opened')?.settleLists()) patchAll();
  ofChunk('opened')?.settleStops(root);
  chats?.growInput();
  chats?.settleScroll(chat);
  fitTabs();
  const lost = held?.isConnected ? held : null;
  const target = (isWaiting ? null : takeWanted()) ?? lost;
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
  if (second || document.hidden || !(secondsLeft() || heldSeconds(activeChat()))) return;
  second = setTimeout(() => {
    second = 0;
    draw();
  }, SECOND_MS);
}

/**
 * Alt, Shift and C, because neither browsers nor screen readers use it; `code` is the key's place, whatever Alt makes it
 * write. While a dialog of the page holds all else back, the bar too stays as it is.
 * @param {KeyboardEvent} event
 */
function shortcut(event) {
  if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey || event.code !== 'KeyC') return false;
  if (isComposing(event) || document.querySelector('dialog:modal')) return false;
  event.preventDefault();
  if (ui.collapsed) collapse(false);
  focus('contacts');
  return true;
}

/** A key in the bar. Whether the bar has used it. @param {KeyboardEvent} event */
function onKey(event) {
  wakeSound();
  if (event.key === 'Escape') return escape(shadow.activeElement);
  return shortcut(event) || (ofChunk('opened')?.takesKey(event, isMirrored(), drawNow) ?? keepsKey(event));
}

const isMirrored = () => root.dir === 'rtl';

/** A key for the bar before what moves the focus is here: it takes its turn then, wherever earlier ones have led. @param {KeyboardEvent} event */
function keepsKey(event) {
  if (!shadow.activeElement?.closest('.bar') || !/^(Home|End|Arrow(Left|Right))$/.test(event.key))
    return /^(Enter| )$/.test(event.key);
  event.preventDefault();
  whenHere('opened').then(
    (opened) => opened.takesKey(event, isMirrored(), drawNow),
    () => {},
  );
  return true;
}

/** @param {import('../core/types.js').Change} change */
function changed({ what, key }) {
  flashTitle();
  if (['notices', 'notifications'].includes(what) && ui.panel === 'notices' && !document.hidden) im.readNotices(); // they are seen as they come
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

/** Opens the chat of a message if the user wants that, unless it would cover what the user is doing. @param {{key: ChatKey, own: boolean}} message */
function popUp({ key, own }) {
  if (!own && !isQuiet() && im.settings.msg_auto_pop && !im.active && !document.hidden && !ui.narrow && !ui.collapsed)
    im.open(key);
}

function preload() {
  chunk('panels');
  chunk('chat');
}

function listen() {
  const { signal } = ending;
  giveKeys(root, onKey);
  // A user who comes near will open something.
  for (const near of ['pointerenter', 'focusin']) root.addEventListener(near, preload, { once: true, signal });
  window.addEventListener('keydown', shortcut, { signal });
  // When it is let go: what is pressed must not move away under the hand.
  window.addEventListener('pointerup', (event) => pressed(event.composedPath()), { capture: true, signal });
  for (const query of [phone, night]) query.addEventListener('change', draw, { signal });
  window.addEventListener('resize', draw, { signal });
  window.addEventListener('visibilitychange', draw, { signal });
  im.on('change', changed);
  im.on('message', popUp);
  im.on('missing', (part) => void chunk(part));
}

/**
 * @param {IM} core
 * @param {WidgetOptions} options
 */
export function createWidget(core, options) {
  const sheet = new window.CSSStyleSheet();
  sheet.replaceSync(options.style);
  const made = makeHost('nextim-bar', [sheet]);
  root = made.root;
  root.setAttribute('role', 'region');
  keepInPage(made.host, draw, ending.signal);
  ui.narrow = phone.matches;
  begin(core, made.shadow, () => {
    if (!refresh(options)) return;
    attempt(drawNow);
    if (isLinked) attempt(() => chunk('strangers')?.showPresences(patterns));
  });
  beginChunks(options.load);
  refresh(options);
  watchAlerts();
  listen();
  const patterns = compile(options.userLinks);
  let isLinked = false;
  const linked = (/** @type {string[]} */ names) => {
    im.linked = names;
    isLinked = true;
    draw();
  };
  whenLinked(patterns, linked, ending.signal);
  showOrLeave();
  if (options.panel) openPanel(options.panel);
  draw();
  return {
    /** Shows or hides the bar. */
    toggle: () => collapse(!ui.collapsed),
    /** @param {string} key a chat's, or a user's id */
    open: (key) => openChat(/^[ur]\//.test(key) ? key : `u/${key}`),
  };
}
