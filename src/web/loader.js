// Where the chunks come from: what is loaded when something is opened.
//
// Owns: their addresses, which name the build, and what is done when the server has another build by now: the page's
// script is loaded once more, past the cache, and takes the page over. Must not: load from anywhere but the place our
// own script came from, or know what a chunk holds.

import { window } from './core/page.js';
import * as share from './widget/share.js';

/** The chunk that others import. */
const OPENED = 'opened';

/** What each chunk exports. @typedef {import('./widget/chunks.js').Parts & {jsonp: typeof import('./jsonp.js')}} Parts */

/**
 * A chunk's file: `default` makes what the chunk exports.
 * @typedef {object} File
 * @property {string} build
 * @property {string} css
 * @property {(require: (path: string) => object, module: {exports: object}) => void} default
 */

/**
 * @param {string} src of our own script
 * @param {boolean} isAnew this script was loaded in place of another build
 * @param {() => void} replace loads the script once more
 */
export function createLoader(src, isAnew, replace) {
  // Whether the script was fetched since the last chunk came: servers of two builds must not send a page to and fro.
  let isChecked = isAnew;
  let isOld = false; // another build takes the page over
  let failures = 0;
  /** @type {object} */
  let opened;

  /** @type {Promise<void> | undefined} one at a time, however many chunks could not be had */
  let checking;
  const check = () => (checking ??= look().finally(() => (checking = undefined)));

  async function look() {
    if (isChecked || isOld) return;
    const answer = await window.fetch(src, { cache: 'reload' });
    if (!answer.ok) return;
    isChecked = true;
    isOld = !(await answer.text()).includes(BUILD);
    if (isOld) replace();
  }

  /** How the chunk is made; rejects what cannot be had now. @template {keyof Parts} N @param {N} name */
  return async (name) => {
    // Browsers remember a module that could not be had, by its address.
    const url = new URL(`webim.${BUILD}.${name}.js${failures ? `?${failures}` : ''}`, src).href;
    try {
      const { build, css, default: make } = /** @type {File} */ (await import(url));
      if (build !== BUILD) throw new Error(`${name} is of another build`);
      isChecked = false;
      return () => {
        const module = { exports: /** @type {Parts[N]} */ ({}) };
        make((path) => (path.includes(OPENED) ? opened : share), module);
        if (name === OPENED) opened = module.exports; // which it shares in its turn
        return { css, parts: module.exports };
      };
    } catch (error) {
      failures += 1;
      await check().catch(() => undefined); // without a network neither can be had
      throw error;
    }
  };
}

/**
 * What calls by script tags, loaded when it is first needed. Calls that come meanwhile wait for the same one: it is what
 * gives each call a name of its own.
 * @param {ReturnType<typeof createLoader>} load
 * @returns {import('./core/browser.js').Env['jsonp']}
 */
export function byScript(load) {
  /** @type {Promise<import('./core/browser.js').Env['jsonp']> | undefined} */
  let made;
  const make = async () => (await load('jsonp'))().parts.createJsonp();
  return async (url, signal) => {
    made ??= make();
    const call = await made.catch((error) => {
      made = undefined;
      throw error;
    });
    return call(url, signal);
  };
}
