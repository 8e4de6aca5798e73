// The users whose links stand in the page.
//
// Owns: which uids the site was asked for.
// Must not: look for links; the user interface does.

import { STRANGERS_ASKED_MAX } from './limits.js';
import { buddies } from './shape.js';

/**
 * @param {object} parts
 * @param {import('./site.js').Site} parts.site
 * @param {import('./model/world.js').World} parts.world
 * @param {(event: import('./model/apply.js').Event) => void} parts.publish
 */
export function createStrangers({ site, world, publish }) {
  /** @type {Map<string, boolean>} uids, and whether they were asked for */
  const uids = new Map();
  return {
    /** @param {string[]} more */
    add(more) {
      for (const uid of more) if (!uids.has(uid) && uids.size < STRANGERS_ASKED_MAX) uids.set(uid, false);
    },
    /** Those that go with `online`; it is a new session, so all of them. */
    take: () => {
      for (const uid of uids.keys()) uids.set(uid, true);
      return [...uids.keys()];
    },
    /** A page that came after the session was opened asks by itself. */
    async ask() {
      const known = new Set([...world.contacts.values()].map((it) => it.uid));
      const wanted = [...uids.keys()].filter((uid) => !uids.get(uid) && !known.has(uid));
      this.take();
      if (wanted.length === 0) return;
      const answer = await site.get('buddies', { ids: '', stranger_ids: wanted });
      if (answer.ok) publish({ t: 'buddies', list: buddies(answer.data), asked: [] });
    },
  };
}

/** @typedef {ReturnType<typeof createStrangers>} Strangers */
