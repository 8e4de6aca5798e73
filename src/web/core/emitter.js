// Listeners by name of the event.
//
// Owns: the listeners.
// Must not: let the failure of one listener reach another.

/** @typedef {import('./types.js').Events} Events */

/**
 * @typedef {object} Emitter
 * @property {<E extends keyof Events>(event: E, listener: (detail: Events[E]) => void) => () => void} on
 * @property {<E extends keyof Events>(event: E, detail: Events[E]) => void} emit
 */

/** @param {(error: unknown) => void} report gets what a listener throws @returns {Emitter} */
export function createEmitter(report) {
  /** @type {Map<keyof Events, Set<(detail: never) => void>>} */
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
          listener(/** @type {never} */ (detail));
        } catch (error) {
          report(error); // the listener is the page's, and the page gets its error as any other
        }
      }
    },
  };
}
