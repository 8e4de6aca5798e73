// Sounds and desktop notifications.
//
// Owns: what they are made of, and the claim that keeps two tabs from calling the user for the same thing.
// Must not: wait for an animation frame; hidden pages have none.

import { clip } from '../core/graphemes.js';
import { document, wholeUrl, window } from './share.js';
import { showToast } from './toasts.js';

/** @typedef {import('./state.js').Bar} Bar */
/** @typedef {import('../core/types.js').Notice} Notice */
/** @typedef {import('./alerts.js').Incoming} Incoming */

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

/** The first tab to ask for `name` runs it; where the browser has no locks or refuses them, the tab that leads. @param {Bar} bar @param {string} name @param {() => void} run */
async function claim(bar, name, run) {
  let isHeld = false;
  try {
    await window.navigator.locks.request(`nextim ${name}`, { ifAvailable: true }, (lock) => {
      isHeld = true;
      if (!lock) return undefined;
      run();
      return wait(CLAIM_MS);
    });
  } catch {
    if (!isHeld && bar.im.leads) run();
  }
}

/** Two short tones, made here: no file to load. @param {Bar} bar */
export function playSound(bar) {
  const audio = bar.alerts.audio();
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

/**
 * Calls the user for something new.
 * @param {Bar} bar
 * @param {string} id
 * @param {string} heading
 * @param {string} text
 * @param {string | undefined} image
 * @param {() => void} open
 */
async function call(bar, id, heading, text, image, open) {
  if (bar.isQuiet()) return;
  if (document.hidden) await wait(HIDDEN_WAIT_MS);
  if (bar.im.settings.play_sound && bar.alerts.audio()?.state === 'running')
    void claim(bar, `sound ${id}`, () => playSound(bar));
  void claim(bar, `note ${id}`, () => {
    if (!document.hidden || !bar.im.settings.desktop_notify || !mayNotify()) return;
    try {
      const body = text.length > NOTE_CHARS_MAX ? `${clip(text, NOTE_CHARS_MAX)}…` : text;
      const note = new window.Notification(heading, { body, tag: id, lang: bar.words.lang, icon: wholeUrl(image) });
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

/** @param {Bar} bar @param {Incoming} message */
export function callForMessage(bar, { id, key, from, nick, body }) {
  // A user who reads the chat need not be called, in no tab.
  if (bar.im.active === key && document.hasFocus() && !document.hidden) {
    for (const kind of ['sound', 'note']) void claim(bar, `${kind} ${id}`, () => {});
    return;
  }
  const room = key.startsWith('r/') && bar.im.rooms.get(key.slice(2));
  const heading = room ? `${nick} · ${room.nick}` : nick;
  void call(bar, id, heading, body, bar.im.contacts.get(from)?.pic_url, () => bar.openChat(key));
}

/** @param {Bar} bar @param {Notice} notice */
export function callForNotice(bar, notice) {
  const { id, nick, body } = notice;
  showToast(bar, notice);
  void call(bar, `notice ${id}`, nick, body, undefined, () => bar.ui.panel !== 'notices' && bar.openPanel('notices'));
}
