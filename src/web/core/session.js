// The browser's one session: goes online, polls, and starts over. Only the tab that leads runs it.
//
// Owns: the calls `online` and `offline`, and the wait for packets, in the order that link.js says.
// Must not: acknowledge (by the next step) what has not been posted to the other tabs.

import { ackLast } from './acks.js';
import { backoff } from './backoff.js';
import { POLL_HOLLOW_MS, POLL_TRUSTED_MS, USERS_ASKED_MAX } from './limits.js';
import { REST, begin, next } from './link.js';
import { createReceiver } from './receiver.js';
import { isNewer } from './ring.js';
import * as shape from './shape.js';

/**
 * @typedef {import('./link.js').Link} Link
 * @typedef {import('./link.js').Outcome} Outcome
 * @typedef {{username: string, password: string}} Login
 */

/**
 * What a session needs.
 * @typedef {object} Parts
 * @property {import('./browser.js').Env} env
 * @property {import('./site.js').Site} site
 * @property {import('./store.js').Store} store
 * @property {import('./model/world.js').World} world
 * @property {import('./tabs.js').Tabs} tabs
 * @property {(event: import('./model/apply.js').Event) => void} publish
 * @property {import('./strangers.js').Strangers | undefined} strangers
 * @property {string[]} linked
 * @property {string[]} asked
 */

/** What a site answers to a call with a parameter that it does not take. */
const UNREADABLE = new Set([400, 413, 414, 422]);

export class Session {
  /** @type {Parts} */
  #parts;
  #link = REST;
  #run = 0; // the number of the run that counts; an older one ends at its next step
  #controller = new AbortController(); // of the poll that waits
  /** @type {(() => void) | null} */
  #wakeUp = null;
  /** @type {Login | undefined} */
  #login;

  #receiver;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#receiver = createReceiver(parts.env, parts.store, (session, seq) => this.#acked(session, seq));
  }

  /**
   * This tab leads now: polls on where the last leader stopped, if it can. For a guest it asks the site nothing.
   * @param {boolean} isGuest
   */
  lead(isGuest) {
    const { world, store } = this.#parts;
    const { session, complete, state, trouble } = world;
    if (world.chosenOffline) return this.#set(REST);
    if (isGuest) return this.#set({ ...REST, trouble: { code: 'login', text: '', retryAt: 0 } });
    if (state === 'offline' && trouble) return this.#set({ ...REST, trouble });
    const action = complete && session && !store.hasLeft(session.ticket) ? 'poll' : 'online';
    return void this.#go(begin({ ...REST, state }, action));
  }

  /** The user wants to be online, or a page was opened. @param {Login} [login] */
  goOnline(login) {
    if (this.#link.action !== 'rest' && !login && (!this.#wakeUp || this.#link.ordered)) return;
    this.#login = login;
    this.renew();
  }

  /** Asks the site again who this is. */
  renew() {
    void this.#go(begin(this.#link, 'online'));
  }

  /** A call has shown that the site does not know the user any more. */
  doubt() {
    if (this.#parts.world.state === 'online') this.renew();
  }

  /** Tries at once what waits, unless a server asked for the wait. */
  wake() {
    if (!this.#link.ordered) this.#wakeUp?.();
  }

  /** The user goes offline. */
  leave() {
    const { world, store, site } = this.#parts;
    const ticket = world.session?.ticket;
    this.settle();
    this.halt();
    if (ticket && world.state !== 'offline') {
      store.leaveSession(ticket);
      void site.post('offline', { ticket });
    }
    this.#set(REST);
  }

  /** The browser has lost the network. */
  cut() {
    this.#receiver.cut();
  }

  /** The page may not come back: what has come by a stream is acknowledged, whether this tab leads or another. */
  settle() {
    const { env, world } = this.#parts;
    const { session, seq, owes } = world;
    if (!session || !owes) return;
    ackLast(env, session, seq);
    this.#acked(session, seq);
  }

  /** @param {import('./types.js').Connection} session @param {number} seq */
  #acked({ ticket }, seq) {
    const { world, publish } = this.#parts;
    if (world.owes) publish({ t: 'acked', ticket, seq });
  }

  halt() {
    this.#run += 1;
    this.#controller.abort();
    this.#receiver.halt();
    this.#wakeUp?.();
  }

  /** @param {Link} link */
  #set(link) {
    this.#link = link;
    const { world, publish } = this.#parts;
    const { state, trouble } = link;
    const isNews = state !== world.state || JSON.stringify(trouble) !== JSON.stringify(world.trouble);
    if (isNews) publish({ t: 'link', state, trouble });
  }

  /** @param {Link} from */
  async #go(from) {
    this.halt();
    const { env, tabs } = this.#parts;
    const run = this.#run;
    const isMine = () => run === this.#run && tabs.leads();
    this.#set(from);
    while (isMine() && this.#link.action !== 'rest') {
      if (this.#link.wait > 0) await this.#sleep(this.#link.wait);
      if (!isMine()) return;
      const outcome = await this.#try(isMine);
      if (!outcome || !isMine()) return;
      this.#set(next(this.#link, outcome, { now: env.now(), random: env.random(), hasNetwork: env.hasNetwork() }));
    }
  }

  /**
   * Takes one step. If it throws, the step counts as failed at the site and is tried again.
   * @param {() => boolean} isMine
   * @returns {Promise<Outcome | null>}
   */
  async #try(isMine) {
    try {
      return await (this.#link.action === 'online' ? this.#open(isMine) : this.#poll(isMine));
    } catch (error) {
      this.#parts.env.report(error);
      return { kind: 'site' };
    }
  }

  /** @param {number} ms @returns {Promise<void>} */
  #sleep(ms) {
    return new Promise((resolve) => {
      const cancel = this.#parts.env.after(ms, () => this.#wakeUp?.());
      this.#wakeUp = () => {
        this.#wakeUp = null;
        cancel();
        resolve();
      };
    });
  }

  /**
   * @param {() => boolean} isMine
   * @param {boolean} [fresh] send no remembered data: it may be another user's, or the site may not accept it
   * @returns {Promise<Outcome | null>} null if it is no longer of interest
   */
  async #open(isMine, fresh = false) {
    const { env, site, store, world, publish } = this.#parts;
    const asked = env.now();
    const { owner } = world;
    const answer = await site.post('online', { ...this.#params(fresh), ...this.#login });
    if (!isMine()) return null;
    if (answer.ok || answer.kind !== 'site') this.#login = undefined;
    const opened = read(shape.object(answer.data), asked, env.now());
    if (!answer.ok || !opened) {
      // What was kept from an earlier page may be what the site cannot read.
      if (UNREADABLE.has(answer.status) && !fresh) return this.#open(isMine, true);
      if (answer.kind === 'login') {
        store.dropPicture(owner);
        publish({ t: 'nobody' });
      }
      return answer;
    }
    publish(opened);
    store.save(world);
    if (owner && owner !== opened.me.id && !fresh) {
      // The call had another user's parameters: what that user had seen does not hold for this one.
      void site.post('refresh', { ticket: opened.session.ticket });
      return this.#open(isMine, true);
    }
    // Gets what did not fit into the answer. No poll runs meanwhile, so no newer message moves `since` past the missing ones.
    for (let { more } = opened, idle = 0; more;) {
      if (idle) await this.#sleep(backoff(idle, env.random()));
      const since = more;
      const page = await site.post('missed', { since });
      if (!isMine()) return null;
      if (!page.ok) return page;
      const found = shape.missed(page.data, since);
      more = found.more;
      idle = found.messages.some(({ id }) => isNewer(id, since)) ? 0 : idle + 1;
      publish({
        t: 'packets',
        at: opened.at,
        ticket: opened.session.ticket,
        answer: { ...found, presences: [], statuses: [], signals: [], seq: 0 },
        more,
      });
    }
    return { kind: 'opened' };
  }

  /** @param {boolean} fresh */
  #params(fresh) {
    const { world, strangers } = this.#parts;
    /** @param {'user' | 'room'} kind */
    const open = (kind) => world.chats.filter((chat) => chat.kind === kind && !fresh).map((chat) => chat.id);
    return {
      version: 6,
      show: (!fresh && world.chosenShow) || undefined,
      status: fresh ? undefined : world.chosenStatus,
      buddy_ids: open('user'),
      room_ids: open('room'),
      stranger_ids: strangers?.take() ?? (this.#parts.asked = this.#parts.linked.slice(0, USERS_ASKED_MAX)),
      since: (!fresh && world.since) || undefined,
    };
  }

  /** @param {() => boolean} isMine @returns {Promise<Outcome | null>} null if it is no longer of interest */
  async #poll(isMine) {
    const { env, store, world, publish } = this.#parts;
    const { session } = world;
    if (!session) return { kind: 'gone' };
    // A poll still open after POLL_TRUSTED_MS shows that the connection works: clear the trouble.
    const trust = env.after(POLL_TRUSTED_MS, () => {
      if (isMine() && env.hasNetwork()) this.#set({ ...this.#link, state: 'online', trouble: null });
    });
    this.#controller = new AbortController();
    const asked = env.now();
    const polled = await this.#receiver.next(session, world.seq, this.#controller);
    trust();
    if (!isMine()) return null;
    if (polled.kind !== 'answer') return polled;
    const { answer, after, isPushed } = polled;
    if (answer.status === 'stopped') {
      return { kind: 'stopped', reason: answer.reason, after, raced: store.hasLeft(session.ticket) };
    }
    const { messages, presences, statuses, signals } = answer;
    const isNews = answer.seq
      ? answer.seq > world.seq
      : [messages, presences, statuses, signals].some((it) => it.length);
    if (isNews) {
      publish({ t: 'packets', at: env.now() + world.offset, ticket: session.ticket, answer, isPushed });
      if (messages.length > 0) store.save(world);
    } else if (!isPushed && env.now() - asked < POLL_HOLLOW_MS) return { kind: 'hollow', after };
    return { kind: 'packets', after };
  }
}

/** The history that came with a buddy or a room. @param {string} prefix of a chat's key @param {unknown} raw */
const pages = (prefix, raw) =>
  shape
    .list(raw)
    .flatMap(({ id, history }) =>
      history ? { key: `${prefix}${id}`, rows: shape.logItems(history), older: false } : [],
    );

/**
 * The site's answer to `online`; null if it opened no session.
 * @param {shape.Raw} data
 * @param {number} asked
 * @param {number} now
 * @returns {Extract<import('./model/apply.js').Event, {t: 'opened'}> | null}
 */
function read(data, asked, now) {
  const me = shape.me(data.user);
  const session = shape.connection(data.connection);
  if (!me || !session) return null;
  const served = shape.time(data.server_time);
  return {
    t: 'opened',
    at: served || now,
    me,
    session,
    offset: served ? served - Math.round((asked + now) / 2) : 0,
    buddies: shape.buddies(data.buddies),
    rooms: shape.rooms(data.rooms),
    ...shape.missed(data),
    setting: data.setting,
    pages: [...pages('u/', data.buddies), ...pages('r/', data.rooms)],
    menu: shape.menu(data.menu),
    channels: shape.channels(data.channels),
  };
}
