// The chat bar.
//
// Owns: the element at the end of the page with its shadow root, the state of what is open, and when it is drawn:
// changes are gathered and drawn once a frame, the whole description anew, of which `dom.js` changes in the page only
// what differs. Must not: hold what the core holds, take the focus for what comes from outside, or draw before the
// stylesheet is there.

import { createAlerts } from './alerts.js';
import { bar, banner } from './bar.js';
import { chatWindow } from './chat.js';
import { growInput } from './composer.js';
import { contactsPanel } from './contacts.js';
import { h, patch } from './dom.js';
import { pickLanguage, wordsOf } from './i18n.js';
import { moveFocus, settleStops } from './keys.js';
import { settleScroll } from './log.js';
import { noticesPanel, roomsPanel, settingsPanel, toasts } from './panels.js';
import { defineElement, watchPage } from './strangers.js';
import { activeChat, createView, escape, pressed, startUi } from './view.js';

/** @typedef {import('../core/types.js').IM} IM */
/** @typedef {import('../core/types.js').ChatKey} ChatKey */
/** @typedef {import('./types.js').View} View */

/**
 * How the bar is set up, from the attributes of the script's tag.
 * @typedef {object} WidgetOptions
 * @property {string} stylesheet its URL
 * @property {string} lang empty: as the page
 * @property {string} theme empty: as the user's settings say
 * @property {string[]} userLinks regular expressions whose first group is a uid or an id; empty: the usual ones
 */

const TAG = 'nextim-bar';
const NARROW = '(max-width: 599px)';
/** The narrowest chat tab; fewer are shown than would be narrower. */
const TAB_PX = 128;
const TAB_ICON_PX = 64;
/** What the bar keeps from the window's edges, and room for the list of the other tabs. */
const MARGIN_PX = 88;
const TOASTS_MAX = 3;
const TOAST_MS = 12_000;
const SECOND_MS = 1000;

const PANELS = { contacts: contactsPanel, rooms: roomsPanel, notices: noticesPanel, settings: settingsPanel };

/**
 * The bar's element, shown when its stylesheet has come.
 * @param {string} stylesheet
 */
function makeHost(stylesheet) {
  defineElement(TAG);
  const host = document.createElement(TAG);
  const shadow = host.attachShadow({ mode: 'open' });
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = stylesheet;
  const root = document.createElement('div');
  root.setAttribute('role', 'region');
  root.style.display = 'none';
  link.onload = () => root.style.removeProperty('display');
  shadow.append(link, root);
  document.body.append(host);
  return { shadow, root, link };
}


class Bar {
  /** @type {import('./dom.js').VNode[]} */
  #drawn = [];
  #frame = 0;
  #second = 0;
  #signs = '';
  /** @type {(() => Element | null | undefined) | null} what gets the focus after the next drawing */
  #focus = null;
  #phone = matchMedia(NARROW);
  #night = matchMedia('(prefers-color-scheme: dark)');

  /** @param {IM} im @param {WidgetOptions} options */
  constructor(im, options) {
    this.options = options;
    this.host = makeHost(options.stylesheet);
    const { root } = this.host;
    this.view = createView({
      im,
      root,
      ui: startUi(this.#phone.matches),
      words: wordsOf(this.#language(im)),
      draw: () => this.draw(),
      focus: (find) => {
        this.#focus = find;
        this.draw();
      },
      testSound: () => this.alerts.play(),
    });
    this.#refresh();
    this.alerts = createAlerts(this.view);
    this.#listen();
    this.showPresences = watchPage(this.view, options.userLinks);
    this.draw();
  }

  /** Draws at the next frame. */
  draw() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawNow();
    });
  }

  /** @param {IM} im */
  #language(im) {
    return pickLanguage([im.settings.lang, this.options.lang, document.documentElement.lang, navigator.language]);
  }

  /** What holds for the whole bar: language, theme, size. */
  #refresh() {
    const { view, options } = this;
    const { root } = this.host;
    const { im, ui } = view;
    const { settings } = im;
    const lang = this.#language(im);
    if (lang !== view.words.lang) view.words = wordsOf(lang);
    view.t = view.words.t;
    const theme = settings.theme === 'auto' ? options.theme : settings.theme;
    view.dark = theme === 'dark' || (theme !== 'light' && this.#night.matches);
    view.narrow = this.#phone.matches;
    im.show(!ui.collapsed && !(view.narrow && ui.panel));
    const sheet = view.narrow && !ui.collapsed && (ui.panel || activeChat(view));
    const classes = ['root', view.dark && 'dark', view.narrow && 'phone', sheet && 'sheet', settings.minimize_layout && 'icons'].filter(Boolean).join(' ');
    const dir = document.dir || document.body.dir || 'ltr';
    const opacity = ui.sliding.opacity ?? settings.opacity;
    // Touched only if something is different: each of these makes the browser style the whole bar anew.
    const signs = [classes, lang, dir, opacity, settings.zoom].join();
    if (signs === this.#signs) return;
    this.#signs = signs;
    Object.assign(root, { className: classes, lang, dir });
    root.setAttribute('aria-label', view.t('chat'));
    root.style.setProperty('--zoom', String(settings.zoom / 100));
    root.style.setProperty('--opacity', `${opacity}%`);
  }

  #drawNow() {
    this.#refresh();
    const { view } = this;
    const { shadow, root } = this.host;
    const chat = activeChat(view);
    const { panel, collapsed } = view.ui;
    const shown = collapsed ? '' : panel;
    const held = shadow.activeElement;
    const next = [
      bar(view),
      h('div', { key: 'stage', class: 'stage' }, toasts(view), chat && !(view.narrow && shown) && chatWindow(view, chat), shown && PANELS[shown](view)),
    ];
    patch(root, this.#drawn, next);
    this.#drawn = next;
    settleStops(root);
    growInput(view, chat);
    settleScroll(view, chat);
    this.#fitTabs();
    const lost = held !== shadow.activeElement && held?.isConnected ? held : null;
    const target = this.#focus?.() ?? lost;
    this.#focus = null;
    if (target instanceof HTMLElement && target !== shadow.activeElement) target.focus({ preventScroll: target === lost });
    this.#waitForRetry();
    this.showPresences?.();
  }

  /** As many tabs as the window has room for beside the other buttons. */
  #fitTabs() {
    const { view } = this;
    const { settings } = view.im;
    const dock = /** @type {HTMLElement | null} */ (this.host.root.querySelector('[data-dock]'));
    const tabs = /** @type {HTMLElement | null} */ (this.host.root.querySelector('[data-tabs]'));
    if (!dock || !tabs) return;
    const room = (innerWidth * 100) / settings.zoom - MARGIN_PX - (dock.offsetWidth - tabs.offsetWidth);
    const fit = view.narrow ? 0 : Math.max(0, Math.floor(room / (settings.minimize_layout ? TAB_ICON_PX : TAB_PX)));
    if (fit === view.ui.tabs) return;
    view.ui.tabs = fit;
    this.draw();
  }

  /** The count-down needs a drawing a second, as long as somebody can see it. */
  #waitForRetry() {
    if (this.#second || document.hidden || !banner(this.view).wait) return;
    this.#second = setTimeout(() => {
      this.#second = 0;
      this.draw();
    }, SECOND_MS);
  }

  #listen() {
    const { view } = this;
    const { root, shadow, link } = this.host;
    const draw = () => this.draw();
    root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.isComposing && escape(view, shadow.activeElement)) event.stopPropagation();
      else if (!event.defaultPrevented) moveFocus(event, root.dir === 'rtl');
    });
    addEventListener('keydown', (event) => this.#shortcut(event));
    addEventListener('pointerdown', (event) => pressed(view, event.composedPath()), { capture: true });
    for (const query of [this.#phone, this.#night]) query.addEventListener('change', draw);
    addEventListener('resize', draw);
    document.addEventListener('visibilitychange', draw);
    link.addEventListener('load', draw);
    for (const name of ['resize', 'scroll']) visualViewport?.addEventListener(name, () => this.#followKeyboard());
    view.im.on('change', (change) => this.#changed(change));
    view.im.on('notice', (notice) => this.#showNotice(notice));
    view.im.on('message', (message) => this.#popUp(message));
  }

  /** Chosen because neither browsers nor screen readers use it; `code` is the key's place, whatever Alt makes it write. @param {KeyboardEvent} event */
  #shortcut(event) {
    if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey || event.code !== 'KeyC') return;
    event.preventDefault();
    const { view } = this;
    if (view.ui.collapsed) view.collapse(false);
    view.focus(() => view.find('bar', 'contacts'));
  }

  /** On a phone the sheet ends where the keyboard begins. */
  #followKeyboard() {
    if (!visualViewport) return;
    const { style } = this.host.root;
    style.setProperty('--seen-height', `${visualViewport.height}px`);
    style.setProperty('--seen-top', `${visualViewport.offsetTop}px`);
    settleScroll(this.view, activeChat(this.view));
  }

  /** @param {import('../core/types.js').Change} change */
  #changed({ what, key }) {
    const { im, ui } = this.view;
    this.alerts.title();
    const room = what === 'members' && key ? key.slice(2) : '';
    const list = im.rooms.get(room)?.members;
    if (list && ui.members.has(room)) ui.members.set(room, list);
    this.draw();
  }

  /** A card above the bar, for a while; longer while somebody is at it or nobody can see it. @param {import('../core/types.js').Notice} notice */
  #showNotice(notice) {
    const { ui } = this.view;
    ui.toasts = [notice, ...ui.toasts].slice(0, TOASTS_MAX);
    const leave = () => {
      if (document.hidden || this.host.root.querySelector('.toasts:hover, .toasts:focus-within')) {
        setTimeout(leave, TOAST_MS);
        return;
      }
      ui.toasts = ui.toasts.filter((other) => other !== notice);
      this.draw();
    };
    setTimeout(leave, TOAST_MS);
    this.draw();
  }

  /** Opens the chat of a message if the user wants that, unless it would cover what he is doing. @param {{key: ChatKey, own: boolean}} message */
  #popUp({ key, own }) {
    const { im, ui, narrow } = this.view;
    if (own || !im.settings.msg_auto_pop || im.active || document.hidden || narrow || ui.collapsed) return;
    im.open(key);
  }
}

/**
 * @param {IM} im
 * @param {WidgetOptions} options
 */
export function createWidget(im, options) {
  const { view } = new Bar(im, options);
  return {
    /** Shows or hides the bar. */
    toggle: () => view.collapse(!view.ui.collapsed),
    /** @param {string} key a chat's, or a user's id */
    open: (key) => view.openChat(/^[ur]\//.test(key) ? key : `u/${key}`),
  };
}
