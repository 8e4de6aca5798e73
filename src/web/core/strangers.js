// Users of whom the message server does not tell, because they are no contacts of mine.
//
// Owns: whom the site is asked for: those of whom only an id is known and, while somebody looks, strangers whose links
// stand in the page, to whom a chat is open, or who were there. They come and go unheard, so they are asked for again.
// Must not: look for links; the user interface does.

import { backoff } from './backoff.js';
import { ASK_AGAIN_MS, STRANGERS_AGE_MS, USERS_ASKED_MAX } from './limits.js';
import { findChat } from './model/chats.js';
import { buddies } from './shape.js';

/**
 * @param {object} parts
 * @param {import('./browser.js').Env} parts.env
 * @param {import('./site.js').Site} parts.site
 * @param {import('./tabs.js').Tabs} parts.tabs
 * @param {import('./model/world.js').World} parts.world
 * @param {(event: import('./model/apply.js').Event) => void} parts.publish
 */
export function createStrangers({ env, site, tabs, world, publish }) {
  /** Those of the page, as it names them: by uid or by id. @type {Set<string>} */
  let marked = new Set();
  /** @type {Map<string, number>} by id, or as the page names them: when the site last said how they are */
  const heard = new Map();
  let askAfter = 0; // not before, nor while it asks
  let idle = 0; // answers in a row that said nothing of those who were asked for

  /** The site has said how these are, be it to another tab. @param {string[]} names */
  const hear = (names) => {
    for (const name of names) heard.set(name, env.now());
  };

  /** Who is to be asked for. One tab asks who the unknown are; each asks for strangers that it shows. */
  function due() {
    const leads = tabs.leads();
    const isSeen = env.isVisible();
    const people = [...world.contacts.values()];
    const named = new Set([world.me, ...people].flatMap((it) => [it?.id, it?.uid]));
    /** @param {string} name */
    const isOld = (name) => isSeen && env.now() - (heard.get(name) ?? 0) > STRANGERS_AGE_MS;
    const known = people.filter(({ id, uid = '', group, presence, incomplete }) => {
      const isShown = presence === 'online' || marked.has(uid) || marked.has(id) || findChat(world, `u/${id}`);
      return incomplete ? leads : group === 'stranger' && isShown && isOld(id);
    });
    const unknown = [...marked].filter((name) => !named.has(name) && isOld(name));
    return [known.map(({ id }) => id), unknown].map((names) => names.slice(0, USERS_ASKED_MAX));
  }

  /** All of them in one call; what does not fit in goes into the next. */
  async function ask() {
    if (world.state !== 'online' || env.now() < askAfter) return;
    const [ids, stranger_ids] = due();
    const asked = [...ids, ...stranger_ids];
    if (!asked.length) return;
    askAfter = Infinity;
    const answer = await site.get('buddies', { ids, stranger_ids });
    askAfter = env.now() + ASK_AGAIN_MS;
    if (!answer.ok) return;
    hear(asked);
    const found = buddies(answer.data);
    idle = found.some(({ id, uid = id, incomplete }) => !incomplete && (asked.includes(id) || asked.includes(uid))) ? 0 : idle + 1;
    askAfter = idle > 1 ? env.now() + backoff(idle, env.random()) : 0;
    publish({ t: 'buddies', buddies: found, asked });
  }

  return {
    hear,
    ask,
    /** Who stands in the page now. @param {string[]} names */
    mark(names) {
      marked = new Set(names);
      void ask();
    },
    /** What was heard of him is not enough any more. @param {string} id */
    doubt(id) {
      heard.delete(id);
      void ask();
    },
    /** Those that go with `online`. */
    take() {
      const names = [...marked].slice(0, USERS_ASKED_MAX);
      hear(names);
      return names;
    },
  };
}

/** @typedef {ReturnType<typeof createStrangers>} Strangers */
