// What is open in the bar, and the ways to change it.
//
// Owns: `Bar`, all that one bar remembers, with what is kept of it for the next page; opening, closing, collapsing, Escape,
// a press elsewhere; when the bar is drawn and what then gets the focus. All that draws is given it.
// Must not: draw; it asks for a drawing.

import { storage } from '../core/browser.js';
import { document, isElement, window } from '../core/page.js';
import { object } from '../core/shape.js';
import { createShelf } from '../core/shelf.js';
import { createAlerts } from './alerts.js';
import { Chunks } from './chunks.js';
import { attempt } from './dom.js';
import { Words } from './i18n.js';
import { LINES } from './icons.js';
import { siteUrl } from './parts.js';
import { PLAIN } from './style.js';

/** @typedef {import('../core/types.js').IM} IM */
/** @typedef {import('../core/types.js').ChatKey} ChatKey */
/** @typedef {import('./types.js').Ui} Ui */

/**
 * What a bar is made with.
 * @typedef {object} Kit
 * @property {AbortSignal} signal of the bar's end, when another build takes the page over
 * @property {(error: unknown) => void} report gets our own errors
 * @property {import('./chunks.js').Load} load fetches a chunk
 * @property {string} login the site's own page to log in, where `{page}` stands for the page to come back to; empty if there is none
 */

/** How long until the site takes more of what waits in a chat; 0 if it takes it. @param {import('../core/types.js').Chat | undefined} chat */
export const heldSeconds = (chat) => Math.max(0, Math.ceil(((chat?.held ?? 0) - Date.now()) / 1000));

/** The one object that the parts of a bar share. */
export class Bar {
  /** @type {Ui} */
  ui;
  /** What was drawn last. */
  view = {
    /** @type {import('./dom.js').VNode[]} */
    nodes: [],
    signs: '',
    /** @type {ChatKey | ''} the chat whose window was shown */
    chat: '',
    second: 0, // the timer of a count-down
  };
  /** @type {import('./types.js').Late} */
  late = {};
  /** The pictures that are here, by name. @type {Record<string, string>} */
  icons = { ...LINES };
  words = new Words();
  t = this.words.t;
  number = this.words.number;
  seconds = this.words.seconds;
  #kept = createShelf(storage('localStorage'), 'nextim');
  #paint;
  #login;
  #frame = 0;
  /** @type {string[]} ids, of which the first that is there gets the focus after the next drawing */
  #wanted = [];
  /** @type {Element | null} what had the focus of the page when it was wanted */
  #asker = null;

  /**
   * @param {IM} im the core
   * @param {Pick<ReturnType<typeof import('./host.js').makeHost>, 'root' | 'shadow'>} place where the bar stands
   * @param {Kit} kit
   * @param {boolean} narrow
   * @param {() => void} paint draws it
   */
  constructor(im, { root, shadow }, { signal, report, load, login }, narrow, paint) {
    this.im = im;
    this.root = root;
    this.shadow = shadow;
    this.signal = signal;
    this.report = report;
    this.#paint = paint;
    this.#login = login;
    this.chunks = new Chunks(this, load);
    this.alerts = createAlerts(this);
    const { collapsed = narrow, closed, format } = object(this.#kept.read('bar'));
    this.ui = {
      collapsed: Boolean(collapsed),
      dark: false,
      narrow,
      panel: '',
      popup: '',
      popupTop: 0,
      query: '',
      listPx: 0,
      closed: new Set(Array.isArray(closed) ? closed : []),
      tray: '',
      failure: '',
      members: null,
      memberQuery: '',
      format: { ...PLAIN, ...object(format) },
      toasts: [],
      broken: new Set(),
      denied: false,
      sliding: {},
      tabs: 99,
      opened: '',
      tried: false,
    };
  }

  /** The description of a part; what cannot be described is left out, and harms no other. @template T @param {() => T} make */
  attempt = (make) => attempt(make, this.report);

  /** Draws at the next frame. */
  draw = () => {
    if (this.signal.aborted || this.#frame) return;
    this.#frame = window.requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  };

  /** Keeps what the next page shall have. */
  save() {
    const { collapsed, closed, format } = this.ui;
    this.#kept.write('bar', { collapsed, closed, format });
    this.draw();
  }

  /** @param {string} id */
  find = (id) => this.shadow.getElementById(id);

  /** Focuses the first of the elements that is there, after the next drawing. @param {...string} ids */
  focus(...ids) {
    this.#wanted = ids;
    this.#asker = document.activeElement;
    this.draw();
  }

  /** What shall get the focus now: of a list, its chosen or first item. Nothing, if the user went elsewhere meanwhile. @returns {HTMLElement | null | undefined} */
  takeWanted() {
    const isElsewhere = ![this.#asker, this.shadow.host, document.body].includes(document.activeElement);
    const node = isElsewhere ? null : this.#wanted.map(this.find).find(Boolean);
    this.#wanted = [];
    return node?.matches('[data-keys]')
      ? (node.querySelector('[aria-checked=true]') ?? node.querySelector('button, a'))
      : node;
  }

  /** The chat whose window is shown. */
  activeChat = () => (this.ui.collapsed ? undefined : this.im.chats.find((chat) => chat.key === this.im.active));

  /** The site does not know the user, or the log-in is on its way. */
  isSigningIn = () => this.im.trouble?.code === 'login' || (this.ui.tried && !this.im.me);

  /** The site's own page to log in, from which there is a way back to this page as it is now; empty if the site named none. */
  logInUrl() {
    const url = siteUrl(this.#login.replace('{page}', encodeURIComponent(window.location.href)));
    return /^https?:/.test(url) ? url : '';
  }

  /** The user does not want to be disturbed: what is new is counted, and waits. */
  isQuiet = () => this.im.me?.show === 'dnd';

  /** Opens a panel, or closes it if none is named. @param {Ui['panel']} panel */
  openPanel(panel) {
    const { im, ui } = this;
    const before = ui.panel;
    if (panel && ui.collapsed) this.collapse(false);
    Object.assign(ui, { panel, popup: '', query: '', denied: false });
    if (panel && ui.narrow) im.activate('');
    if (panel === 'rooms') void im.refreshRooms();
    if (panel === 'notices') {
      im.readNotices();
      ui.toasts = [];
      void im.refreshNotifications();
    }
    this.focus(...(panel ? ['first', 'close'] : [before]));
  }

  /** @param {ChatKey} key */
  openChat(key) {
    const { im, ui } = this;
    if (ui.collapsed) this.collapse(false);
    ui.opened = key;
    im.open(key);
    ui.popup = '';
    if (ui.narrow || !im.settings.buddy_sticky || ui.panel !== 'contacts') ui.panel = '';
    // On a phone the field would bring up the keyboard over what there is to read.
    this.focus(ui.narrow ? 'log' : 'input', 'log');
  }

  /** Puts a chat's window away; its tab stays. */
  minimise = () => {
    const { im } = this;
    const key = im.active;
    im.activate('');
    this.focus(key, 'more');
  };

  /** Opens a menu, or closes it if it is open. @param {string} id its opener's @param {number} [top] where, in a list */
  popup(id, top = 0) {
    const { ui } = this;
    const before = ui.popup;
    ui.popup = id === before ? '' : id;
    ui.popupTop = top;
    this.focus(ui.popup ? 'menu' : before);
  }

  /** Opens one of the things a chat's window can show beside its lines, or closes it. @param {Ui['tray']} tray */
  toggleTray(tray) {
    const { ui } = this;
    const before = ui.tray;
    ui.tray = tray === before ? '' : tray;
    ui.failure = '';
    this.focus(ui.tray ? 'tray' : `open ${before}`, 'options');
  }

  /** @param {boolean} collapsed */
  collapse(collapsed) {
    Object.assign(this.ui, { collapsed, popup: '', panel: '' });
    // What cannot be seen must not count as read.
    if (collapsed) this.im.activate('');
    this.save();
    this.focus(collapsed ? 'show' : 'hide');
  }

  /**
   * Puts away the innermost thing that is open and answers whether there was one.
   * @param {Element | null} from where the focus is
   */
  escape(from) {
    const { ui } = this;
    const inChat = from?.closest('#chat');
    if (ui.popup) this.popup('');
    else if (inChat && ui.tray) this.toggleTray(ui.tray);
    else if (inChat) this.minimise();
    else if (ui.panel) this.openPanel('');
    else return false;
    return true;
  }

  /**
   * A press elsewhere closes what is open, but not contacts that are to stay.
   * @param {EventTarget[]} path of the press
   */
  pressed(path) {
    const { ui } = this;
    const within = (/** @type {string} */ selector) =>
      path.some((node) => isElement(node) && this.shadow.contains(node) && node.matches(selector));
    const stays = ui.panel === 'contacts' && this.im.settings.buddy_sticky && !ui.narrow;
    const before = ui.popup + ui.panel;
    if (!within('.menu, .coming, [aria-haspopup]')) ui.popup = '';
    if (!stays && !within('#panel, .toasts, .bar')) ui.panel = '';
    if (ui.popup + ui.panel !== before) this.draw();
  }
}
