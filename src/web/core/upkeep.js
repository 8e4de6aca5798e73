// What follows from what a tab knows.
//
// Owns: what is done after each event, and now and then: who still types, what is unread, which chat the user looks at.
// Must not: change the copy except by events.

import { NOTIFICATIONS_AGE_MS, NOTIFICATIONS_MAX } from './limits.js';
import { findChat } from './model/chats.js';
import { isLeft, isOwn } from './outbox.js';
import { notifications } from './shape.js';

/** @typedef {import('./model/apply.js').Event} Event */

export class Upkeep {
  #core;
  isReady = false;
  #looking = ''; // the chat last posted to the other tabs as looked at in this tab
  #isTicking = false;
  #unread = 0; // as the page has it
  /** @type {(() => void) | undefined} */
  #unlisten;
  #notified; // when the site's notifications came last, by this tab's clock

  /** @param {import('./im.js').Core} core */
  constructor(core) {
    this.#core = core;
    this.#notified = core.env.now();
  }

  /** @param {Event} event @param {import('./replica.js').Before} before */
  follow(event, { state, owner }) {
    const core = this.#core;
    const { world, store, tabs, keeper, strangers } = core;
    if (owner && owner !== world.owner) store.drop(owner);
    if (core.active && !findChat(world, core.active)) {
      core.active = '';
      this.look();
    }
    if (world.state !== state) this.turned();
    if (event.t === 'opened') this.settled();
    if (event.t === 'notifications') this.#notified = core.env.now();
    this.#tick();
    this.#count();
    this.owe();
    if ('buddies' in event) {
      core.answered = event.buddies.map((it) => it.id);
      strangers?.hear(core.answered);
    }
    this.#ask();
    if (tabs.leads()) keeper.soon();
  }

  turned() {
    const { world, emitter } = this.#core;
    const { state, me, trouble } = world;
    if (state === 'offline') emitter.emit('offline', trouble);
    if (state !== 'online') return;
    emitter.emit('online', me);
    this.settled();
    // Not with each session: of a page that nobody looks at the site is asked once an hour, for the session itself.
    if (this.#core.leads) void this.refreshNotifications();
  }

  /** Goes on with what waited for the state. */
  settled() {
    const core = this.#core;
    if (core.state !== 'online') return;
    if (!this.isReady) {
      this.isReady = true;
      core.emitter.emit('ready', core);
    }
    core.history?.need(core.active);
    core.rollCall?.();
  }

  /** Checks for what no event reports: a history that can be loaded now, changed strangers, closed tabs. */
  beat() {
    const { history, active, tabs, world, protocol } = this.#core;
    history?.need(active);
    this.#ask();
    if (!tabs.leads()) return;
    for (const tab of world.looks.keys()) if (!tabs.isOpen(tab)) protocol.publish({ t: 'look', tab, key: '' });
    this.adopt();
  }

  /** Takes over what closed tabs did not send. */
  adopt() {
    this.#core.sender?.adopt();
    this.#want();
  }

  /** The page was hidden or shown. */
  seen() {
    const { env, protocol, tabs, keeper } = this.#core;
    this.look();
    this.#core.rollCall?.();
    this.#ask();
    if (env.isVisible()) {
      protocol.order('wake');
      if (this.#core.state === 'online' && env.now() - this.#notified > NOTIFICATIONS_AGE_MS)
        void this.refreshNotifications();
    } else if (tabs.leads()) keeper.all();
  }

  /** Posts which chat the user looks at. @param {boolean} [again] although it is not news */
  look(again = false) {
    const { env, tabs, isOpen, active, protocol } = this.#core;
    const key = isOpen && env.isVisible() && env.isFocused() ? active : '';
    if (key === this.#looking && !again) return;
    this.#looking = key;
    protocol.publish({ t: 'look', tab: tabs.id, key });
  }

  /**
   * To log out is to leave, in whichever tab, for a page whose making ends the session: a page that hides then is too late
   * to acknowledge. Listened to only while there is something, because some browsers keep no page that listens to this.
   */
  owe() {
    const { env, world, session } = this.#core;
    if (world.owes) this.#unlisten ??= env.listen('beforeunload', () => session.settle());
    else {
      this.#unlisten?.();
      this.#unlisten = undefined;
    }
  }

  /** The page leaves, and looks at nothing. */
  stop() {
    this.#looking = '';
    this.owe();
  }

  /** Asks the site about strangers: the message server sends no presences of them. */
  #ask() {
    void this.#core.strangers?.ask();
    this.#want();
  }

  /** Parts that are made when there is something for them to do. */
  #want() {
    const core = this.#core;
    const { world, emitter, sender, strangers } = core;
    const isStrange = () => [...world.contacts.values()].some((it) => it.incomplete || it.group === 'stranger');
    const isWaiting = () =>
      [...world.outbox.values()].some((it) => isOwn(core, it) || (core.leads && isLeft(core, it)));
    if (!strangers && isStrange()) emitter.emit('missing', 'strangers');
    if (!sender && isWaiting()) emitter.emit('missing', 'opened');
  }

  /** Who types is forgotten after a while. */
  #tick() {
    const { env, world, replica } = this.#core;
    const until = Math.min(...world.chats.filter((it) => it.typing).map((it) => it.until));
    if (this.#isTicking || until === Infinity) return;
    this.#isTicking = true;
    env.after(Math.max(0, until - this.#core.now), () => {
      this.#isTicking = false;
      replica.apply({ t: 'tick', at: this.#core.now });
    });
  }

  #count() {
    const { unread, emitter } = this.#core;
    if (unread === this.#unread) return;
    this.#unread = unread;
    emitter.emit('unread', unread);
  }

  async refreshNotifications() {
    const answer = await this.#core.call('get', 'notifications');
    if (!answer.ok) return;
    const list = notifications(answer.data).slice(0, NOTIFICATIONS_MAX);
    this.#core.protocol.publish({ t: 'notifications', list });
  }
}
