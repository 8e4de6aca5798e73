// What a browser does outside its pages, where a test cannot look: sounds, desktop notifications, a hidden window.
//
// Owns: stand-ins for them in a page, which note their calls. Must not: do more than a page can see.

/**
 * @typedef {object} Noted
 * @property {number} tones started
 * @property {number} contexts for sound that were made
 * @property {number} asked how often the page asked for permission to notify
 * @property {{title: string, body: string, tag: string}[]} notes
 */

/** Stands in for them in a page, from before its own scripts run. */
export function standIn() {
  /** @type {any} */
  const page = window;
  const noted = (page.noted = {
    tones: 0,
    contexts: 0,
    asked: 0,
    notes: /** @type {any[]} */ ([]),
    shown: /** @type {any[]} */ ([]),
  });
  let hidden = false;
  Object.defineProperty(Document.prototype, 'hidden', { get: () => hidden });
  Object.defineProperty(Document.prototype, 'visibilityState', { get: () => (hidden ? 'hidden' : 'visible') });
  page.hide = (/** @type {boolean} */ now) => {
    hidden = now;
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  };
  const node = () => {
    const nothing = () => {};
    const value = {
      value: 0,
      setValueAtTime: nothing,
      linearRampToValueAtTime: nothing,
      exponentialRampToValueAtTime: nothing,
    };
    return {
      frequency: value,
      gain: value,
      connect: (/** @type {any} */ next) => next,
      start: () => (noted.tones += 1),
      stop: nothing,
    };
  };
  page.AudioContext = class {
    state = 'suspended';
    currentTime = 0;
    destination = {};
    createOscillator = node;
    createGain = node;
    constructor() {
      noted.contexts += 1;
    }
    async resume() {
      this.state = 'running';
    }
  };
  page.Notification = class {
    /** @param {string} title @param {any} options */
    constructor(title, { body, tag }) {
      noted.notes.push({ title, body, tag });
      noted.shown.push(this);
    }
    close() {}
    static get permission() {
      return localStorage.getItem('permission') ?? 'default';
    }
    static async requestPermission() {
      noted.asked += 1;
      localStorage.setItem('permission', page.deny ? 'denied' : 'granted');
      return this.permission;
    }
  };
}

/** @param {import('playwright-core').Page} page @returns {Promise<Noted>} */
export const noted = (page) =>
  page.evaluate(() => {
    const { tones, contexts, asked, notes } = /** @type {any} */ (window).noted;
    return { tones, contexts, asked, notes };
  });

/** Hides the page as if the user looked elsewhere, or shows it again. @param {import('playwright-core').Page} page @param {boolean} hidden */
export const hide = (page, hidden = true) => page.evaluate((now) => /** @type {any} */ (window).hide(now), hidden);

/** Clicks the last notification. @param {import('playwright-core').Page} page */
export const clickNote = (page) => page.evaluate(() => /** @type {any} */ (window).noted.shown.at(-1).onclick());
