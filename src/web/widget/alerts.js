// What calls the user who is not looking.
//
// Owns: the title that flashes while the page is hidden, and the leave to sound, which takes a gesture. How the page
// sounds and notifies comes with the first thing to do it for. Must not: wait for an animation frame; hidden pages have
// none.

import { document, window } from '../core/page.js';

/** @typedef {import('./state.js').Bar} Bar */
/** @typedef {import('../core/types.js').Message & {key: import('../core/types.js').ChatKey}} Incoming */

const FLASH_MS = 1000;

/** @param {Bar} bar */
export function createAlerts(bar) {
  const { im, signal } = bar;
  /** @type {AudioContext | undefined} */
  let audio;
  let title = '';
  let flashed = '';
  let flashing = 0;

  /** Puts the unread count before the page's title, or takes it away. */
  const flip = () => {
    const base = flashed && document.title === flashed;
    if (base) document.title = title;
    else title = document.title;
    flashed = base ? '' : (document.title = `(${bar.number(im.unread)}) ${title}`);
  };

  /** The title tells every other second what is unread, while the page is hidden. */
  const flashTitle = () => {
    const wanted = document.hidden && im.unread > 0 && !bar.isQuiet();
    if (wanted === flashing > 0) return;
    clearInterval(flashing);
    flashing = wanted ? setInterval(flip, FLASH_MS) : 0;
    if (wanted || (flashed && document.title === flashed)) flip();
  };
  signal.addEventListener('abort', () => {
    clearInterval(flashing);
    if (flashed && document.title === flashed) document.title = title;
  });

  /** The browser lets a page sound only after a gesture. Where it cannot or will not, it is silent. */
  const wakeSound = () => {
    try {
      audio ??= new window.AudioContext();
      audio.resume().catch(() => {});
    } catch {
      // No key may fail for it.
    }
  };
  return { flashTitle, wakeSound, audio: () => audio };
}

/** Calls the user when something comes. @param {Bar} bar */
export function watchAlerts(bar) {
  const { im, signal } = bar;
  const { flashTitle, wakeSound } = bar.alerts;
  /** Where it cannot be loaded, the title and the badge remain. @param {(opened: import('./chunks.js').Parts['opened']) => void} run */
  const withCalls = (run) => void bar.chunks.whenHere('opened').then(run, () => {});
  for (const gesture of ['pointerdown', 'keydown'])
    window.addEventListener(gesture, wakeSound, { once: true, capture: true, signal });
  im.on('message', (/** @type {Incoming} */ message) => {
    if (!message.own) withCalls((it) => it.callForMessage(bar, message));
  });
  im.on('notice', (notice) => withCalls((it) => it.callForNotice(bar, notice)));
  im.on('unread', flashTitle);
  window.addEventListener('visibilitychange', flashTitle, { signal });
  flashTitle();
}
