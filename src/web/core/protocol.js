// What the tabs of a browser post to one another.
//
// Owns: the messages, each with its tag; how a new tab comes to the leader's copy, and a new leader to the copy of a tab
// that has seen more. Must not: elect; tabs.js does.
//
//   greeting -> rest      a tab asks the leader for its copy, and keeps the events that come meanwhile
//   inquiring -> rest     a new leader with an incomplete copy asks the other tabs first

import { EARLY_EVENTS_MAX, OFFER_WAIT_MS, RESYNC_MS } from './limits.js';
import { findChat } from './model/chats.js';

/** @typedef {import('./model/apply.js').Event} Event */
/** @typedef {import('./session.js').Login} Login */
/** @typedef {'goOnline' | 'leave' | 'wake' | 'doubt'} Order what only the leader does */

/**
 * A message between tabs.
 *
 * - `event`: something happened
 * - `hello`: a tab asks the leader for its copy; `user` is whose page it is, if that is sure
 * - `welcome`: the copy, for the tab `to`
 * - `wanting`: a new leader asks for a copy that is complete
 * - `led`: a tab leads from now on
 * - `bye`: a tab goes; `left` is the ticket of the session that it ended
 * - `order`: for the leader
 * @typedef {{t: 'event', event: Event} | {t: 'hello', user?: string} | {t: 'welcome', to: string, world: import('./model/world.js').World}
 *   | {t: 'wanting'} | {t: 'led'} | {t: 'bye', left: string} | {t: 'order', order: Order, login?: Login}} Message
 */

/**
 * Where this tab stands among the others: at rest with its copy, or on the way to one. `early`: the events since its hello;
 * `cancel` ends the wait for an answer.
 * @typedef {{at: 'rest'} | {at: 'greeting', early: {event: Event, tab: string}[]} | {at: 'inquiring', cancel: () => void}} Standing
 */

/** What only the leader posts. @type {Set<Event['t']>} */
const OF_LEADER = new Set(['opened', 'packets', 'link', 'nobody']);

export class Protocol {
  #core;
  /** @type {Standing} */
  #standing = { at: 'rest' };
  #leader = ''; // the tab that leads, and has not said that it goes
  #isSure; // whose page it is
  #isOld = false; // back from the browser's cache: this tab knows nothing of the other tabs' messages

  /** @param {import('./im.js').Core} core */
  constructor(core) {
    this.#core = core;
    this.#isSure = core.options.user !== undefined;
  }

  /** Whose page it is, if that is sure. */
  get user() {
    return this.#isSure ? this.#core.options.user : undefined;
  }

  /** The page came back from the browser's cache: its own word on its user may be old. */
  age() {
    this.#isSure = false;
    this.#isOld = true;
  }

  // ---- Standing ------------------------------------------------------------------------------------------------

  start() {
    this.#standing = { at: 'greeting', early: [] };
  }

  /** Twice: what a third tab posted before this one listened may reach the leader after its welcome. */
  join() {
    this.hello();
    this.#core.env.after(RESYNC_MS, () => this.hello());
  }

  hello() {
    const { tabs, isOpen } = this.#core;
    if (tabs.leads() || !isOpen) return;
    if (this.#standing.at !== 'greeting') this.#standing = { at: 'greeting', early: [] };
    tabs.post({ t: 'hello', user: this.user });
  }

  /**
   * A new leader with an incomplete copy asks the other tabs before it goes online again. So does one that has not got the
   * last leader's goodbye: that leader may have got more than it could post.
   */
  lead() {
    const { world, tabs, env } = this.#core;
    if (world.complete ? !this.#leader : tabs.isAlone()) return this.#begin();
    if (!world.complete) tabs.post({ t: 'wanting' });
    const cancel = env.after(OFFER_WAIT_MS, () => {
      world.complete = false;
      this.#begin();
    });
    this.#standing = { at: 'inquiring', cancel };
    return undefined;
  }

  #begin() {
    const { session, tabs, upkeep, world, options } = this.#core;
    this.#settle();
    this.#leader = '';
    // The page says that nobody is logged in, and no other tab knows better.
    session.lead(this.#isSure && options.user === '' && !world.session);
    tabs.post({ t: 'led' });
    upkeep.adopt();
  }

  resign() {
    this.#settle();
    this.#core.session.halt();
  }

  #settle() {
    if (this.#standing.at === 'inquiring') this.#standing.cancel();
    this.#standing = { at: 'rest' };
  }

  // ---- What is posted ------------------------------------------------------------------------------------------

  /** What happened here, for every tab. @param {Event} event */
  publish(event) {
    const { tabs, replica } = this.#core;
    tabs.post({ t: 'event', event });
    this.#keep(event, tabs.id);
    replica.apply(event);
  }

  /** @param {Order} order @param {Login} [login] */
  order(order, login) {
    const { tabs, session } = this.#core;
    if (tabs.leads()) session[order](login);
    else tabs.post({ t: 'order', order, login });
  }

  // ---- What is heard -------------------------------------------------------------------------------------------

  /** @param {Message} message @param {string} tab that has posted it */
  hear(message, tab) {
    const { tabs, world } = this.#core;
    switch (message.t) {
      case 'event':
        return this.#hearEvent(message.event, tab);
      case 'hello':
        return this.#welcome(tab, message.user);
      case 'welcome':
        return message.to === tabs.id ? this.#take(message.world, tab) : undefined;
      case 'wanting':
        return world.complete ? tabs.post({ t: 'welcome', to: tab, world }) : undefined;
      case 'led':
        return this.#follow(tab);
      case 'bye':
        return this.#gone(tab, message.left);
      case 'order':
        return tabs.leads() ? this.order(message.order, message.login) : undefined;
      default:
        return undefined; // of a tab of another build
    }
  }

  /** @param {Event} event @param {string} tab */
  #hearEvent(event, tab) {
    if (OF_LEADER.has(event.t)) {
      if (this.#isLeading()) return;
      this.#leader = tab;
    }
    this.#keep(event, tab);
    this.#core.replica.apply(event);
    if (this.#standing.at !== 'greeting' || event.t !== 'opened') return;
    this.#isSure = false; // the site has just said who it is
    this.hello();
  }

  /** And does not wait for another tab's copy any more. */
  #isLeading() {
    return this.#core.tabs.leads() && this.#standing.at !== 'inquiring';
  }

  /** @param {Event} event @param {string} tab */
  #keep(event, tab) {
    const standing = this.#standing;
    if (standing.at === 'greeting' && standing.early.length < EARLY_EVENTS_MAX) standing.early.push({ event, tab });
  }

  /** @param {string} tab */
  #follow(tab) {
    this.#leader = tab;
    if (!this.#core.world.complete) this.join();
  }

  /** A new tab begins with what the leader knows. @param {string} tab @param {string | undefined} user whose page it is */
  #welcome(tab, user) {
    const { world, session, tabs } = this.#core;
    if (!tabs.leads()) return;
    const isOther = user !== undefined && world.complete && user !== world.me?.id;
    if (isOther) session.renew();
    else if (world.state === 'offline' && !world.chosenOffline && user !== '') session.goOnline();
    if (!isOther) tabs.post({ t: 'welcome', to: tab, world });
  }

  /** @param {import('./model/world.js').World} theirs @param {string} tab whose copy it is */
  #take(theirs, tab) {
    if (this.#isLeading()) return;
    const { world, tabs, replica, upkeep } = this.#core;
    const standing = this.#standing;
    const { state } = world;
    const unsent = [...world.outbox.values()].filter((it) => it.tab === tabs.id || !this.#isOld);
    this.#isOld = false;
    if (standing.at !== 'inquiring') {
      this.#standing = { at: 'rest' };
      this.#leader = tab;
    }
    Object.assign(world, theirs);
    this.#restore();
    if (standing.at === 'greeting') this.#replay(standing.early, tab);
    for (const pending of unsent) if (!world.outbox.has(pending.cid)) this.publish({ t: 'echo', pending });
    replica.renew();
    upkeep.owe();
    upkeep.look(true);
    if (world.state === state) upkeep.settled();
    else upkeep.turned();
    if (standing.at === 'inquiring') this.#begin();
  }

  /** What is this tab's own is no part of another's copy. */
  #restore() {
    const { world, scrolls, active } = this.#core;
    for (const chat of world.chats) chat.scroll = scrolls[chat.key] ?? 0;
    if (!findChat(world, active)) this.#core.active = '';
  }

  /** What came since this tab said hello, and may be missing in the copy. @param {{event: Event, tab: string}[]} early @param {string} leader */
  #replay(early, leader) {
    const { tabs, replica } = this.#core;
    for (const { event, tab } of early) {
      if (tab === tabs.id) {
        if (event.t !== 'look') this.publish(event); // it may not have reached the leader
      } else if (tab !== leader && !OF_LEADER.has(event.t)) replica.apply(event);
    }
  }

  /** What a tab has posted comes before its goodbye. @param {string} tab @param {string} left */
  #gone(tab, left) {
    const { store, tabs, upkeep, world } = this.#core;
    this.#hearEvent({ t: 'look', tab, key: '' }, tab);
    if (left) store.hearLeave(left);
    if (tab === this.#leader) {
      this.#leader = '';
      if (this.#standing.at === 'inquiring' && world.complete) return this.#begin();
    }
    if (tabs.leads()) upkeep.adopt();
    return undefined;
  }
}
