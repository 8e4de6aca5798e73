// Days and times in words.
//
// Owns: how they are written in the language that is spoken. Must not: hold words; the browser has them.

import { daysAgo } from './days.js';
import { lang } from './share.js';

/** @param {number} ms @param {Intl.DateTimeFormatOptions} options */
const date = (ms, options) => new Date(ms).toLocaleString(lang, options);

/** The time of day. @param {number} ms */
export const time = (ms) => date(ms, { hour: 'numeric', minute: '2-digit' });

/** Day and time. @param {number} ms */
export const moment = (ms) => date(ms, { dateStyle: 'medium', timeStyle: 'short' });

/** Near days as people name them. @param {number} ms @param {number} now */
export function dayName(ms, now) {
  const ago = daysAgo(ms, now);
  if (ago > 1 || ago < 0)
    return date(ms, ago < 200 ? { weekday: 'long', month: 'long', day: 'numeric' } : { dateStyle: 'long' });
  const text = new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }).format(-ago, 'day');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
