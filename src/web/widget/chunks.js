// What of the bar is loaded when it is needed.
//
// Owns: which chunks are there, what each needs to be there before, and when one that could not be had is tried again:
// not in a loop, and only while it is wanted. Must not: know where they come from, or what they draw.

import { backoff } from '../core/backoff.js';
import { window } from '../core/page.js';
import { draw, ending, shadow } from './state.js';

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
/** @template {ChunkName} N @typedef {{css: string, parts: Parts[N]}} Content */
/** @template {ChunkName} N @typedef {{content?: Content<N>, coming?: Promise<unknown>, isAsked: boolean, failures: number, timer: number}} Chunk */
/** @typedef {<N extends ChunkName>(name: N) => Promise<() => Content<N> | Promise<Content<N>>>} Load fetches a chunk, and answers how it is made */

/** @type {{[N in ChunkName]: Chunk<N>}} */
const chunks = { opened: nothing(), chat: nothing(), panels: nothing(), strangers: nothing(), zh: nothing() };
/** What shares its modules with others comes before them. @type {Partial<Record<ChunkName, ChunkName>>} */
const BEFORE = { chat: 'opened', panels: 'opened' };
/** @type {Load} */
let load;

/** @template {ChunkName} N @returns {Chunk<N>} */
function nothing() {
  return { isAsked: false, failures: 0, timer: 0 };
}

/** @param {Load} loader */
export function beginChunks(loader) {
  load = loader;
  window.addEventListener('online', tryAgain, { signal: ending.signal });
}

/** What the chunk exports, if it is here; otherwise it is loaded, and then drawn. @template {ChunkName} N @param {N} name @returns {Parts[N] | undefined} */
export function chunk(name) {
  const it = chunks[name];
  if (!it.isAsked) void ask(name, it);
  return it.content?.parts;
}

/** What the chunk exports, if it is here. @template {ChunkName} N @param {N} name @returns {Parts[N] | undefined} */
export const ofChunk = (name) => chunks[name].content?.parts;

/** What the chunk exports, as soon as it is here; rejects if it cannot be had now. @template {ChunkName} N @param {N} name @returns {Promise<Parts[N]>} */
export const whenHere = (name) => arrival(name).then(() => /** @type {Parts[N]} */ (ofChunk(name)));

/** Whether it could not be had when it was tried last. @param {ChunkName} name */
export const isMissing = (name) => chunks[name].failures > 0;

/** @template {ChunkName} N @param {N} name @param {Chunk<N>} it */
async function ask(name, it) {
  it.isAsked = true;
  try {
    await arrival(name);
    it.failures = 0;
  } catch {
    it.failures += 1;
    it.timer = setTimeout(() => release(it), backoff(it.failures, Math.random()));
  }
  draw();
}

/** It comes once, however many need it. @param {ChunkName} name */
const arrival = (name) => (chunks[name].coming ??= bring(name));

/** @template {ChunkName} N @param {N} name */
async function bring(name) {
  /** @type {Chunk<N>} */
  const it = chunks[name];
  const before = BEFORE[name];
  try {
    const [make] = await Promise.all([load(name), before && arrival(before)]);
    const content = (it.content = await make());
    const sheet = new window.CSSStyleSheet();
    sheet.replaceSync(content.css);
    shadow.adoptedStyleSheets.push(sheet);
  } catch (error) {
    it.coming = undefined;
    throw error;
  }
}

/** The next drawing that wants it asks for it. @param {Chunk<ChunkName>} it */
function release(it) {
  clearTimeout(it.timer);
  it.timer = 0;
  it.isAsked = false;
  draw();
}

/** At once, what waits for its time. */
export function tryAgain() {
  for (const it of Object.values(chunks)) if (it.timer) release(it);
}
