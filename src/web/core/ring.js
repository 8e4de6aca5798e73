// The last ids of a kind, so that nothing is counted twice.
//
// Owns: which ids are remembered, the oldest forgotten first.
// Must not: grow.

/** @param {number} max @param {string[]} [first] */
export function createRing(max, first = []) {
  const ids = new Set(first.slice(-max));
  return {
    /** @param {string} id */
    has: (id) => ids.has(id),
    /** @param {string} id */
    add(id) {
      ids.delete(id);
      ids.add(id);
      for (const oldest of ids) {
        if (ids.size <= max) break;
        ids.delete(oldest);
      }
    },
    list: () => [...ids],
  };
}

/** @typedef {ReturnType<typeof createRing>} Ring */

/**
 * Whether one decimal id is greater than another; ids may be longer than a number can be.
 * @param {string} id
 * @param {string} than
 */
export function isNewer(id, than) {
  if (!/^\d{1,64}$/.test(id)) return false;
  const [a, b] = [id, than].map((digits) => digits.replace(/^0+/, ''));
  return a.length === b.length ? a > b : a.length > b.length;
}
