// How long to wait after the n-th failure.
//
// Owns: the curve.
// Must not: set timers.

import { BACKOFF_MS_MAX, BACKOFF_MS_MIN, RETRY_MS_MAX } from './limits.js';

/**
 * Doubles up to the maximum; between half of that and all of it, so that pages that failed together come back apart.
 * @param {number} failures 1 after the first
 * @param {number} random 0 to 1
 */
export function backoff(failures, random) {
  const full = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(failures - 1, 16));
  return Math.round(full * (0.5 + random / 2));
}

/**
 * What a server asked for, if it is to be believed.
 * @param {unknown} ms
 */
export function ordered(ms) {
  const wait = Number(ms);
  return wait > 0 ? Math.min(wait, RETRY_MS_MAX) : 0;
}

/**
 * `Retry-After`: seconds or a date.
 * @param {string | null} header
 * @param {number} now
 */
export function retryAfter(header, now) {
  if (!header) return 0;
  return ordered(/^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now);
}
