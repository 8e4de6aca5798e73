// What calls the user when he is not looking.
//
// Owns: the title that flashes while the page is hidden, the sound, desktop notifications, and the claim that keeps
// two tabs from doing the same. Must not: wait for an animation frame; hidden pages have none.

import { clip } from '../core/graphemes.js';
import { document, window } from '../core/page.js';
import { lang, number } from './i18n.js';
import { ending, im, isQuiet, openChat, openPanel, ui } from './state.js';

/** @typedef {import('../core/types.js').Message & {key: import('../core/types.js').ChatKey}} Incoming */

const FLASH_MS = 1000;
/** A page that is seen goes first; hidden ones wait this long. */
const HIDDEN_WAIT_MS = 200;
/** A claim is held until every other tab has asked, however slow the browser makes the timers of hidden ones. */
const CLAIM_MS = 90_000;
const NOTE_CHARS_MAX = 160;

/** Whether the browser shows our notifications. */
export const mayNotify = () =>
  typeof window.Notification === 'function' && window.Notification.permission === 'granted';

/** @param {number} ms */
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The first tab to ask for `name` runs it; where the browser has no locks or refuses them, the tab that leads. @param {string} name @param {() => void} run */
async function claim(name, run) {
  let isHeld = false;
  try {
    await window.navigator.locks.request(`nextim ${name}`, { ifAvailable: true }, (lock) => {
      isHeld = true;
      if (!lock) return undefined;
      run();
      return wait(CLAIM_MS);
    });
  } catch {
    if (!isHeld && im.leads) run();
  }
}

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
let audio;

/** Two short tones, made here: no file to load. */
export function playSound() {
  if (audio?.state !== 'running') return;
  for (const [hertz, after] of /** @type {const} */ ([
    [740, 0],
    [988, 0.11],
  ])) {
    const at = audio.currentTime + after;
    const voice = audio.createOscillator();
    const gain = audio.createGain();
    voice.frequency.value = hertz;
    gain.gain.setValueAtTime(0.12, at);
    gain.gain.exponentialRampToValueAtTime(0.0005, at + 0.32);
    voice.connect(gain).connect(audio.destination);
    voice.start(at);
    voice.stop(at + 0.34);
  }
}

/** The browser lets a page sound only after a gesture. Where it cannot or will not, it is silent. */
export function wakeSound() {
  try {
    audio ??= new window.AudioContext();
    audio.resume().catch(() => {});
  } catch {
    // No key may fail for it.
  }
}

/**
 * Calls the user for something new.
 * @param {string} id
 * @param {string} heading
 * @param {string} text
 * @param {string | undefined} image
 * @param {() => void} open
 */
async function call(id, heading, text, image, open) {
  if (isQuiet()) return;
  if (document.hidden) await wait(HIDDEN_WAIT_MS);
  if (im.settings.play_sound && audio?.state === 'running') void claim(`sound ${id}`, playSound);
  void claim(`note ${id}`, () => {
    if (!document.hidden || !im.settings.desktop_notify || !mayNotify()) return;
    try {
      const body = text.length > NOTE_CHARS_MAX ? `${clip(text, NOTE_CHARS_MAX)}…` : text;
      const note = new window.Notification(heading, { body, tag: id, lang, icon: image });
      note.onclick = () => {
        window.focus();
        open();
        note.close();
      };
    } catch {
      // Some phones allow notifications only from a service worker; the title and the badge remain.
    }
  });
}

export function watchAlerts() {
  const { signal } = ending;
  for (const gesture of ['pointerdown', 'keydown'])
    window.addEventListener(gesture, wakeSound, { once: true, capture: true, signal });
  im.on('message', (/** @type {Incoming} */ { own, id, key, from, nick, body }) => {
    if (own) return;
    // One who is reading the chat need not be called, in no tab.
    if (im.active === key && document.hasFocus() && !document.hidden) {
      for (const kind of ['sound', 'note']) void claim(`${kind} ${id}`, () => {});
      return;
    }
    const room = key.startsWith('r/') && im.rooms.get(key.slice(2));
    void call(id, room ? `${nick} · ${room.nick}` : nick, body, im.contacts.get(from)?.pic_url, () => openChat(key));
  });
  im.on(
    'notice',
    (/** @type {import('../core/types.js').Notice} */ { id, nick, body }) =>
      void call(`notice ${id}`, nick, body, undefined, () => ui.panel !== 'notices' && openPanel('notices')),
  );
  im.on('unread', flashTitle);
  window.addEventListener('visibilitychange', flashTitle, { signal });
  signal.addEventListener('abort', () => {
    clearInterval(flashing);
    if (flashed && document.title === flashed) document.title = title;
  });
  flashTitle();
}
