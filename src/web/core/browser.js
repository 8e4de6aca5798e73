// The browser, as the core uses it.
//
// Owns: every touch of `window`, `document` and `navigator`.
// Must not: decide anything. Tests put a browser of their own in its place.

import { TIMER_MS_MAX } from './limits.js';
import { absolute, document, window } from './page.js';

/**
 * @typedef {object} Env
 * @property {() => number} now
 * @property {() => number} random
 * @property {(ms: number, run: () => void) => () => void} after answers how to call it off
 * @property {(url: string, init: RequestInit) => Promise<{status: number, body: string, retryAfter: string | null}>} request
 * @property {(url: string, signal: AbortSignal) => Promise<any>} jsonp
 * @property {(url: string, params: URLSearchParams) => void} beacon
 * @property {Storage | null} local
 * @property {Storage | null} session of this tab alone
 * @property {Pick<LockManager, 'request'> | null} locks
 * @property {(name: string, hear: (data: any) => void) => {post: (data: any) => void, close: () => void} | null} channel null if there is none
 * @property {(event: string, run: (event: any) => void) => () => void} listen
 * @property {() => boolean} isVisible
 * @property {() => boolean} isFocused
 * @property {() => boolean} hasNetwork
 */

/** @param {Env['jsonp']} jsonp @returns {Env} */
export function browser(jsonp) {
  return {
    now: Date.now,
    random: Math.random,
    after(ms, run) {
      const timer = setTimeout(run, Math.min(ms, TIMER_MS_MAX)); // a longer one would be up at once
      return () => clearTimeout(timer);
    },
    request,
    jsonp: async (url, signal) => jsonp(absolute(url), signal),
    beacon: (url, params) => void window.navigator.sendBeacon?.(url, params),
    local: storage('localStorage'),
    session: storage('sessionStorage'),
    locks: globalThis.navigator.locks ?? null, // this script's own, whose locks end with its frame
    channel,
    listen,
    isVisible: () => document.visibilityState === 'visible',
    isFocused: () => document.hasFocus(),
    hasNetwork: () => window.navigator.onLine,
  };
}

/** Private windows and blocked cookies have none. @param {'localStorage' | 'sessionStorage'} name */
export function storage(name) {
  try {
    return window[name];
  } catch {
    return null;
  }
}

/** @type {Env['request']} */
async function request(url, init) {
  const response = await window.fetch(absolute(url), init);
  return { status: response.status, body: await response.text(), retryAfter: response.headers.get('Retry-After') };
}

/** @type {Env['channel']} */
function channel(name, hear) {
  try {
    const wire = new BroadcastChannel(name);
    wire.onmessage = (event) => hear(event.data);
    return { post: (data) => wire.postMessage(data), close: () => wire.close() };
  } catch {
    return null;
  }
}

/** @type {Env['listen']} */
function listen(event, run) {
  const target = event === 'resume' ? document : window; // the one event that does not go up to the window
  target.addEventListener(event, run);
  return () => target.removeEventListener(event, run);
}
