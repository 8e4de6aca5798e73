// Listeners by name of the event.
//
// Owns: the listeners.
// Must not: let the failure of one listener reach another.

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
          report(error); // the listener is the page's, and the page gets its error as any other
        }
      }
    },
  };
}
