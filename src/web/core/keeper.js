// When what a tab knows is stored.
//
// Owns: the delay that gathers many changes into one write, and what a page begins with and leaves behind.
// Must not: know how it is stored; store.js does.

import { SAVE_DELAY_MS } from './limits.js';
import { findChat } from './model/chats.js';

/** @param {import('./im.js').Core} core */
export function createKeeper(core) {
  const { env, store, world } = core;
  /** @type {(() => void) | undefined} calls off the next write */
  let cancel;
  return {
    /** What was kept for this user, and for this tab. @param {string | undefined} user whose page it is, if that is sure */
    recall(user) {
      if (!world.owner) store.recall(world, user);
      const { active, scroll } = store.tab();
      core.scrolls = scroll;
      for (const chat of world.chats) chat.scroll = scroll[chat.key] ?? 0;
      core.active = findChat(world, active) ? active : '';
    },
    soon() {
      if (!core.isOpen) return;
      cancel ??= env.after(SAVE_DELAY_MS, () => {
        cancel = undefined;
        store.save(world);
      });
    },
    /** With what the next page draws before the site has answered. */
    all() {
      store.save(world);
      store.savePicture(world);
    },
    /** The page leaves. */
    stop() {
      cancel?.();
      cancel = undefined;
      store.saveTab({ active: core.active, scroll: core.scrolls });
    },
  };
}

/** @typedef {ReturnType<typeof createKeeper>} Keeper */
