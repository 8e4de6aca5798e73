// The tabs of one browser: which of them leads, and the channel between them.
//
// Owns: the election (Web Locks; where there are none, as on plain http, or they are refused, a lease in localStorage), the
// channel between the tabs, and the list of those that are open. A tab that can reach no other leads itself.
// Must not: read what is posted on the channel.

import { LEASE_MS, LEASE_SETTLE_MS, TAB_BEAT_MS, TAB_STALE_MS } from './limits.js';
import { object } from './shape.js';
import { createShelf } from './shelf.js';

/** @typedef {{tab: string, message: import('./protocol.js').Message}} Post what a tab of this build posts */

/**
 * @typedef {object} TabEvents
 * @property {() => void} lead this tab leads from now on
 * @property {() => void} resign this tab no longer leads
 * @property {(message: import('./protocol.js').Message, tab: string) => void} hear another tab has posted a message
 * @property {() => void} beat now and then: look for tabs that have closed without a message
 */

/**
 * @param {import('./browser.js').Env} env
 * @param {string} name of the site
 * @param {TabEvents} ears
 */
export function createTabs(env, name, ears) {
  const id = `${env.now().toString(36)}${env.random().toString(36).slice(2, 10)}`;
  const registry = createRegistry(env, createShelf(env.local, name), id);
  let leads = false;
  /** @type {ReturnType<Env['channel']> | null} */
  let wire = null;
  /** @type {(() => void)[]} */
  let undo = [];

  /** @param {boolean} now */
  const setLeads = (now) => {
    if (leads === now) return;
    leads = now;
    if (now) ears.lead();
    else ears.resign();
  };
  const byLease = leaseElection(env, name, id, setLeads);
  let election = byLease;
  const elect = () => {
    if (!wire) return setLeads(true);
    const { locks } = env;
    if (!locks) return void undo.push(byLease.start());
    const refused = () => {
      election = byLease;
      undo.push(byLease.start());
    };
    election = lockElection(locks, `${name}:leader`, setLeads, refused);
    return void undo.push(election.start());
  };

  const beat = () => {
    registry.touch();
    undo[0] = env.after(TAB_BEAT_MS, () => {
      beat();
      ears.beat();
    });
  };

  return {
    id,
    start() {
      wire = env.channel(name, (data) => {
        const { tab, message } = /** @type {Partial<Post>} */ (object(data));
        if (tab && message) ears.hear(message, tab);
      });
      beat();
      elect();
    },
    /** In the tick of `pagehide`: the next tab that looks finds this one gone. */
    stop() {
      for (const run of undo) run();
      undo = [];
      registry.remove();
      leads = false;
      wire?.close();
      wire = null;
    },
    /** @param {import('./protocol.js').Message} message */
    post: (message) => post(wire, { tab: id, message }),
    /** Whether this tab leads; looked up again where another tab could have taken over. */
    leads() {
      if (leads && wire && !election.holds()) setLeads(false);
      return leads;
    },
    isAlone: () => !wire || registry.isAlone(),
    isOpen: registry.isOpen,
  };
}

/** @typedef {ReturnType<typeof createTabs>} Tabs */
/** @typedef {import('./browser.js').Env} Env */

/** Posts something to the other tabs. @param {ReturnType<Env['channel']>} wire @param {Post} said */
function post(wire, said) {
  try {
    wire?.post(said);
  } catch {
    // The other tabs miss this message; this tab applies it anyway.
  }
}

/**
 * A key a tab, so that no two of them write the same.
 * @param {Env} env
 * @param {import('./shelf.js').Shelf} shelf
 * @param {string} id
 */
function createRegistry({ now }, shelf, id) {
  /** @param {string} tab */
  const isOpen = (tab) => tab === id || Math.abs(now() - Number(shelf.read(`tab:${tab}`))) < TAB_STALE_MS;
  return {
    isOpen,
    touch: () => shelf.write(`tab:${id}`, now()),
    remove: () => shelf.remove(`tab:${id}`),
    isAlone() {
      const tabs = shelf.keys('tab:');
      for (const tab of tabs) if (!isOpen(tab)) shelf.remove(`tab:${tab}`);
      return tabs.every((tab) => tab === id || !isOpen(tab));
    },
  };
}

/**
 * The browser queues the tabs, and gives the lock to the next one when its holder has closed.
 * @param {NonNullable<Env['locks']>} locks
 * @param {string} name
 * @param {(leads: boolean) => void} setLeads
 * @param {() => void} refused the browser gives no locks to this page
 */
function lockElection(locks, name, setLeads, refused) {
  return {
    holds: () => true,
    start() {
      const controller = new AbortController();
      const { signal } = controller;
      const queue = async () =>
        locks.request(name, { signal }, () => {
          if (signal.aborted) return undefined;
          setLeads(true);
          return new Promise((resolve) => signal.addEventListener('abort', resolve));
        });
      queue().catch(() => signal.aborted || refused());
      return () => controller.abort();
    },
  };
}

/**
 * Storage has no lock: a tab that writes the lease waits until every other tab can have seen it, and leads if the lease is
 * still its own.
 * A tab without storage is alone.
 * @param {Env} env
 * @param {string} name
 * @param {string} id
 * @param {(leads: boolean) => void} setLeads
 */
function leaseElection(env, name, id, setLeads) {
  const shelf = createShelf(env.local, name);
  let cancel = () => {};
  /** @param {number} ms @param {() => void} run */
  const later = (ms, run) => {
    cancel();
    cancel = env.after(ms + env.random() * LEASE_SETTLE_MS, run);
  };
  /** How long another tab's lease still holds; 0 if there is none. */
  const othersHold = () => {
    const { tab, until } = object(shelf.read('lease'));
    const left = Number(until) - env.now();
    return tab !== id && left > 0 && left <= LEASE_MS ? left : 0;
  };
  const write = () => shelf.write('lease', { tab: id, until: env.now() + LEASE_MS });
  const claim = () => {
    const wait = othersHold();
    if (wait) return later(wait, claim);
    if (!write()) return setLeads(true);
    return later(LEASE_SETTLE_MS, keep);
  };
  const keep = () => {
    const isMine = !othersHold();
    setLeads(isMine);
    if (!isMine) return claim();
    write();
    return later(LEASE_MS / 3, keep);
  };
  return {
    holds() {
      const isMine = !othersHold();
      if (isMine) write();
      else later(0, claim);
      return isMine;
    },
    start() {
      claim();
      const unlisten = env.listen('storage', (event) => {
        if (event.key === `${name}:lease` && !event.newValue) later(0, claim);
      });
      return () => {
        unlisten();
        cancel();
        if (object(shelf.read('lease')).tab === id) shelf.remove('lease');
      };
    },
  };
}
