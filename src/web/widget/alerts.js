// What calls the user when he is not looking.
//
// Owns: the title that flashes while the page is hidden, the sound, desktop notifications, and the claim that keeps
// two tabs from doing the same. Must not: wait for an animation frame; hidden pages have none.

import { activeChat } from './view.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('../core/types.js').ChatKey} ChatKey */
/** @typedef {import('../core/types.js').Message & {key: ChatKey}} Incoming */

const FLASH_MS = 1000;
/** A page that is seen goes first; hidden ones wait this long. */
const HIDDEN_WAIT_MS = 200;
const CLAIMS_KEY = 'nextim.said';
const CLAIMS_MAX = 50;
const NOTE_LETTERS_MAX = 160;

/** The first tab to ask for `name` gets it. @param {string} name @returns {Promise<boolean>} */
async function claim(name) {
  const take = () => {
    try {
      const said = JSON.parse(localStorage.getItem(CLAIMS_KEY) ?? '[]');
      if (said.includes(name)) return false;
      localStorage.setItem(CLAIMS_KEY, JSON.stringify([name, ...said].slice(0, CLAIMS_MAX)));
    } catch {
      // Without storage tabs cannot agree; twice is better than never.
    }
    return true;
  };
  return navigator.locks ? navigator.locks.request(CLAIMS_KEY, take) : take();
}

/** The page's title, with the unread count before it every other second while the page is hidden. @param {View} view */
function flashTitle(view) {
  let base = '';
  let shown = '';
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    if (shown && document.title === shown) document.title = base;
    shown = '';
  };
  const flip = () => {
    if (shown && document.title === shown) {
      document.title = base;
      shown = '';
      return;
    }
    base = document.title;
    shown = document.title = `(${view.words.number(view.im.unread)}) ${base}`;
  };
  return () => {
    const wanted = document.hidden && view.im.unread > 0;
    if (!wanted) stop();
    else if (!timer) {
      flip();
      timer = setInterval(flip, FLASH_MS);
    }
  };
}

/** Two short tones, made here: no file to load. The browser lets a page sound only after a gesture. */
function makeSound() {
  /** @type {AudioContext | undefined} */
  let audio;
  const wake = () => {
    audio ??= new AudioContext();
    if (audio.state === 'suspended') void audio.resume();
  };
  for (const gesture of ['pointerdown', 'keydown']) addEventListener(gesture, wake, { once: true, capture: true, passive: true });
  const tone = (/** @type {AudioContext} */ on, /** @type {number} */ hertz, /** @type {number} */ at) => {
    const voice = on.createOscillator();
    const gain = on.createGain();
    voice.type = 'sine';
    voice.frequency.value = hertz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.12, at + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0005, at + 0.32);
    voice.connect(gain).connect(on.destination);
    voice.start(at);
    voice.stop(at + 0.34);
  };
  return {
    ready: () => audio?.state === 'running',
    play: () => {
      if (!audio) return;
      tone(audio, 740, audio.currentTime);
      tone(audio, 988, audio.currentTime + 0.11);
    },
  };
}

/** @param {View} view @param {string} tag @param {string} title @param {string} body @param {string | undefined} image @param {() => void} open */
function notify(view, tag, title, body, image, open) {
  try {
    const text = body.length > NOTE_LETTERS_MAX ? `${body.slice(0, NOTE_LETTERS_MAX)}…` : body;
    const note = new Notification(title, { body: text, tag, lang: view.words.lang, ...(image ? { icon: image } : {}) });
    note.onclick = () => {
      window.focus();
      open();
      note.close();
    };
  } catch {
    // Some phones allow notifications only from a service worker; the title and the badge remain.
  }
}

/** @param {View} view */
export function createAlerts(view) {
  const { im } = view;
  const title = flashTitle(view);
  const sound = makeSound();

  /** @param {string} id @param {() => void} desktop */
  const call = async (id, desktop) => {
    if (document.hidden) await new Promise((resolve) => setTimeout(resolve, HIDDEN_WAIT_MS));
    if (im.settings.play_sound && sound.ready() && (await claim(`sound ${id}`))) sound.play();
    if (!document.hidden) void claim(`note ${id}`);
    else if (im.settings.desktop_notify && typeof Notification === 'function' && Notification.permission === 'granted' && (await claim(`note ${id}`))) desktop();
  };

  im.on('message', (/** @type {Incoming} */ message) => {
    title();
    if (message.own) return;
    const key = message.key;
    const reading = activeChat(view)?.key === key && document.hasFocus() && !document.hidden;
    if (reading) {
      void claim(`note ${message.id}`);
      return;
    }
    const who = im.contacts.get(message.from);
    const room = key.startsWith('r/') ? im.rooms.get(key.slice(2)) : undefined;
    void call(message.id, () => notify(view, message.id, room ? `${message.nick} · ${room.nick}` : message.nick, message.body, who?.pic_url, () => view.openChat(key)));
  });
  im.on('notice', (/** @type {import('../core/types.js').Notice} */ notice) => {
    title();
    void call(`notice ${notice.id}`, () => notify(view, `notice ${notice.id}`, notice.nick, notice.body, undefined, () => view.ui.panel !== 'notices' && view.openPanel('notices')));
  });
  im.on('unread', title);
  document.addEventListener('visibilitychange', title);
  addEventListener('pagehide', title);
  title();
  return { title, play: sound.play };
}
