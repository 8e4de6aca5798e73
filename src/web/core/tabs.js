// The tabs of one browser: who of them leads, and what they tell one another.
//
// Owns: the election (Web Locks; on plain http, where there are none, a lease in localStorage), the channel between the
// tabs, and the list of those that are open.
// Must not: know what is said on the channel.

import { LEASE_MS, LEASE_SETTLE_MS, TAB_BEAT_MS, TAB_STALE_MS } from './limits.js';

/**
 * @typedef {object} Ears
 * @property {() => void} lead this tab leads from now on
 * @property {() => void} resign and no longer
 * @property {(message: any, tab: string) => void} hear
 * @property {() => void} beat now and then: to look who has gone without a word
 */

/**
 * @param {import('./browser.js').Env} env
 * @param {string} name of the site
 * @param {Ears} ears
 */
export function createTabs(env, name, ears) {
  const id = `${env.now().toString(36)}${env.random().toString(36).slice(2, 10)}`;
  const registry = createRegistry(env, `${name}:tab:`, id);
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
  const election = env.locks
    ? lockElection(env.locks, `${name}:leader`, setLeads)
    : leaseElection(env, `${name}:lease`, id, setLeads);

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
      wire = env.channel(name, ({ tab, message }) => ears.hear(message, tab));
      beat();
      undo.push(election.start());
    },
    /** In the tick of `pagehide`: whoever looks next finds this tab gone. */
    stop() {
      for (const run of undo) run();
      undo = [];
      registry.remove();
      leads = false;
      wire?.close();
      wire = null;
    },
    /** @param {any} message */
    post: (message) => wire?.post({ tab: id, message }),
    /** Whether this tab leads, asked anew where another could have taken it over. */
    leads() {
      if (leads && !election.holds()) setLeads(false);
      return leads;
    },
    isAlone: () => registry.others() === 0,
    /** @param {string} tab */
    isOpen: (tab) => tab === id || registry.has(tab),
  };
}

/** @typedef {ReturnType<typeof createTabs>} Tabs */
/** @typedef {import('./browser.js').Env} Env */

/**
 * A key a tab, so that no two of them write the same.
 * @param {Env} env
 * @param {string} prefix
 * @param {string} id
 */
function createRegistry({ local, now }, prefix, id) {
  /** @template T @param {(area: Storage) => T} run @param {T} otherwise */
  const attempt = (run, otherwise) => {
    try {
      return local ? run(local) : otherwise;
    } catch {
      return otherwise;
    }
  };
  /** @param {string | null} beat */
  const isFresh = (beat) => Math.abs(now() - Number(beat)) < TAB_STALE_MS;
  return {
    touch: () => attempt((area) => area.setItem(prefix + id, String(now())), undefined),
    remove: () => attempt((area) => area.removeItem(prefix + id), undefined),
    /** @param {string} tab */
    has: (tab) => attempt((area) => isFresh(area.getItem(prefix + tab)), false),
    others: () =>
      attempt((area) => {
        const keys = Array.from({ length: area.length }, (_, at) => area.key(at) ?? '');
        const tabs = keys.filter((key) => key.startsWith(prefix) && key !== prefix + id);
        for (const key of tabs) if (!isFresh(area.getItem(key))) area.removeItem(key);
        return tabs.filter((key) => area.getItem(key) !== null).length;
      }, 0),
  };
}

/**
 * The browser queues the tabs, and gives the lock on when its holder is gone.
 * @param {NonNullable<Env['locks']>} locks
 * @param {string} name
 * @param {(leads: boolean) => void} setLeads
 */
function lockElection(locks, name, setLeads) {
  return {
    holds: () => true,
    start() {
      const controller = new AbortController();
      locks
        .request(name, { signal: controller.signal }, () => {
          if (controller.signal.aborted) return undefined;
          setLeads(true);
          return new Promise((resolve) => controller.signal.addEventListener('abort', resolve));
        })
        .catch(() => undefined); // called off
      return () => controller.abort();
    },
  };
}

/**
 * Storage has no lock: who writes the lease waits until every other tab can have seen it, and leads if it is still his.
 * @param {Env} env
 * @param {string} key
 * @param {string} id
 * @param {(leads: boolean) => void} setLeads
 */
function leaseElection(env, key, id, setLeads) {
  let cancel = () => {};
  /** @param {number} ms @param {() => void} run */
  const later = (ms, run) => {
    cancel();
    cancel = env.after(ms + env.random() * LEASE_SETTLE_MS, run);
  };
  const { read, write, remove } = leaseStore(env, key, id);
  const claim = () => {
    const lease = read();
    if (lease && lease.tab !== id) return later(lease.until - env.now(), claim);
    if (!write()) return setLeads(true);
    return later(LEASE_SETTLE_MS, settle);
  };
  const settle = () => {
    if (read()?.tab !== id) return claim();
    setLeads(true);
    return later(LEASE_MS / 3, renew);
  };
  const renew = () => {
    const lease = read();
    if (lease && lease.tab !== id) {
      setLeads(false);
      return claim();
    }
    write();
    return later(LEASE_MS / 3, renew);
  };
  return {
    holds() {
      const lease = read();
      if (lease && lease.tab !== id) {
        later(0, claim);
        return false;
      }
      write();
      return true;
    },
    start() {
      claim();
      const unlisten = env.listen('storage', (event) => {
        if (event.key === key && !event.newValue) later(0, claim);
      });
      return () => {
        unlisten();
        cancel();
        if (read()?.tab === id) remove();
      };
    },
  };
}

/**
 * The lease itself.
 * @param {Env} env
 * @param {string} key
 * @param {string} id
 */
function leaseStore({ local, now }, key, id) {
  return {
    /** The one that holds. @returns {{tab: string, until: number} | null} */
    read() {
      try {
        const lease = JSON.parse(local?.getItem(key) ?? 'null');
        return lease && lease.until > now() && lease.until <= now() + LEASE_MS ? lease : null;
      } catch {
        return null;
      }
    },
    /** Whether it can be written at all; a tab without storage is alone. */
    write() {
      try {
        local?.setItem(key, JSON.stringify({ tab: id, until: now() + LEASE_MS }));
        return local !== null;
      } catch {
        return false;
      }
    },
    remove() {
      try {
        local?.removeItem(key);
      } catch {
        // It runs out by itself.
      }
    },
  };
}
