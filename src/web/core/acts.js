// What a user does in a chat or a panel that is open.
//
// Owns: the calls behind it: history, drafts, what failed, rooms and blocks. A page where nothing is opened needs none
// of it, so it is a part that a core is equipped with.
// Must not: draw, or hold what a tab knows; that is the world.

import { createHistory } from './history.js';
import { LINES_MAX } from './limits.js';
import { isPending } from './lines.js';
import { findChat, isMuted } from './model/chats.js';
import { createRooms } from './rooms.js';
import { createSender } from './sender.js';
import * as shape from './shape.js';
import { createTyping } from './typing.js';

/** @param {import('./im.js').Core} core */
export function createActs(core) {
  const { world, site } = core;
  const sender = (core.sender = createSender(core));
  const history = (core.history = createHistory(core));
  const typing = (core.typing = createTyping(core));
  core.endings.push(typing.stop);
  history.need(core.active);
  return {
    /** The history before the first line; answers whether there was any. @param {string} key @returns {Promise<boolean>} */
    async older(key) {
      await history.running(key);
      const chat = findChat(world, key);
      if (!chat || chat.complete || chat.messages.length >= LINES_MAX) return false;
      const first = chat.messages.find((line) => !isPending(line));
      return history.load(key, first && first.time + 1); // lines of the same moment come again, and are known by their ids
    },
    /** Clears the history on my side. @param {string} key @returns {Promise<boolean>} */
    async clear(key) {
      const answer = await core.call('post', 'clear_history', history.paramsOf(key));
      if (answer.ok) core.publish({ t: 'cleared', key });
      return answer.ok;
    },
    /** @param {string} key */
    downloadUrl: (key) => site.url('download_history', history.paramsOf(key)),
    /** Sends again what failed. @param {string} cid */
    retry: (cid) => sender.retry(cid),
    /** Sends all again that failed in a chat, in its order. @param {string} key */
    retryAll(key) {
      for (const pending of [...world.outbox.values()]) if (pending.key === key) sender.retry(pending.cid);
    },
    /** Forgets what failed. @param {string} key @param {string} cid */
    discard: (key, cid) => core.publish({ t: 'discard', key, cid }),
    /** What is being typed; the other side is told that something is. @param {string} key @param {string} text */
    draft(key, text) {
      const chat = findChat(world, key);
      if (!chat || chat.draft === text) return;
      core.publish({ t: 'draft', key, text });
      if (text.trim() === '') typing.clear(key);
      else if (chat.kind === 'user') typing.keystroke(key);
    },
    /** @param {string} key @param {number} pixels from the end */
    scroll(key, pixels) {
      const chat = findChat(world, key);
      if (chat) core.scrolls[key] = chat.scroll = pixels;
    },
    ...createRooms(core),
    set: createSetting(core),
    /** Leaves the room's chat, or comes back. @param {string} room @param {boolean} locked */
    async lock(room, locked) {
      const answer = await core.call('post', locked ? 'leave' : 'join', { id: room, ticket: world.session?.ticket });
      if (!answer.ok) return false;
      const info = shape.rooms([answer.data])[0] ?? null;
      core.publish({ t: 'locked', room, locked, info });
      if (!locked && findChat(world, `r/${room}`) && !isMuted(world, room)) void history.load(`r/${room}`);
      return true;
    },
    /** @param {string} id @param {boolean} blocked */
    async block(id, blocked) {
      const answer = await core.call('post', blocked ? 'block' : 'unblock', { id });
      if (answer.ok) core.publish({ t: 'blocked', id, blocked });
      return answer.ok;
    },
  };
}

/** The user's settings: many changes that come at once are one call. @param {import('./im.js').Core} core */
function createSetting(core) {
  let isUntold = false; // they have changed since the site was last told of them
  const tell = () => {
    isUntold = false;
    return core.call('post', 'setting', { data: JSON.stringify(core.settings) });
  };
  // What waits for its turn would be lost.
  core.endings.push(() => void (isUntold && tell()));
  /** @param {Partial<import('./types.js').Settings>} change */
  return (change) => {
    core.publish({ t: 'settings', change });
    if (isUntold) return;
    isUntold = true;
    core.inTurn('setting', tell);
  };
}

/** @typedef {ReturnType<typeof createActs>} Acts */
