// Languages.
//
// Owns: which language the bar speaks, its words, and how it writes numbers and times. Must not: hold words; they are
// in `i18n/`.

import en from './i18n/en.js';
import zhCN from './i18n/zh-CN.js';
import zhTW from './i18n/zh-TW.js';
import { daysAgo } from './days.js';

/** @type {Record<string, typeof en>} */
const TABLES = { en, 'zh-CN': zhCN, 'zh-TW': zhTW };

/** @typedef {keyof typeof en} Key */

/**
 * How to say things in one language.
 * @typedef {object} Words
 * @property {string} lang
 * @property {(key: Key, values?: Record<string, string | number>) => string} t
 * @property {(count: number) => string} number
 * @property {(ms: number) => string} time of day
 * @property {(ms: number) => string} moment day and time
 * @property {(ms: number, now: number) => string} day
 * @property {(count: number) => string} seconds
 */

/**
 * The table for the first language we speak at all.
 * @param {(string | null | undefined)[]} wishes in the order they count
 */
export function pickLanguage(wishes) {
  for (const wish of wishes) {
    const lang = (wish ?? '').toLowerCase().replace('_', '-');
    if (/^zh\b/.test(lang)) return /hant|-(tw|hk|mo)\b/.test(lang) ? 'zh-TW' : 'zh-CN';
    if (/^en\b/.test(lang)) return 'en';
  }
  return 'en';
}

/** @param {string} text @param {Record<string, string | number>} values */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** @param {string} lang one of the tables @returns {Words} */
export function wordsOf(lang) {
  const table = TABLES[lang] ?? en;
  const numbers = new Intl.NumberFormat(lang);
  const seconds = new Intl.NumberFormat(lang, { style: 'unit', unit: 'second', unitDisplay: 'long' });
  const time = new Intl.DateTimeFormat(lang, { hour: 'numeric', minute: '2-digit' });
  const moment = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' });
  const date = new Intl.DateTimeFormat(lang, { weekday: 'long', month: 'long', day: 'numeric' });
  const longDate = new Intl.DateTimeFormat(lang, { dateStyle: 'long' });
  const near = new Intl.RelativeTimeFormat(lang, { numeric: 'auto' });
  return {
    lang,
    t: (key, values) => (values ? fill(table[key], values) : table[key]),
    number: (count) => numbers.format(count),
    time: (ms) => time.format(ms),
    moment: (ms) => moment.format(ms),
    seconds: (count) => seconds.format(count),
    day: (ms, now) => {
      const ago = daysAgo(ms, now);
      const text = ago === 0 || ago === 1 ? near.format(-ago, 'day') : (ago < 200 ? date : longDate).format(ms);
      return text.charAt(0).toUpperCase() + text.slice(1);
    },
  };
}
