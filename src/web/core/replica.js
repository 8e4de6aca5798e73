// One tab's copy of what all tabs of the browser know.
//
// Owns: its beginning and end, what is told to the other tabs and heard from them, and when it is stored.
// Must not: know what a user interface may ask for; im.js does.

import { createEmitter } from './emitter.js';
import { createHistory } from './history.js';
import {
  EARLY_EVENTS_MAX,
  NOTIFICATIONS_MAX,
  OFFER_WAIT_MS,
  RESYNC_MS,
  ROLL_CALL_MS,
  SAVE_DELAY_MS,
} from './limits.js';
import { apply, everything } from './model/apply.js';
import { findChat, isMuted } from './model/chats.js';
import { emptyWorld, notificationKey } from './model/world.js';
import { report } from './page.js';
import { remember } from './ring.js';
import { createSender } from './sender.js';
import { Session } from './session.js';
import { members, notifications } from './shape.js';
import { createSite } from './site.js';
import { createStore } from './store.js';
import { createStrangers } from './strangers.js';
import { createTabs } from './tabs.js';
import { createTurns } from './turns.js';
import { createTyping } from './typing.js';

/** @typedef {import('./model/apply.js').Event} Event */

/** What only the leader may tell. @type {Set<Event['t']>} */
const OF_LEADER = new Set(['opened', 'packets', 'link', 'nobody']);

export class Replica {
  isReady = false;
  inTurn = createTurns();
  #looking = ''; // the chat the other tabs were told of
  /** @type {{event: Event, tab: string}[] | null} what other tabs told before the leader's welcome */
  #early = null;
  /** @type {(() => void) | null} calls off the next saving */
  #saving = null;
  /** @type {(() => void) | null} calls off the wait for another tab's knowledge */
  #waiting = null;
  /** @type {(() => void) | null} calls off the next look at who still types */
  #ticking = null;
  /** @type {(() => void) | null} calls off asking who is in the room */
  #calling = null;
  #unread = 0; // as it was last told
  /** @type {Set<string>} ids of the messages and notices this page has heard */
  #told = new Set();
  #isSure; // whose page it is
  #leader = ''; // the tab that leads, and has not said that it goes
  #forget; // the way back from the browser's cache
  #isOld = false; // back from the browser's cache: of the other tabs' messages it knows nothing

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
      beat: () => this.#beat(),
    });
    this.site = createSite(env, options, () => this.order('doubt'));
    this.passersBy = createStrangers(this);
    this.session = new Session(this);
    this.sender = createSender(this);
    this.history = createHistory(this);
    this.typing = createTyping(this);
    /** @type {string} */
    this.active = '';
    /** @type {Record<string, number>} */
    this.scrolls = {};
    /** @type {(() => void)[] | null} how to stop listening to the browser; null while stopped */
    this.listening = null;
    this.#isSure = options.user !== undefined;
    this.#forget = env.listen('pageshow', (event) => event.persisted && this.#comeBack());
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
  get news() {
    const unseen = this.notifications.filter((it) => !this.world.seen.has(notificationKey(it)));
    return this.notices.filter((it) => !it.read).length + unseen.length;
  }
  /** The page says that nobody is logged in, and no other tab knows better. */
  get isGuest() {
    return this.#isSure && this.options.user === '' && !this.world.session;
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
    if (this.listening) return;
    const { env, store, world, options } = this;
    if (!world.owner) store.recall(world, this.#isSure ? options.user : undefined);
    const tab = store.tab();
    this.scrolls = tab.scroll;
    for (const chat of world.chats) chat.scroll = tab.scroll[chat.key] ?? 0;
    this.active = findChat(world, tab.active) ? tab.active : '';
    world.state = world.chosenOffline ? 'offline' : 'connecting';
    world.trouble = null;
    everything(world, this.out);
    this.#early = [];
    this.listening = [
      env.listen('pagehide', () => this.stop()),
      env.listen('online', () => this.order('wake')),
      env.listen('focus', () => this.look()),
      env.listen('blur', () => this.look()),
      env.listen('visibilitychange', () => this.#seen()),
      env.listen('resume', () => this.#hello()),
    ];
    this.tabs.start();
    this.#join();
    this.look();
  }

  /** The page leaves, perhaps to come back from the browser's cache. All of it happens in this one tick. */
  stop() {
    if (!this.listening) return;
    for (const unlisten of this.listening) unlisten();
    this.listening = null;
    const { world, store, tabs, site } = this;
    this.typing.stop();
    const isLast = tabs.isAlone();
    if (tabs.leads() || isLast) this.#saveAll();
    store.saveTab({ active: this.active, scroll: this.scrolls });
    this.#resign();
    const ticket = world.session?.ticket;
    const leaves = isLast && ticket && world.state !== 'offline';
    if (leaves) {
      store.leaveSession(ticket);
      site.beacon('refresh', { ticket });
    }
    this.#saving?.();
    this.#saving = null;
    Object.assign(world, { complete: false, session: null });
    world.looks.clear();
    this.#looking = '';
    tabs.post({ bye: true, left: leaves ? ticket : '' });
    tabs.stop();
  }

  /** As `stop`, for good: another takes this page over. */
  end() {
    this.stop();
    this.#forget();
  }

  #comeBack() {
    this.#isSure = false; // what the page said of its user may be old
    this.#isOld = true;
    this.start();
  }

  // ---- Tabs ----------------------------------------------------------------------------------------------------

  /**
   * Who has not seen it all asks those who have, before it goes online anew. So does, in the end, who does not hear the
   * last leader's goodbye: that one may have got more than it could tell.
   */
  #lead() {
    const { world, tabs } = this;
    this.#early = null;
    if (world.complete ? !this.#leader : tabs.isAlone()) return this.#begin();
    if (!world.complete) tabs.post({ wanting: true });
    this.#waiting = this.env.after(OFFER_WAIT_MS, () => {
      world.complete = false;
      this.#begin();
    });
    return undefined;
  }

  #begin() {
    this.#waiting?.();
    this.#waiting = null;
    this.#leader = '';
    this.session.lead(this.isGuest);
    this.tabs.post({ led: true });
    this.sender.adopt();
  }

  #resign() {
    this.#waiting?.();
    this.#waiting = null;
    this.session.halt();
  }

  /** Twice: what a third tab told before this one listened may reach the leader after it has said welcome. */
  #join() {
    this.#hello();
    this.env.after(RESYNC_MS, () => this.#hello());
  }

  #hello() {
    if (this.leads || !this.listening) return;
    this.#early ??= [];
    this.tabs.post({ hello: true, ...(this.#isSure && { user: this.options.user }) });
  }

  /** @param {any} message @param {string} tab */
  #hear(message, tab) {
    if (message.event) this.#hearEvent(message.event, tab);
    else if (message.hello) this.#welcome(tab, message.user);
    else if (message.welcome && message.to === this.tabs.id) this.#welcomed(message.welcome, tab);
    else if (message.wanting && this.world.complete) this.tabs.post({ to: tab, welcome: this.world });
    else if (message.led) this.#follow(tab);
    else if (message.bye) this.#gone(tab, message.left);
    else if (message.order && this.leads) this.order(message.order, message.login);
  }

  /** @param {Event} event @param {string} tab */
  #hearEvent(event, tab) {
    if (OF_LEADER.has(event.t)) {
      if (this.leads && !this.#waiting) return;
      this.#leader = tab;
    }
    this.#keep(event, tab);
    this.apply(event);
    if (this.#early && event.t === 'opened') {
      this.#isSure = false; // the site has just said who it is
      this.#hello();
    }
  }

  /** @param {string} tab */
  #follow(tab) {
    this.#leader = tab;
    if (!this.world.complete) this.#join();
  }

  /** @param {Event} event @param {string} tab */
  #keep(event, tab) {
    if (this.#early && this.#early.length < EARLY_EVENTS_MAX) this.#early.push({ event, tab });
  }

  /** A new tab begins with what the leader knows. @param {string} tab @param {string | undefined} user whose page it is */
  #welcome(tab, user) {
    if (!this.leads) return;
    const { world, session } = this;
    const isOther = user !== undefined && world.complete && user !== world.me?.id;
    if (isOther) session.renew();
    else if (world.state === 'offline' && !world.chosenOffline && user !== '') session.goOnline();
    if (!isOther) this.tabs.post({ to: tab, welcome: world });
  }

  /** @param {import('./model/world.js').World} theirs @param {string} leader */
  #welcomed(theirs, leader) {
    if (this.leads && !this.#waiting) return;
    const early = this.#early ?? [];
    this.#early = null;
    const unsent = [...this.world.outbox.values()].filter((it) => it.tab === this.tabs.id || !this.#isOld);
    this.#isOld = false;
    if (!this.#waiting) this.#leader = leader;
    const { state } = this.world;
    Object.assign(this.world, theirs);
    for (const chat of this.world.chats) chat.scroll = this.scrolls[chat.key] ?? 0;
    if (!findChat(this.world, this.active)) this.active = '';
    for (const { event, tab } of early) {
      if (tab === this.tabs.id) {
        if (event.t !== 'look') this.publish(event); // the leader may not have heard it
      } else if (tab !== leader && !OF_LEADER.has(event.t)) this.apply(event);
    }
    for (const pending of unsent) if (!this.world.outbox.has(pending.cid)) this.publish({ t: 'echo', pending });
    everything(this.world, this.out);
    this.look(true);
    if (this.world.state === state) this.#settled();
    else this.#turned();
    if (this.#waiting) this.#begin();
  }

  /** What a tab has told comes before its goodbye. @param {string} tab @param {string} left the ticket it took for its own */
  #gone(tab, left) {
    this.#hearEvent({ t: 'look', tab, key: '' }, tab);
    if (left) this.store.hearLeave(left);
    if (tab === this.#leader) {
      this.#leader = '';
      if (this.#waiting && this.world.complete) return this.#begin();
    }
    if (this.leads) this.sender.adopt();
    return undefined;
  }

  /** Looks for what nobody tells: a history that could be had now, strangers who come and go, and tabs that went without a word. */
  #beat() {
    this.history.need(this.active);
    void this.passersBy.ask();
    if (!this.leads) return;
    for (const tab of this.world.looks.keys()) if (!this.tabs.isOpen(tab)) this.publish({ t: 'look', tab, key: '' });
    this.sender.adopt();
  }

  /** Something only the leader does. @param {'goOnline' | 'leave' | 'wake' | 'doubt'} order @param {{username: string, password: string}} [login] */
  order(order, login) {
    if (this.leads) this.session[order](login);
    else this.tabs.post({ order, login });
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
    change: (what, key) => this.emitter.emit('change', { what, key }),
    /** @param {string} event @param {any} detail */
    tell: (event, detail) => {
      // Another tab's knowledge may be behind what this page has heard.
      if ((event === 'message' || event === 'notice') && remember(this.#told, detail.id)) return;
      if (event === 'presence') this.rollCall();
      this.emitter.emit(event, detail);
    },
  };

  /** Calls the site, and says what failed. @param {'get' | 'post'} method @param {string} name @param {import('./site.js').Params} [params] */
  call = async (method, name, params) => {
    const answer = await this.site[method](name, params);
    if (!answer.ok) this.emitter.emit('error', { code: name, text: answer.text });
    return answer;
  };

  /** @param {Event} event */
  apply(event) {
    const { world } = this;
    const { state, owner } = world;
    try {
      apply(world, event, this.out);
    } catch (error) {
      report(error); // what it tells is lost; what comes after it is not
    }
    if (owner && owner !== world.owner) this.store.drop(owner);
    if (this.active && !findChat(world, this.active)) {
      this.active = '';
      this.look();
    }
    if (world.state !== state) this.#turned();
    if (event.t === 'opened') this.#settled();
    this.#tick();
    this.#count();
    if ('buddies' in event) this.passersBy.hear(event.buddies.map((it) => it.id));
    void this.passersBy.ask();
    if (this.leads) {
      this.#saveSoon();
    }
  }

  #turned() {
    const { state, me, trouble } = this.world;
    if (state === 'offline') this.emitter.emit('offline', trouble);
    if (state !== 'online') return;
    this.emitter.emit('online', me);
    this.#settled();
  }

  /** Who types is forgotten after a while. */
  #tick() {
    const until = Math.min(...this.world.chats.filter((it) => it.typing).map((it) => it.until));
    if (this.#ticking || until === Infinity) return;
    const now = this.env.now() + this.world.offset;
    this.#ticking = this.env.after(Math.max(0, until - now), () => {
      this.#ticking = null;
      this.apply({ t: 'tick', at: this.env.now() + this.world.offset });
    });
  }

  #count() {
    const { unread } = this;
    if (unread === this.#unread) return;
    this.#unread = unread;
    this.emitter.emit('unread', unread);
  }

  #saveSoon() {
    if (this.#saving || !this.listening) return;
    this.#saving = this.env.after(SAVE_DELAY_MS, () => {
      this.#saving = null;
      this.store.save(this.world);
    });
  }

  #saveAll() {
    this.store.save(this.world);
    this.store.savePicture(this.world);
  }

  // ---- What follows from the state -----------------------------------------------------------------------------

  /** Tells which chat the user looks at. @param {boolean} [again] although it is not news */
  look(again = false) {
    const { env, tabs } = this;
    const key = this.listening && env.isVisible() && env.isFocused() ? this.active : '';
    if (key === this.#looking && !again) return;
    this.#looking = key;
    this.publish({ t: 'look', tab: tabs.id, key });
  }

  /** The page was hidden or shown. */
  #seen() {
    this.look();
    this.rollCall();
    void this.passersBy.ask();
    if (this.env.isVisible()) this.order('wake');
    else if (this.leads) this.#saveAll();
  }

  /** What waited for the state goes on. */
  #settled() {
    if (this.world.state !== 'online') return;
    if (!this.isReady) {
      this.isReady = true;
      this.emitter.emit('ready', this);
    }
    this.history.need(this.active);
    this.rollCall();
    if (this.leads) void this.refreshNotifications();
  }

  /** The room that is looked at is asked who is there: of those who come and go with their sessions nobody tells. */
  rollCall() {
    const { active, env, world } = this;
    if (this.#calling || !this.listening || world.state !== 'online' || !active.startsWith('r/') || !env.isVisible())
      return;
    this.#calling = env.after(ROLL_CALL_MS, () => {
      this.#calling = null;
      if (active === this.active && !isMuted(world, active.slice(2))) void this.members(active.slice(2));
    });
  }

  /** @param {string} room */
  async members(room) {
    const answer = await this.call('get', 'members', { id: room, ticket: this.world.session?.ticket });
    if (answer.ok) this.publish({ t: 'members', room, list: members(answer.data) });
    return this.world.rooms.get(room)?.members ?? [];
  }

  async refreshNotifications() {
    const answer = await this.call('get', 'notifications');
    if (answer.ok) this.publish({ t: 'notifications', list: notifications(answer.data).slice(0, NOTIFICATIONS_MAX) });
  }
}
