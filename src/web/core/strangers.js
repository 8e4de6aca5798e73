// Users of whom the message server sends no presences, because they are no contacts of mine.
//
// Owns: which users the site is asked for: users of whom only an id is known and, while the page is seen, strangers whose
// links stand in the page, whose chat is open, or who were online. Nothing comes when they come and go, so the site is
// asked about them again.
// Must not: look for links; the user interface does.

import { backoff } from './backoff.js';
import { ASK_AGAIN_MS, STRANGERS_AGE_MS, USERS_ASKED_MAX } from './limits.js';
import { findChat } from './model/chats.js';
import { directory } from './names.js';
import { buddies } from './shape.js';

/**
 * Whether the site has said something of one of these.
 * @param {import('./types.js').BuddyInfo[]} found
 * @param {string[]} ids
 * @param {string[]} links
 */
function isOneOf(found, ids, links) {
  return found.some(
    ({ id, uid = id, incomplete }) => !incomplete && (ids.includes(id) || links.includes(id) || links.includes(uid)),
  );
}

/**
 * Names, and when the site last said how each is; it may have said nothing of one.
 * @typedef {{marked: Set<string>, heard: Map<string, number>}} Names
 */

/**
 * As many as fit into one call. Users who were never asked for come first, so that each has a turn, however many there are.
 * @param {string[]} names
 * @param {Names} of
 */
const longestAgo = (names, { heard }) =>
  names.sort((a, b) => (heard.get(a) ?? 0) - (heard.get(b) ?? 0)).slice(0, USERS_ASKED_MAX);

/**
 * Which users to ask for. One tab asks about the unknown; each tab asks about the strangers that it shows.
 * @param {import('./model/world.js').World} world
 * @param {Names} ids those the page names by their id
 * @param {Names} links those its links lead to
 * @param {{leads: boolean, isSeen: boolean, now: number}} page
 */
function due(world, ids, links, { leads, isSeen, now }) {
  const people = [...world.contacts.values()];
  const { byId, byLink } = directory(world.me ? [world.me, ...people] : people);
  const linked = new Set([...links.marked].map((name) => byLink(name)?.id));
  /** @param {string} name @param {Names} names */
  const isOld = (name, names) => isSeen && now - (names.heard.get(name) ?? 0) > STRANGERS_AGE_MS;
  const known = people.filter(({ id, group, presence, incomplete }) => {
    const isShown = () => presence === 'online' || ids.marked.has(id) || linked.has(id) || findChat(world, `u/${id}`);
    return incomplete ? leads : group === 'stranger' && isShown() && isOld(id, ids);
  });
  const unknown = [...ids.marked].filter((id) => !byId(id) && isOld(id, ids));
  const strange = [...links.marked].filter((name) => !byLink(name) && isOld(name, links));
  return [longestAgo([...known.map(({ id }) => id), ...unknown], ids), longestAgo(strange, links)];
}

/** @param {import('./im.js').Core} core */
export function createStrangers(core) {
  const { env, site, tabs, world, publish } = core;
  /** @type {Names} */
  const ids = { marked: new Set(), heard: new Map() };
  /** @type {Names} */
  const links = { marked: new Set(core.linked), heard: new Map() };
  let askAfter = 0; // not before, nor while it asks
  let idle = 0; // answers in a row that said nothing of those who were asked for

  /** The site has answered about these users, perhaps to another tab. @param {string[]} names @param {Names} [of] */
  const hear = (names, of = ids) => {
    for (const name of names) of.heard.set(name, env.now());
  };

  /** All of them in one call; what does not fit in goes into the next. */
  async function ask() {
    if (world.state !== 'online' || env.now() < askAfter) return;
    const [asked, stranger_ids] = due(world, ids, links, {
      leads: tabs.leads(),
      isSeen: env.isVisible(),
      now: env.now(),
    });
    if (!asked.length && !stranger_ids.length) return;
    askAfter = Infinity;
    const answer = await site.get('buddies', { ids: asked, stranger_ids });
    askAfter = env.now() + ASK_AGAIN_MS;
    if (!answer.ok) return;
    hear(asked);
    hear(stranger_ids, links);
    const found = buddies(answer.data);
    idle = isOneOf(found, asked, stranger_ids) ? 0 : idle + 1;
    const wait = idle > 1 ? backoff(idle, env.random()) : 0;
    askAfter = env.now() + wait;
    publish({ t: 'buddies', buddies: found, asked });
    // What did not fit in is not left to the next beat.
    if (wait) env.after(wait, ask);
  }

  /** @type {Strangers} */
  const strangers = {
    hear,
    ask,
    /** The users whose links stand in the page now. @param {string[]} byLink @param {string[]} byId */
    mark(byLink, byId) {
      links.marked = new Set(byLink);
      ids.marked = new Set(byId);
      void ask();
    },
    /** What the site answered about this user may be old. @param {string} id */
    doubt(id) {
      ids.heard.delete(id);
      void ask();
    },
    /** Those that go with `online`: it takes names of links. */
    take() {
      const names = [...links.marked].slice(0, USERS_ASKED_MAX);
      hear(names, links);
      return names;
    },
  };
  core.strangers = strangers;
  hear(core.asked, links);
  hear(core.answered);
  void ask();
  return strangers;
}

/**
 * @typedef {object} Strangers
 * @property {(names: string[]) => void} hear the site has said how these are, be it to another tab
 * @property {() => Promise<void>} ask
 * @property {(byLink: string[], byId: string[]) => void} mark
 * @property {(id: string) => void} doubt
 * @property {() => string[]} take
 */
