// The core, as a user interface sees it.
//
// Owns: its parts, its beginning and end, what the user does, and the tab's own state: which chat is active, what the page
// asked for. Must not: draw, or touch the browser but through `Env`.

import { createEmitter } from './emitter.js';
import { createKeeper } from './keeper.js';
import { MENU_MAX } from './limits.js';
import { findChat, parseKey } from './model/chats.js';
import { notificationKey } from './model/world.js';
import { newPending } from './outbox.js';
import { Protocol } from './protocol.js';
import { createReplica } from './replica.js';
import { Session } from './session.js';
import * as shape from './shape.js';
import { createSite } from './site.js';
import { createStore } from './store.js';
import { createTabs } from './tabs.js';
import { createTurns } from './turns.js';
import { Upkeep } from './upkeep.js';

/**
 * @typedef {import('./types.js').IM} IM
 * @typedef {import('./types.js').Chat} Chat
 */

/** @implements {IM} */
export class Core {
  inTurn = createTurns();
  /** @type {string} */
  active = '';
  /** @type {Record<string, number>} where the user left each chat, pixels from its end */
  scrolls = {};
  /** @type {string[]} users whose links stand in the page, by the names in the links, until `strangers.js` is here */
  linked = [];
  /** @type {string[]} those of them that the site was asked about */
  asked = [];
  /** @type {string[]} users of the site's last answer */
  answered = [];
  isOpen = false; // the page has begun, and has not left
  /** @type {import('./types.js').MenuEntry[]} */
  pageMenu = [];
  /** Parts that are made when they are needed. @type {import('./history.js').History | undefined} */
  history;
  /** @type {import('./sender.js').Sender | undefined} */
  sender;
  /** @type {import('./typing.js').Typing | undefined} */
  typing;
  /** @type {import('./strangers.js').Strangers | undefined} */
  strangers;
  /** @type {(() => void) | undefined} */
  rollCall;
  /** What these parts do when the page leaves. @type {(() => void)[]} */
  endings = [];
  /** @type {(() => void)[]} how to stop listening to the browser */
  #listening = [];
  #forget; // the way back from the browser's cache
  #made = 0; // messages

  /**
   * @param {import('./types.js').Options} options
   * @param {import('./browser.js').Env} env
   */
  constructor(options, env) {
    const name = `nextim:${options.site}`;
    this.options = options;
    this.env = env;
    this.emitter = createEmitter(env.report);
    this.replica = createReplica(this.emitter, (event, before) => this.upkeep.follow(event, before), env.report);
    this.world = this.replica.world;
    this.store = createStore(env, name);
    this.keeper = createKeeper(this);
    this.protocol = new Protocol(this);
    this.upkeep = new Upkeep(this);
    this.tabs = createTabs(env, name, {
      lead: () => this.protocol.lead(),
      resign: () => this.protocol.resign(),
      hear: (message, tab) => this.protocol.hear(message, tab),
      beat: () => this.upkeep.beat(),
    });
    this.site = createSite(env, options, () => this.protocol.order('doubt'));
    this.session = new Session(this);
    this.#forget = env.listen('pageshow', (event) => event.persisted && this.#comeBack());
  }

  /** @param {import('./model/apply.js').Event} event */
  publish = (event) => this.protocol.publish(event);

  get state() {
    return this.world.state;
  }
  get trouble() {
    return this.world.trouble;
  }
  get me() {
    return this.world.me;
  }
  get contacts() {
    return this.world.contacts;
  }
  get rooms() {
    return this.world.rooms;
  }
  /** None until it is sure whose they are. */
  get chats() {
    return this.world.me ? this.world.chats : [];
  }
  get notices() {
    return this.world.me ? this.world.notices : [];
  }
  get notifications() {
    return this.world.notifications;
  }
  get settings() {
    return this.world.settings;
  }
  get unread() {
    return this.chats.reduce((sum, chat) => sum + chat.unread, this.notices.filter((it) => !it.read).length);
  }
  get news() {
    const unseen = this.notifications.filter((it) => !this.world.seen.has(notificationKey(it)));
    return this.notices.filter((it) => !it.read).length + unseen.length;
  }
  get menu() {
    return [...this.world.menu, ...this.pageMenu];
  }
  /** The time by the site's clock, which the lines' times are of. */
  get now() {
    return this.env.now() + this.world.offset;
  }
  /** Whether sounds and desktop notifications are this tab's to make: one of all tabs. */
  get leads() {
    return this.tabs.leads();
  }

  // ---- Beginning and end ---------------------------------------------------------------------------------------

  start() {
    if (this.isOpen) return;
    const { env, world, protocol, upkeep, replica } = this;
    this.keeper.recall(protocol.user);
    world.state = world.chosenOffline ? 'offline' : 'connecting';
    world.trouble = null;
    replica.renew();
    protocol.start();
    this.isOpen = true;
    this.#listening = [
      env.listen('pagehide', () => this.stop()),
      env.listen('online', () => protocol.order('wake')),
      env.listen('offline', () => this.session.cut()),
      env.listen('focus', () => upkeep.look()),
      env.listen('blur', () => upkeep.look()),
      env.listen('visibilitychange', () => {
        upkeep.seen();
        if (!env.isVisible()) this.session.settle();
      }),
      env.listen('resume', () => protocol.hello()),
    ];
    this.tabs.start();
    protocol.join();
    upkeep.look();
  }

  /** The page leaves, perhaps to come back from the browser's cache. All of it happens in this one tick. */
  stop() {
    if (!this.isOpen) return;
    for (const end of this.endings) end();
    for (const unlisten of this.#listening) unlisten();
    this.isOpen = false;
    const { world, store, tabs, site, keeper } = this;
    const isLast = tabs.isAlone();
    if (tabs.leads() || isLast) keeper.all();
    keeper.stop();
    if (isLast) this.session.settle();
    this.protocol.resign();
    const ticket = world.session?.ticket;
    const leaves = isLast && ticket && world.state !== 'offline';
    if (leaves) {
      store.leaveSession(ticket);
      site.beacon('refresh', { ticket });
    }
    Object.assign(world, { complete: false, session: null, owes: false });
    world.looks.clear();
    this.upkeep.stop();
    tabs.post({ t: 'bye', left: leaves ? ticket : '' });
    tabs.stop();
  }

  /** As `stop`, for good: another takes this page over. */
  end() {
    this.stop();
    this.#forget();
  }

  #comeBack() {
    this.protocol.age();
    this.start();
  }

  // ---- What the user looks at ----------------------------------------------------------------------------------

  /** @param {string} key @returns {Chat} */
  open(key) {
    if (!findChat(this.world, key)) this.publish({ t: 'open', key });
    this.activate(key);
    return /** @type {Chat} */ (findChat(this.world, key));
  }

  /** @param {string} key */
  close(key) {
    this.typing?.clear(key);
    delete this.scrolls[key];
    this.publish({ t: 'close', key });
  }

  /** @param {string} key */
  activate(key) {
    if (key && !findChat(this.world, key)) return;
    this.active = key;
    this.replica.out.change('chats');
    this.upkeep.look();
    if (key) this.history?.need(key);
    this.rollCall?.();
    this.strangers?.doubt(key.slice(2));
  }

  // ---- Myself --------------------------------------------------------------------------------------------------

  /** @param {{username: string, password: string}} [login] */
  goOnline(login) {
    this.#choose('', null, false);
    this.protocol.order('goOnline', login);
  }

  goOffline() {
    this.#choose('', null, true);
    this.protocol.order('leave');
  }

  /** @param {string} show @param {string | null} status @param {boolean} offline */
  #choose(show, status, offline) {
    this.publish({ t: 'chosen', show, status, offline });
    this.store.save(this.world);
  }

  /** @param {string} show @param {string} [status] */
  setPresence(show, status) {
    if (show === 'offline') return this.goOffline();
    this.#choose(show, status ?? null, false);
    if (this.state === 'offline') return this.protocol.order('goOnline');
    const { session } = this.world;
    if (session) this.inTurn('presence', () => this.call('post', 'presence', { show, status, ticket: session.ticket }));
    return undefined;
  }

  // ---- Chats ---------------------------------------------------------------------------------------------------

  /** @param {string} key @param {string} body @param {string} [style] @param {Record<string, unknown>} [meta] */
  send(key, body, style = '', meta) {
    if (!parseKey(key) || body.trim() === '') return;
    this.typing?.clear(key);
    const pending = newPending(this, (this.#made += 1), { key, body, style, ...(meta && { meta }) });
    this.publish({ t: 'echo', pending });
    this.sender?.queue(pending);
    if (findChat(this.world, key)?.draft.trim() === body.trim()) this.publish({ t: 'draft', key, text: '' });
  }

  // ---- The site ------------------------------------------------------------------------------------------------

  /** Calls the site; the page gets what failed. @param {'get' | 'post'} method @param {string} name @param {import('./site.js').Params} [params] */
  call = async (method, name, params) => {
    const answer = await this.site[method](name, params);
    if (!answer.ok) this.emitter.emit('error', { code: name, text: answer.text });
    return answer;
  };

  // ---- The rest ------------------------------------------------------------------------------------------------

  readNotices() {
    if (this.news > 0) this.publish({ t: 'notices-read' });
  }

  refreshNotifications() {
    return this.upkeep.refreshNotifications();
  }

  async refreshRooms() {
    const answer = await this.call('get', 'rooms', { ids: '' });
    if (answer.ok) this.publish({ t: 'rooms', list: shape.rooms(answer.data) });
  }

  /** @param {import('./types.js').MenuEntry[]} entries */
  addMenu(entries) {
    this.pageMenu = [...this.pageMenu, ...shape.menu(entries)].slice(0, MENU_MAX);
    this.replica.out.change('menu');
  }

  /** @template T @param {(core: Core) => T} make */
  equip(make) {
    return make(this);
  }

  /** @type {IM['on']} */
  on(event, listener) {
    const off = this.emitter.on(event, listener);
    if (event === 'ready' && this.upkeep.isReady) /** @type {(im: IM) => void} */ (listener)(this);
    return off;
  }
}

/**
 * @param {import('./types.js').Options} options
 * @param {import('./browser.js').Env} env
 * @returns {IM}
 */
export function createIM(options, env) {
  return new Core(options, env);
}
