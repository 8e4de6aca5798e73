// The history of chats, page by page.
//
// Owns: which page is being loaded, so that none is loaded twice at a time.
// Must not: merge lines; that is the events' work.

import { findChat, parseKey } from './model/chats.js';
import { logItems } from './shape.js';

/**
 * @param {object} parts
 * @param {import('./browser.js').Env} parts.env
 * @param {import('./model/world.js').World} parts.world
 * @param {(event: import('./model/apply.js').Event) => void} parts.publish
 * @param {import('./im.js').Core['call']} parts.call
 */
export function createHistory({ env, world, publish, call }) {
  /** @type {Map<string, Promise<boolean>>} */
  const loading = new Map();

  /** @param {string} key */
  function of(key) {
    const parsed = parseKey(key);
    return { type: parsed?.kind === 'room' ? 'multicast' : 'unicast', id: parsed?.id };
  }

  /** @param {string} key @param {number} [before] */
  async function load(key, before) {
    const older = before !== undefined;
    const count = findChat(world, key)?.messages.length ?? 0;
    const { me } = world;
    const answer = await call('get', 'history', { ...of(key), before });
    if (!answer.ok || world.me?.id !== me?.id) return false; // it is of the user who asked
    publish({ t: 'history', at: env.now() + world.offset, key, rows: logItems(answer.data), older });
    return (findChat(world, key)?.messages.length ?? 0) > count;
  }

  /** @param {string} key @param {number} [before] */
  function once(key, before) {
    const running = loading.get(key);
    if (running) return running;
    const made = load(key, before).finally(() => loading.delete(key));
    loading.set(key, made);
    return made;
  }

  return {
    /** The newest page, unless it is here or comes with the session that is being opened. @param {string} key */
    need(key) {
      const chat = findChat(world, key);
      const isComing = world.state === 'connecting' || world.state === 'reconnecting';
      if (chat && !chat.loaded && !isComing && world.me) void once(key);
    },
    /** A page of it, the newest one or what is before `before`; answers whether there was any. @type {typeof once} */
    load: once,
    /** What is being loaded. @param {string} key */
    running: (key) => loading.get(key),
    paramsOf: of,
  };
}

/** @typedef {ReturnType<typeof createHistory>} History */
