// What of the bar is loaded when it is needed.
//
// Owns: which chunks are there, and when one that could not be had is tried again: not in a loop, and only while it is
// wanted. Must not: know where they come from, or what they draw.

import { backoff } from '../core/backoff.js';
import { window } from '../core/page.js';
import { draw, ending, shadow } from './state.js';

/** @typedef {'chat' | 'panels' | 'zh'} ChunkName */
/** @typedef {{parts?: any, isAsked: boolean, failures: number, timer: number}} Chunk */

/** @type {Record<ChunkName, Chunk>} */
const chunks = { chat: nothing(), panels: nothing(), zh: nothing() };
/** @type {(name: ChunkName) => Promise<{css: string, parts: any}>} */
let load;

/** @returns {Chunk} */
function nothing() {
  return { isAsked: false, failures: 0, timer: 0 };
}

/** @param {typeof load} loader */
export function beginChunks(loader) {
  load = loader;
  window.addEventListener('online', tryAgain, { signal: ending.signal });
}

/** What the chunk exports, if it is here; otherwise it is loaded, and then drawn. @param {ChunkName} name */
export function chunk(name) {
  const it = chunks[name];
  if (!it.isAsked) void ask(name, it);
  return it.parts;
}

/** Whether it could not be had when it was tried last. @param {ChunkName} name */
export const isMissing = (name) => chunks[name].failures > 0;

/** @param {ChunkName} name @param {Chunk} it */
async function ask(name, it) {
  it.isAsked = true;
  try {
    const { css, parts } = await load(name);
    const sheet = new window.CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets.push(sheet);
    it.parts = parts;
    it.failures = 0;
  } catch {
    it.failures += 1;
    it.timer = setTimeout(() => release(it), backoff(it.failures, Math.random()));
  }
  draw();
}

/** The next drawing that wants it asks for it. @param {Chunk} it */
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
