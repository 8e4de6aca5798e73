// Days and times in words.
//
// Owns: how they are written in the language that is spoken. Must not: hold words; the browser has them.

import { daysAgo } from './days.js';

/** @typedef {import('./state.js').Bar} Bar */

/** @param {Bar} bar @param {number} ms @param {Intl.DateTimeFormatOptions} options */
const date = (bar, ms, options) => new Date(ms).toLocaleString(bar.words.lang, options);

/** The time of day. @param {Bar} bar @param {number} ms */
export const time = (bar, ms) => date(bar, ms, { hour: 'numeric', minute: '2-digit' });

/** Day and time. @param {Bar} bar @param {number} ms */
export const moment = (bar, ms) => date(bar, ms, { dateStyle: 'medium', timeStyle: 'short' });

/** Near days as people name them. @param {Bar} bar @param {number} ms @param {number} now */
export function dayName(bar, ms, now) {
  const ago = daysAgo(ms, now);
  if (ago > 1 || ago < 0)
    return date(bar, ms, ago < 200 ? { weekday: 'long', month: 'long', day: 'numeric' } : { dateStyle: 'long' });
  const text = new Intl.RelativeTimeFormat(bar.words.lang, { numeric: 'auto' }).format(-ago, 'day');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
