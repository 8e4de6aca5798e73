// The last ids of a kind, so that nothing is counted twice.
//
// Owns: which ids are remembered, the oldest forgotten first.
// Must not: grow.

import { RING_MAX } from './limits.js';

/**
 * Answers whether it was known.
 * @param {Set<string>} ids in the order they were last seen
 * @param {string} id
 */
export function remember(ids, id, max = RING_MAX) {
  const known = ids.delete(id);
  ids.add(id);
  for (const oldest of ids) if (ids.size > max) ids.delete(oldest);
  return known;
}

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
