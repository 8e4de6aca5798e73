// Telling the other side that something is being typed.
//
// Owns: when `typing` and when `clear` is said.
// Must not: know whether the other side may hear it.

import { TYPING_IDLE_MS } from './limits.js';

/**
 * @param {import('./browser.js').Env} env
 * @param {(key: string, show: 'typing' | 'clear') => void} say
 */
export function createTyping(env, say) {
  /** @type {Map<string, () => void>} how to call the clearing off, by chat */
  const running = new Map();
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
      running.set(key, env.after(TYPING_IDLE_MS, () => clear(key)));
    },
    stop() {
      for (const cancel of running.values()) cancel();
      running.clear();
    },
  };
}
