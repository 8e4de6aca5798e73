// Listeners by name of the event.
//
// Owns: who listens.
// Must not: let one listener's failure keep the others from hearing.

import { report } from './page.js';

/** @typedef {{on: (event: string, listener: (detail: any) => void) => () => void, emit: (event: string, detail?: any) => void}} Emitter */

/** @returns {Emitter} */
export function createEmitter() {
  /** @type {Map<string, Set<(detail: any) => void>>} */
  const listeners = new Map();
  return {
    on(event, listener) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set.add(listener));
      return () => set.delete(listener);
    },
    emit(event, detail) {
      for (const listener of [...(listeners.get(event) ?? [])]) {
        try {
          listener(detail);
        } catch (error) {
          report(error); // it is the page's: it hears of it as of any other
        }
      }
    },
  };
}
