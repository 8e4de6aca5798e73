// Signals to the other side that the user is typing.
//
// Owns: when `typing` and `clear` are sent, and to which users.
// Must not: know what is typed.

import { TYPING_IDLE_MS } from './limits.js';
import { parseKey } from './model/chats.js';

/**
 * @param {object} parts
 * @param {import('./browser.js').Env} parts.env
 * @param {import('./site.js').Site} parts.site
 * @param {import('./model/world.js').World} parts.world
 * @param {ReturnType<typeof import('./turns.js').createTurns>} parts.inTurn
 */
export function createTyping({ env, site, world, inTurn }) {
  /** @type {Map<string, () => void>} how to call the clearing off, by chat */
  const running = new Map();

  /** An invisible user sends none, and a user who is offline gets none. @param {string} key @param {string} show */
  const say = (key, show) => {
    const to = parseKey(key)?.id ?? '';
    const { state, me, contacts, session } = world;
    if (state !== 'online' || me?.show === 'invisible' || contacts.get(to)?.presence !== 'online') return;
    inTurn('status', () => site.post('status', { to, show, ticket: session?.ticket }));
  };
  /** @param {string} key */
  const clear = (key) => {
    running.get(key)?.();
    if (running.delete(key)) say(key, 'clear');
  };
  return {
    clear,
    /** @param {string} key */
    keystroke(key) {
      running.get(key)?.();
      if (!running.has(key)) say(key, 'typing');
      running.set(
        key,
        env.after(TYPING_IDLE_MS, () => clear(key)),
      );
    },
    stop() {
      for (const cancel of running.values()) cancel();
      running.clear();
    },
  };
}

/** @typedef {ReturnType<typeof createTyping>} Typing */
