// The chat bar.
//
// Owns: the element at the end of the page with its shadow root, and the drawing: changes are gathered and drawn once a
// frame, the whole description each time, of which `dom.js` changes in the page only what differs; and what stands in the
// place of a panel or a chat's window until its chunk is here. Must not: hold what the core holds, take the focus for
// what comes from outside, draw before the words are there, or import what a chunk brings.

import { document, window } from '../core/page.js';
import { watchAlerts } from './alerts.js';
import { dock, secondsLeft } from './bar.js';
import { h, patch } from './dom.js';
import { isComposing } from './guard.js';
import { makeHost } from './host.js';
import { pickLanguage } from './i18n.js';
import { compile, whenLinked } from './links.js';
import { iconButton, link, partner } from './parts.js';
import { keepInPage } from './place.js';
import { Bar, heldSeconds } from './state.js';

/** @typedef {import('../core/types.js').IM} IM */
/** @typedef {import('../core/types.js').ChatKey} ChatKey */
/** @typedef {{phone: MediaQueryList, night: MediaQueryList}} Media what the window is like */

/**
 * How the bar is set up, from the attributes of the script's tag.
 * @typedef {object} WidgetOptions
 * @property {string} style of the bar, as a stylesheet has it
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

/** What holds for the whole bar: language, theme, size. Whether it can be drawn. @param {Bar} bar @param {WidgetOptions} options @param {Media} media */
function refresh(bar, options, { phone, night }) {
  const { ui, words, root } = bar;
  const { settings } = bar.im;
  const { opacity = settings.opacity } = ui.sliding;
  const theme = settings.theme === 'auto' ? options.theme : settings.theme;
  words.lang = pickLanguage([settings.lang, options.lang, document.documentElement.lang, window.navigator.language]);
  if (!words.isSpoken()) {
    const loaded = bar.chunks.want('zh');
    if (loaded) words.learn(loaded.WORDS);
    else if (!bar.chunks.isMissing('zh')) return false;
  }
  ui.dark = theme === 'dark' || (theme !== 'light' && night.matches);
  ui.narrow = phone.matches;
  const sheet = ui.narrow && !ui.collapsed && (ui.panel || bar.activeChat());
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
  const now = [className, words.lang, words.isSpoken(), dir, opacity, settings.zoom].join();
  if (now === bar.view.signs) return true;
  bar.view.signs = now;
  Object.assign(root, { className, lang: words.lang, dir });
  root.setAttribute('aria-label', bar.t('Chat'));
  root.style.setProperty('--zoom', String(settings.zoom / 100));
  root.style.setProperty('--opacity', `${opacity}%`);
  return true;
}

/** What cannot be made to agree with its description is made from nothing. @param {Bar} bar @param {import('./dom.js').VNode[]} next */
function renew({ root, view, attempt }, next) {
  const isDone = attempt(() => {
    patch(root, view.nodes, next);
    return true;
  });
  if (!isDone) root.textContent = '';
  view.nodes = isDone ? next : [];
}

/**
 * What stands where a chunk will draw, under the id of what comes.
 * @param {Bar} bar
 * @param {import('./chunks.js').ChunkName} name
 * @param {'chat' | 'panel'} id
 * @param {string} key
 * @param {string} label
 */
function coming(bar, name, id, key, label) {
  const isGone = bar.chunks.isMissing(name);
  return h(
    'section.coming',
    { key: `coming ${key}`, id, label },
    h('span', { role: 'status' }, bar.t(isGone ? 'This could not be loaded.' : 'Loading…')),
    isGone && link(bar.t('Try again'), bar.chunks.tryAgain),
    // On a phone it may cover the bar, whose button closes it elsewhere.
    bar.ui.narrow && iconButton(bar, bar.t('Close'), 'x', id === 'chat' ? bar.minimise : () => bar.openPanel('')),
  );
}

/** The panels and the chat's window, with what draws them, as far as it is here. @param {Bar} bar */
function stageParts(bar) {
  const { im, ui, chunks } = bar;
  const chat = bar.activeChat();
  const shown = ui.collapsed ? '' : ui.panel;
  const chatShown = chat && !(ui.narrow && shown) ? chat : undefined;
  // Where chats are open one is looked at before long.
  const chats = chatShown || (im.chats.length && !ui.collapsed) ? chunks.want('chat') : undefined;
  const panels = shown || ui.popup || ui.toasts.length ? chunks.want('panels') : undefined;
  // What is missing says so, if it is a menu or a card too; they are small, and nothing says that they are on their way.
  const isOwed = !panels && chunks.isMissing('panels') && Boolean(ui.popup || ui.toasts.length);
  const title = shown
    ? bar.isSigningIn() && shown === 'contacts'
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
      panels && ui.toasts.map((notice) => bar.attempt(() => panels.noticeToast(bar, notice))),
    ),
    chatShown &&
      (chats
        ? bar.attempt(() => chats.chatWindow(bar, chatShown))
        : coming(bar, 'chat', 'chat', chatShown.key, bar.t('Chat with {}', partner(bar, chatShown).nick))),
    (shown || isOwed) &&
      (panels && shown ? bar.attempt(() => panels[shown](bar)) : coming(bar, 'panels', 'panel', shown, bar.t(title))),
  );
  return { chat, chats, stage, isWaiting: Boolean((chatShown && !chats) || ((shown || ui.popup) && !panels)) };
}

/** Draws all there is. @param {Bar} bar */
function patchAll(bar) {
  const { stage, ...rest } = stageParts(bar);
  renew(bar, [bar.attempt(() => dock(bar)) ?? h('div.none'), stage]);
  return rest;
}

/** @param {Bar} bar */
function drawNow(bar) {
  const held = /** @type {HTMLElement | null} */ (bar.shadow.activeElement);
  const { chat, chats, isWaiting } = patchAll(bar);
  const opened = bar.chunks.here('opened');
  if (opened?.settleLists(bar)) patchAll(bar);
  opened?.settleStops(bar.root);
  chats?.growInput(bar);
  chats?.settleScroll(bar, chat);
  fitTabs(bar);
  const lost = held?.isConnected ? held : null;
  const target = (isWaiting ? null : bar.takeWanted()) ?? lost;
  if (target !== bar.shadow.activeElement) target?.focus({ preventScroll: target === lost });
  waitForRetry(bar);
}

/** As many tabs as the window has room for beside the other buttons. @param {Bar} bar */
function fitTabs(bar) {
  const tabs = bar.find('tabs');
  const whole = bar.find('bar');
  if (!tabs || !whole) return;
  const { zoom, minimize_layout: icons } = bar.im.settings;
  const room = (window.innerWidth * 100) / zoom - MARGIN_PX - (whole.offsetWidth - tabs.offsetWidth);
  const fit = bar.ui.narrow ? 0 : Math.max(0, Math.floor(room / (icons ? TAB_ICON_PX : TAB_PX)));
  if (fit === bar.ui.tabs) return;
  bar.ui.tabs = fit;
  bar.draw();
}

/** The count-down needs a drawing a second, as long as somebody can see it. @param {Bar} bar */
function waitForRetry(bar) {
  if (bar.view.second || document.hidden || !(secondsLeft(bar) || heldSeconds(bar.activeChat()))) return;
  bar.view.second = setTimeout(() => {
    bar.view.second = 0;
    bar.draw();
  }, SECOND_MS);
}

/**
 * Alt, Shift and C, because neither browsers nor screen readers use it; `code` is the key's place, whatever Alt makes it
 * write. While a dialog of the page holds all else back, the bar too stays as it is.
 * @param {Bar} bar
 * @param {KeyboardEvent} event
 */
function shortcut(bar, event) {
  if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey || event.code !== 'KeyC') return false;
  if (isComposing(event) || document.querySelector('dialog:modal')) return false;
  event.preventDefault();
  if (bar.ui.collapsed) bar.collapse(false);
  bar.focus('contacts');
  return true;
}

/** A key in the bar. Whether the bar has used it. @param {Bar} bar @param {KeyboardEvent} event */
function onKey(bar, event) {
  bar.alerts.wakeSound();
  if (event.key === 'Escape') return bar.escape(bar.shadow.activeElement);
  const opened = bar.chunks.here('opened');
  return shortcut(bar, event) || (opened ? takesKey(bar, event, opened) : keepsKey(bar, event));
}

/** @param {Bar} bar @param {KeyboardEvent} event @param {import('./chunks.js').Parts['opened']} opened */
const takesKey = (bar, event, opened) => opened.takesKey(bar, event, bar.root.dir === 'rtl', () => drawNow(bar));

/** A key for the bar before what moves the focus is here: it takes its turn then, wherever earlier ones have led. @param {Bar} bar @param {KeyboardEvent} event */
function keepsKey(bar, event) {
  if (!bar.shadow.activeElement?.closest('.bar') || !/^(Home|End|Arrow(Left|Right))$/.test(event.key))
    return /^(Enter| )$/.test(event.key);
  event.preventDefault();
  bar.chunks.whenHere('opened').then(
    (opened) => takesKey(bar, event, opened),
    () => {},
  );
  return true;
}

/** @param {Bar} bar @param {import('../core/types.js').Change} change */
function changed(bar, { what, key }) {
  const { im, ui } = bar;
  bar.alerts.flashTitle();
  if (['notices', 'notifications'].includes(what) && ui.panel === 'notices' && !document.hidden) im.readNotices(); // they are seen as they come
  if (what === 'members' && key === im.active) ui.members = im.rooms.get(key.slice(2))?.members ?? ui.members;
  showOrLeave(bar);
  bar.draw();
}

/** What was open in one chat's window is not in another's. A chat that was opened by a message, or on the page before, must not cover a phone's screen; elsewhere it is shown. @param {Bar} bar */
function showOrLeave(bar) {
  const { im, ui, view } = bar;
  if (im.active !== view.chat) Object.assign(ui, { tray: '', failure: '' });
  view.chat = im.active;
  if (!view.chat) return;
  if (ui.narrow && im.active !== ui.opened) im.activate('');
  else if (ui.collapsed) {
    ui.collapsed = false;
    bar.save();
  }
}

/** Opens the chat of a message if the user wants that, unless it would cover what the user is doing. @param {Bar} bar @param {{key: ChatKey, own: boolean}} message */
function popUp(bar, { key, own }) {
  const { im, ui } = bar;
  if (
    !own &&
    !bar.isQuiet() &&
    im.settings.msg_auto_pop &&
    !im.active &&
    !document.hidden &&
    !ui.narrow &&
    !ui.collapsed
  )
    im.open(key);
}

/** @param {Bar} bar @param {Media} media */
function listen(bar, { phone, night }) {
  const { im, root, draw, signal } = bar;
  const preload = () => {
    bar.chunks.want('panels');
    bar.chunks.want('chat');
  };
  // A user who comes near will open something.
  for (const near of ['pointerenter', 'focusin']) root.addEventListener(near, preload, { once: true, signal });
  window.addEventListener('keydown', (event) => void shortcut(bar, event), { signal });
  // When it is let go: what is pressed must not move away under the hand.
  window.addEventListener('pointerup', (event) => bar.pressed(event.composedPath()), { capture: true, signal });
  for (const query of [phone, night]) query.addEventListener('change', draw, { signal });
  window.addEventListener('resize', draw, { signal });
  window.addEventListener('visibilitychange', draw, { signal });
  im.on('change', (change) => changed(bar, change));
  im.on('message', (message) => popUp(bar, message));
  im.on('missing', (part) => void bar.chunks.want(part));
}

/**
 * @param {IM} im
 * @param {import('./state.js').Kit & {giveKeys: ReturnType<typeof import('./guard.js').guardKeys>}} kit
 * @param {WidgetOptions} options
 */
export function createWidget(im, { giveKeys, ...kit }, options) {
  const sheet = new window.CSSStyleSheet();
  sheet.replaceSync(options.style);
  const place = makeHost('nextim-bar', [sheet]);
  place.root.setAttribute('role', 'region');
  const media = {
    phone: window.matchMedia('(max-width: 599px)'),
    night: window.matchMedia('(prefers-color-scheme: dark)'),
  };
  const patterns = compile(options.userLinks);
  let isLinked = false;
  const bar = new Bar(im, place, kit, media.phone.matches, () => {
    if (!refresh(bar, options, media)) return;
    bar.attempt(() => drawNow(bar));
    if (isLinked) bar.attempt(() => bar.chunks.want('strangers')?.showPresences(bar, patterns));
  });
  keepInPage(place.host, bar.draw, kit.signal);
  refresh(bar, options, media);
  watchAlerts(bar);
  giveKeys(bar.root, (event) => onKey(bar, event));
  listen(bar, media);
  const linked = (/** @type {string[]} */ names) => {
    im.linked = names;
    isLinked = true;
    bar.draw();
  };
  whenLinked(patterns, linked, kit.signal);
  showOrLeave(bar);
  if (options.panel) bar.openPanel(options.panel);
  bar.draw();
  return {
    /** Which panel is open. */
    panel: () => bar.ui.panel,
    /** Shows or hides the bar. */
    toggle: () => bar.collapse(!bar.ui.collapsed),
    /** @param {string} key a chat's, or a user's id */
    open: (key) => bar.openChat(/^[ur]\//.test(key) ? key : `u/${key}`),
  };
}
