// The user's settings: which there are, and what each may be.
//
// Owns: defaults, known keys and ranges.
// Must not: trust the site, the store or the page with any of them.

import { BLOCKED_ROOMS_MAX } from './limits.js';
import { flag as isSet, object, text } from './shape.js';

/** @typedef {import('./types.js').Settings} Settings */

/** @param {unknown} value */
const flag = (value) => isSet(value) || ([false, 0, '0', 'false'].some((no) => no === value) ? false : undefined);
/** @param {string[]} words @returns {(value: unknown) => string | undefined} */
const oneOf = (words) => (value) => words.find((word) => word === value);
/** @param {number} min @param {number} max @returns {(value: unknown) => number | undefined} */
const percent = (min, max) => (value) => {
  const number = Math.round(Number(text(value) || NaN));
  return Number.isNaN(number) ? undefined : Math.min(max, Math.max(min, number));
};

/** Each with its default, and the check of a value. @type {Record<string, [unknown, (value: unknown) => unknown]>} */
const KNOWN = {
  play_sound: [true, flag],
  buddy_sticky: [true, flag],
  minimize_layout: [false, flag],
  msg_auto_pop: [true, flag],
  blocked_rooms: [
    [],
    (value) => (Array.isArray(value) ? [...value].slice(0, BLOCKED_ROOMS_MAX).map(String) : undefined),
  ],
  desktop_notify: [false, flag],
  theme: ['auto', oneOf(['auto', 'light', 'dark'])],
  lang: ['', oneOf(['', 'en', 'zh-CN', 'zh-TW'])],
  opacity: [100, percent(50, 100)],
  zoom: [100, percent(80, 150)],
};

/** @returns {Settings} */
export const defaults = () =>
  /** @type {Settings} */ (Object.fromEntries(Object.entries(KNOWN).map(([key, [value]]) => [key, value])));

/**
 * What of this is a setting and within its range.
 * @param {unknown} raw
 * @returns {Partial<Settings>}
 */
export function pick(raw) {
  const given = object(raw);
  const read = Object.entries(KNOWN).map(([key, [, check]]) => [
    key,
    Object.hasOwn(given, key) ? check(given[key]) : undefined,
  ]);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}
