// The core's front door.
//
// Owns: how its parts are put together.
// Must not: draw anything.

/** @typedef {import('./types.js').IM} IM */

/**
 * @param {import('./types.js').Options} options
 * @returns {IM}
 */
export function createIM(options) {
  return /** @type {IM} */ (/** @type {unknown} */ (options));
}
