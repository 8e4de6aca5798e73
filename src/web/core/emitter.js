// Listeners by name of the event.
//
// Owns: who listens.
// Must not: let one listener's failure keep the others from hearing.

/** A listener's error is the page's: it hears of it as of any other. @param {unknown} error */
const rethrow = (error) =>
  queueMicrotask(() => {
    throw error;
  });

/**
 * @param {(error: unknown) => void} [report]
 * @returns {{on: (event: string, listener: (detail: any) => void) => () => void, emit: (event: string, detail?: any) => void}}
 */
export function createEmitter(report = rethrow) {
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
          report(error);
        }
      }
    },
  };
}
