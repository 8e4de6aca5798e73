// What calls the user who is not looking.
//
// Owns: the title that flashes while the page is hidden, and the leave to sound, which takes a gesture. How the page
// sounds and notifies comes with the first thing to do it for. Must not: wait for an animation frame; hidden pages have
// none.

import { document, window } from '../core/page.js';
import { whenHere } from './chunks.js';
import { number } from './i18n.js';
import { ending, im, isQuiet } from './state.js';

/** @typedef {import('../core/types.js').Message & {key: import('../core/types.js').ChatKey}} Incoming */

const FLASH_MS = 1000;

let title = '';
let flashed = '';
let flashing = 0;

/** Puts the unread count before the page's title, or takes it away. */
function flip() {
  const base = flashed && document.title === flashed;
  if (base) document.title = title;
  else title = document.title;
  flashed = base ? '' : (document.title = `(${number(im.unread)}) ${title}`);
}

/** The title tells every other second what is unread, while the page is hidden. */
export function flashTitle() {
  const wanted = document.hidden && im.unread > 0 && !isQuiet();
  if (wanted === flashing > 0) return;
  clearInterval(flashing);
  flashing = wanted ? setInterval(flip, FLASH_MS) : 0;
  if (wanted || (flashed && document.title === flashed)) flip();
}

/** @type {AudioContext | undefined} */
export let audio;

/** The browser lets a page sound only after a gesture. Where it cannot or will not, it is silent. */
export function wakeSound() {
  try {
    audio ??= new window.AudioContext();
    audio.resume().catch(() => {});
  } catch {
    // No key may fail for it.
  }
}

/** Where it cannot be loaded, the title and the badge remain. @param {(opened: import('./chunks.js').Parts['opened']) => void} run */
const withCalls = (run) => whenHere('opened').then(run, () => {});

export function watchAlerts() {
  const { signal } = ending;
  for (const gesture of ['pointerdown', 'keydown'])
    window.addEventListener(gesture, wakeSound, { once: true, capture: true, signal });
  im.on(
    'message',
    (/** @type {Incoming} */ message) => void (message.own || withCalls((it) => it.callForMessage(message))),
  );
  im.on('notice', (notice) => void withCalls((it) => it.callForNotice(notice)));
  im.on('unread', flashTitle);
  window.addEventListener('visibilitychange', flashTitle, { signal });
  signal.addEventListener('abort', () => {
    clearInterval(flashing);
    if (flashed && document.title === flashed) document.title = title;
  });
  flashTitle();
}
