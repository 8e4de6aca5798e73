// The user's settings: which there are, and what each may be.
//
// Owns: defaults, known keys and ranges.
// Must not: trust the site, the store or the page with any of them.

import { BLOCKED_ROOMS_MAX } from './limits.js';

/** @typedef {import('./types.js').Settings} Settings */

/** @returns {Settings} */
export const defaults = () => ({
  play_sound: true,
  buddy_sticky: true,
  minimize_layout: false,
  msg_auto_pop: true,
  blocked_rooms: [],
  desktop_notify: false,
  theme: 'auto',
  lang: '',
  opacity: 100,
  zoom: 100,
});

/** @param {unknown} value */
const flag = (value) => {
  if (value === true || value === 1 || value === '1' || value === 'true') return true;
  if (value === false || value === 0 || value === '0' || value === 'false') return false;
  return undefined;
};
/** @param {string[]} words @returns {(value: unknown) => string | undefined} */
const oneOf = (words) => (value) => words.find((word) => word === value);
/** @param {number} min @param {number} max @returns {(value: unknown) => number | undefined} */
const percent = (min, max) => (value) => {
  const number = Math.round(typeof value === 'string' && value ? Number(value) : typeof value === 'number' ? value : NaN);
  return Number.isNaN(number) ? undefined : Math.min(max, Math.max(min, number));
};

/** @type {Record<string, (value: unknown) => unknown>} */
const known = {
  play_sound: flag,
  buddy_sticky: flag,
  minimize_layout: flag,
  msg_auto_pop: flag,
  blocked_rooms: (value) => (Array.isArray(value) ? value.slice(0, BLOCKED_ROOMS_MAX).map(String) : undefined),
  desktop_notify: flag,
  theme: oneOf(['auto', 'light', 'dark']),
  lang: oneOf(['', 'en', 'zh-CN', 'zh-TW']),
  opacity: percent(50, 100),
  zoom: percent(80, 150),
};

/**
 * What of this is a setting and within its range.
 * @param {unknown} raw
 * @returns {Partial<Settings>}
 */
export function pick(raw) {
  /** @type {Record<string, unknown>} */
  const good = {};
  const given = /** @type {Record<string, unknown>} */ (raw && typeof raw === 'object' ? raw : {});
  for (const [key, check] of Object.entries(known)) {
    const value = Object.hasOwn(given, key) ? check(given[key]) : undefined;
    if (value !== undefined) good[key] = value;
  }
  return good;
}
