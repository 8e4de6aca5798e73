// One tab's copy of what all tabs of the browser know.
//
// Owns: its beginning and end, what is told to the other tabs and heard from them, and when it is stored.
// Must not: know what a user interface may ask for; im.js does.

import { createEmitter } from './emitter.js';
import { createHistory } from './history.js';
import { EARLY_EVENTS_MAX, OFFER_WAIT_MS, RESYNC_MS, RING_MAX, SAVE_DELAY_MS } from './limits.js';
import { apply, everything } from './model/apply.js';
import { findChat } from './model/chats.js';
import { dump, emptyWorld, restore } from './model/world.js';
import { createRing } from './ring.js';
import { createSender } from './sender.js';
import { Session } from './session.js';
import { createSite } from './site.js';
import { createStore } from './store.js';
import { createTabs } from './tabs.js';
import { createTyping } from './typing.js';

/** @typedef {import('./model/apply.js').Event} Event */

/** What only the leader may tell. @type {Set<Event['t']>} */
const OF_LEADER = new Set(['opened', 'packets', 'link', 'nobody']);

/** @abstract */
export class Replica {
  /** This tab's own; `looking` is the chat the other tabs were told of. */
  tab = { looking: '', isReady: false };

  /**
   * @param {import('./types.js').Options} options
   * @param {import('./browser.js').Env} env
   */
  constructor(options, env) {
    this.options = options;
    this.env = env;
    this.world = emptyWorld();
    this.emitter = createEmitter();
    this.store = createStore(env, `nextim:${options.site}`);
    this.tabs = createTabs(env, `nextim:${options.site}`, {
      lead: () => this.#lead(),
      resign: () => this.#resign(),
      hear: (message, tab) => this.#hear(message, tab),
      beat: () => this.#bury(),
    });
    this.site = createSite(env, options);
    const { site, store, world, tabs } = this;
    const publish = this.publish;
    this.session = new Session({ env, site, store, world, tabs, publish, strangers: () => this.takeStrangers() });
    this.sender = createSender({ env, site, world, tabs, publish, doubt: () => this.order('renew') });
    this.history = createHistory({ site, world, publish, fail: this.fail });
    this.typing = createTyping(env, (key, show) => this.sayTyping(key, show));
    /** @type {string} */
    this.active = '';
    /** @type {Record<string, number>} */
    this.scrolls = {};
    /** @type {(() => void)[] | null} what listens to the browser; null while stopped */
    this.listening = null;
    /** @type {{event: Event, tab: string}[] | null} what other tabs told before the leader's welcome */
    this.early = null;
    /** @type {(() => void) | null} */
    this.saving = null;
    /** @type {(() => void) | undefined} */
    this.unshow = undefined;
    /** @type {(() => void) | undefined} calls off the wait for another tab's knowledge */
    this.waiting = undefined;
    /** @type {(() => void) | undefined} */
    this.ticking = undefined;
    this.lastUnread = 0;
    this.told = createRing(RING_MAX);
    this.isSure = options.user !== undefined;
    this.leader = ''; // the tab that leads, and has not said that it goes
    this.isOld = false; // back from the browser's cache: of the other tabs' messages it knows nothing
  }

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
  /** Whether sounds and desktop notifications are this tab's to make: one of all tabs. */
  get leads() {
    return this.tabs.leads();
  }

  // ---- Beginning and end ---------------------------------------------------------------------------------------

  start() {
    if (this.listening) return;
    const { env, store, world, options } = this;
    if (!world.owner) {
      const owner = store.owner();
      if (owner && this.isSure && owner !== options.user) store.drop(owner);
      store.recall(world);
      store.draw(world, this.isSure);
    }
    const tab = store.tab();
    this.scrolls = tab.scroll;
    for (const chat of world.chats) chat.scroll = tab.scroll[chat.key] ?? 0;
    this.active = findChat(world, tab.active) ? tab.active : '';
    world.state = world.chosenOffline ? 'offline' : 'connecting';
    world.trouble = null;
    everything(this.out);
    this.early = [];
    this.listening = [
      env.listen('pagehide', () => this.stop()),
      env.listen('pageshow', (event) => event.persisted && this.#comeBack()),
      env.listen('online', () => this.order('wake')),
      env.listen('focus', () => this.look()),
      env.listen('blur', () => this.look()),
      env.listen('visibilitychange', () => this.seen()),
      env.listen('resume', () => this.#hello()),
    ];
    this.tabs.start();
    this.#hello();
    // What a third tab told just before this one listened may have reached the leader after it said welcome.
    env.after(RESYNC_MS, () => this.#hello());
    this.look();
  }

  /** The page leaves, perhaps to come back from the browser's cache. All of it happens in this one tick. */
  stop() {
    if (!this.listening) return;
    const [first, show, ...rest] = this.listening;
    for (const unlisten of [first, ...rest]) unlisten();
    this.listening = null;
    this.unshow = show;
    const { world, store, tabs, site } = this;
    this.typing.stop();
    const isLast = tabs.isAlone();
    if (tabs.leads() || isLast) this.saveAll();
    store.saveTab({ active: this.active, scroll: this.scrolls });
    this.#resign();
    const ticket = world.session?.ticket;
    if (isLast && ticket && world.state !== 'offline') {
      store.leaveSession(ticket);
      site.beacon('refresh', { ticket });
    }
    this.saving?.();
    this.saving = null;
    Object.assign(world, { complete: false, session: null });
    world.looks.clear();
    this.tab.looking = '';
    tabs.post({ event: { t: 'look', tab: tabs.id, key: '' } });
    tabs.post({ bye: true });
    tabs.stop();
  }

  #comeBack() {
    this.unshow?.();
    this.isSure = false; // what the page said of its user may be old
    this.isOld = true;
    this.start();
  }

  // ---- Tabs ----------------------------------------------------------------------------------------------------

  /**
   * Who has not seen it all asks those who have, before it goes online anew. So does, in the end, who does not hear the
   * last leader's goodbye: that one may have got more than it could tell.
   */
  #lead() {
    const { world, tabs } = this;
    this.early = null;
    if (world.complete ? !this.leader : tabs.isAlone()) return this.#begin();
    if (!world.complete) tabs.post({ wanting: true });
    this.waiting = this.env.after(OFFER_WAIT_MS, () => {
      world.complete = false;
      this.#begin();
    });
    return undefined;
  }

  #begin() {
    this.waiting?.();
    this.waiting = undefined;
    this.leader = '';
    this.session.lead();
    this.tabs.post({ led: true });
    this.sender.adopt();
  }

  #resign() {
    this.waiting?.();
    this.waiting = undefined;
    this.session.halt();
  }

  #hello() {
    if (this.tabs.leads() || !this.listening) return;
    this.early ??= [];
    this.tabs.post({ hello: true, ...(this.isSure && { user: this.options.user }) });
  }

  /** @param {any} message @param {string} tab */
  #hear(message, tab) {
    if (message.event) this.#hearEvent(message.event, tab);
    else if (message.hello) this.#welcome(tab, message.user);
    else if (message.welcome && message.to === this.tabs.id) this.#welcomed(message.welcome, tab);
    else if (message.wanting && this.world.complete) this.tabs.post({ to: tab, welcome: dump(this.world) });
    else if (message.led) this.#follow(tab);
    else if (message.bye) this.#gone(tab);
    else if (message.order && this.tabs.leads()) this.#obey(message.order, message.login);
  }

  /** @param {Event} event @param {string} tab */
  #hearEvent(event, tab) {
    if (OF_LEADER.has(event.t)) {
      if (this.tabs.leads() && !this.waiting) return;
      this.leader = tab;
    }
    this.#keep(event, tab);
    this.apply(event);
    if (this.early && event.t === 'opened') {
      this.isSure = false; // the site has just said who it is
      this.#hello();
    }
  }

  /** @param {string} tab */
  #follow(tab) {
    this.leader = tab;
    if (!this.world.complete) this.#hello();
  }

  /** What a tab has told comes before its goodbye. @param {string} tab */
  #gone(tab) {
    if (tab === this.leader) {
      this.leader = '';
      if (this.waiting && this.world.complete) return this.#begin();
    }
    if (this.tabs.leads()) this.sender.adopt();
    return undefined;
  }

  /** @param {Event} event @param {string} tab */
  #keep(event, tab) {
    if (this.early && this.early.length < EARLY_EVENTS_MAX) this.early.push({ event, tab });
  }

  /** A new tab begins with what the leader knows. @param {string} tab @param {string | undefined} user whose page it is */
  #welcome(tab, user) {
    if (!this.tabs.leads()) return;
    const { world, session } = this;
    const isOther = user !== undefined && world.complete && user !== world.me?.id;
    if (isOther) session.renew();
    else if (world.state === 'offline' && !world.chosenOffline) session.goOnline();
    if (!isOther) this.tabs.post({ to: tab, welcome: dump(world) });
  }

  /** @param {import('./model/world.js').Dump} dumped @param {string} leader */
  #welcomed(dumped, leader) {
    if (this.tabs.leads() && !this.waiting) return;
    const early = this.early ?? [];
    this.early = null;
    const unsent = [...this.world.outbox.values()].filter((it) => it.tab === this.tabs.id || !this.isOld);
    this.isOld = false;
    if (!this.waiting) this.leader = leader;
    restore(this.world, dumped);
    for (const chat of this.world.chats) chat.scroll = this.scrolls[chat.key] ?? 0;
    if (!findChat(this.world, this.active)) this.active = '';
    for (const { event, tab } of early) {
      if (tab === this.tabs.id) {
        if (event.t !== 'look') this.publish(event); // the leader may not have heard it
      } else if (tab !== leader && !OF_LEADER.has(event.t)) this.apply(event);
    }
    const known = new Set(dumped.outbox.map((it) => it.cid));
    for (const pending of unsent) if (!known.has(pending.cid)) this.publish({ t: 'echo', pending });
    everything(this.out);
    for (const chat of this.world.chats) this.out.change('chat', chat.key);
    this.look(true);
    this.settled();
    if (this.waiting) this.#begin();
  }

  /** What tabs have left that went without a word. */
  #bury() {
    if (!this.tabs.leads()) return;
    for (const tab of this.world.looks.keys()) if (!this.tabs.isOpen(tab)) this.publish({ t: 'look', tab, key: '' });
    this.sender.adopt();
  }

  /** Something only the leader does. @param {string} order @param {{username: string, password: string}} [login] */
  order(order, login) {
    if (this.tabs.leads()) this.#obey(order, login);
    else this.tabs.post({ order, login });
  }

  /** @param {string} order @param {{username: string, password: string}} [login] */
  #obey(order, login) {
    if (order === 'online') this.session.goOnline(login);
    else if (order === 'offline') this.session.leave();
    else if (order === 'wake') this.session.wake();
    else if (order === 'renew' && this.world.state === 'online') this.session.renew();
  }

  // ---- Events --------------------------------------------------------------------------------------------------

  /** What happened here, for every tab. @param {Event} event */
  publish = (event) => {
    this.tabs.post({ event });
    this.#keep(event, this.tabs.id);
    this.apply(event);
  };

  out = {
    /** @param {import('./types.js').Change['what']} what @param {string} [key] */
    change: (what, key) => this.emitter.emit('change', key === undefined ? { what } : { what, key }),
    /** @param {string} event @param {any} detail */
    tell: (event, detail) => {
      if (event === 'message' || event === 'notice') {
        if (this.told.has(detail.id)) return; // another tab's knowledge may be behind what this page has heard
        this.told.add(detail.id);
      }
      this.emitter.emit(event, detail);
    },
  };

  /** @param {string} code @param {string} text */
  fail = (code, text) => this.emitter.emit('error', { code, text });

  /** @param {Event} event */
  apply(event) {
    const { world } = this;
    const { state, owner } = world;
    apply(world, event, this.out);
    if (owner && owner !== world.owner) this.store.drop(owner);
    if (this.active && !findChat(world, this.active)) {
      this.active = '';
      this.look();
    }
    if (world.state !== state) this.#turned();
    if (event.t === 'opened') this.settled();
    if (world.typing.size > 0 && !this.ticking) this.#tick();
    this.#count();
    this.#saveSoon();
  }

  #turned() {
    const { state, me, trouble } = this.world;
    if (state === 'offline') this.emitter.emit('offline', trouble);
    if (state !== 'online') return;
    this.emitter.emit('online', me);
    this.settled();
  }

  /** Who types is forgotten after a while. */
  #tick() {
    const until = Math.min(...[...this.world.typing.values()].map((it) => it.until));
    const now = this.env.now() + this.world.offset;
    this.ticking = this.env.after(Math.max(0, until - now), () => {
      this.ticking = undefined;
      this.apply({ t: 'tick', at: this.env.now() + this.world.offset });
    });
  }

  #count() {
    const { unread } = this;
    if (unread === this.lastUnread) return;
    this.lastUnread = unread;
    this.emitter.emit('unread', unread);
  }

  #saveSoon() {
    if (this.saving || !this.listening || !this.tabs.leads()) return;
    this.saving = this.env.after(SAVE_DELAY_MS, () => {
      this.saving = null;
      this.store.save(this.world);
    });
  }

  saveAll() {
    this.store.save(this.world);
    this.store.savePicture(this.world);
  }

  // ---- What a user interface adds --------------------------------------------------------------------------------

  /** The user looks at another chat, or another window. @param {boolean} [_again] say it although it is not news */
  look(_again) {}

  /** The page was hidden or shown. */
  seen() {}

  /** The state is known: what waited for it goes on. */
  settled() {}

  /** @returns {string[]} uids that go with `online` */
  takeStrangers() {
    return [];
  }

  /** @param {string} _key @param {string} _show */
  sayTyping(_key, _show) {}
}
