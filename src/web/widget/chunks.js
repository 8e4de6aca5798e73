// What of the bar is loaded when it is needed.
//
// Owns: which chunks are there, what each needs to be there before, and when one that could not be had is tried again:
// not in a loop, and only while it is wanted. Must not: know where they come from, or what they draw.

import { backoff } from '../core/backoff.js';
import { window } from '../core/page.js';

/** @typedef {import('./state.js').Bar} Bar */

/**
 * What each exports.
 * @typedef {object} Parts
 * @property {typeof import('./chunk.opened.js')} opened
 * @property {typeof import('./chunk.chat.js')} chat
 * @property {typeof import('./chunk.panels.js')} panels
 * @property {typeof import('./chunk.strangers.js')} strangers
 * @property {typeof import('./words.js')} zh
 */
/** @typedef {keyof Parts} ChunkName */
/** @typedef {{begin?: (bar: Bar) => void}} Beginning what a chunk does in its bar when it comes */
/** @template {ChunkName} N @typedef {{css: string, parts: Parts[N]}} Content */
/** @template {ChunkName} N @typedef {{content?: Content<N>, coming?: Promise<unknown>, isAsked: boolean, failures: number, timer: number}} Chunk */
/** @typedef {<N extends ChunkName>(name: N) => Promise<() => Content<N> | Promise<Content<N>>>} Load fetches a chunk, and answers how it is made */

/** What shares its modules with others comes before them. @type {Partial<Record<ChunkName, ChunkName>>} */
const BEFORE = { chat: 'opened', panels: 'opened' };

/** @template {ChunkName} N @returns {Chunk<N>} */
const nothing = () => ({ isAsked: false, failures: 0, timer: 0 });

export class Chunks {
  /** @type {{[N in ChunkName]: Chunk<N>}} */
  #chunks = { opened: nothing(), chat: nothing(), panels: nothing(), strangers: nothing(), zh: nothing() };
  #bar;
  #load;

  /** @param {Bar} bar @param {Load} load */
  constructor(bar, load) {
    this.#bar = bar;
    this.#load = load;
    window.addEventListener('online', this.tryAgain, { signal: bar.signal });
  }

  /** What the chunk exports, if it is here; otherwise it is loaded, and then drawn. @template {ChunkName} N @param {N} name @returns {Parts[N] | undefined} */
  want(name) {
    const it = this.#chunks[name];
    if (!it.isAsked) void this.#ask(name, it);
    return it.content?.parts;
  }

  /** What the chunk exports, if it is here. @template {ChunkName} N @param {N} name @returns {Parts[N] | undefined} */
  here(name) {
    return this.#chunks[name].content?.parts;
  }

  /** What the chunk exports, as soon as it is here; rejects if it cannot be had now. @template {ChunkName} N @param {N} name @returns {Promise<Parts[N]>} */
  async whenHere(name) {
    await this.#arrival(name);
    return /** @type {Parts[N]} */ (this.here(name));
  }

  /** Whether it could not be had when it was tried last. @param {ChunkName} name */
  isMissing(name) {
    return this.#chunks[name].failures > 0;
  }

  /** @template {ChunkName} N @param {N} name @param {Chunk<N>} it */
  async #ask(name, it) {
    it.isAsked = true;
    try {
      await this.#arrival(name);
      it.failures = 0;
    } catch {
      it.failures += 1;
      it.timer = setTimeout(() => this.#release(it), backoff(it.failures, Math.random()));
    }
    this.#bar.draw();
  }

  /** It comes once, however many need it. @param {ChunkName} name */
  #arrival(name) {
    return (this.#chunks[name].coming ??= this.#bring(name));
  }

  /** @template {ChunkName} N @param {N} name */
  async #bring(name) {
    /** @type {Chunk<N>} */
    const it = this.#chunks[name];
    const before = BEFORE[name];
    try {
      const [make] = await Promise.all([this.#load(name), before && this.#arrival(before)]);
      const content = await make();
      /** @type {Beginning} */ (content.parts).begin?.(this.#bar);
      it.content = content;
      const sheet = new window.CSSStyleSheet();
      sheet.replaceSync(content.css);
      this.#bar.shadow.adoptedStyleSheets.push(sheet);
    } catch (error) {
      it.coming = undefined;
      throw error;
    }
  }

  /** The next drawing that wants it asks for it. @param {Chunk<ChunkName>} it */
  #release(it) {
    clearTimeout(it.timer);
    it.timer = 0;
    it.isAsked = false;
    this.#bar.draw();
  }

  /** At once, what waits for its time. */
  tryAgain = () => {
    for (const it of Object.values(this.#chunks)) if (it.timer) this.#release(it);
  };
}
