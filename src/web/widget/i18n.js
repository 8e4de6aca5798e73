// Languages.
//
// Owns: which language the bar speaks, and how it writes numbers. Must not: hold words; the English ones stand
// where they are used, those of the other languages in `words.js`, which is loaded if they are spoken.

/** The languages, in the order of a row of words. */
export const LANGUAGES = ['en', 'zh-CN', 'zh-TW'];

/**
 * The first language we speak at all.
 * @param {(string | null | undefined)[]} wishes in the order they count
 */
export function pickLanguage(wishes) {
  for (const wish of wishes) {
    const [, main, hant] = /^(en|zh)(?![a-z])(.*(?:hant|[-_](?:tw|hk|mo)\b))?/i.exec(wish ?? '') ?? [];
    if (main) return /z/i.test(main) ? (hant ? 'zh-TW' : 'zh-CN') : 'en';
  }
  return 'en';
}

/** The words of one bar. */
export class Words {
  /** The language that is spoken: one of `LANGUAGES`. */
  lang = 'en';
  /** English, and what the other languages say for it; nothing until they were loaded. @type {Map<string, string[]> | undefined} */
  #table;

  /** @param {string[][]} rows of words */
  learn(rows) {
    this.#table = new Map(rows.map((row) => [row[0] ?? '', row]));
  }

  /** Whether there are words of the language; without them it is English. */
  isSpoken() {
    return this.lang === 'en' || this.#table !== undefined;
  }

  /** @param {number} count @param {Intl.NumberFormatOptions} [options] */
  number = (count, options) => count.toLocaleString(this.lang, options);

  /** @param {number} count */
  seconds = (count) => this.number(count, { style: 'unit', unit: 'second', unitDisplay: 'long' });

  /**
   * A text in the language that is spoken.
   * @param {string} english
   * @param {...(string | number)} values for each `{}` of it
   */
  t = (english, ...values) => {
    const text = this.#table?.get(english)?.[LANGUAGES.indexOf(this.lang)] ?? english;
    return text.replace(/\{\}/g, () => {
      const value = values.shift() ?? '';
      return typeof value === 'number' ? this.number(value) : value;
    });
  };
}
