// The browser, as the core uses it.
//
// Owns: every touch of `window`, `document` and `navigator`.
// Must not: decide anything. Tests put a browser of their own in its place.

import { TIMER_MS_MAX } from './limits.js';
import { absolute, document, window } from './page.js';

/** @typedef {WindowEventMap & Pick<DocumentEventMap, 'visibilitychange'> & {resume: Event}} Heard what the browser says to a page */

/**
 * @typedef {object} Env
 * @property {() => number} now
 * @property {() => number} random
 * @property {(ms: number, run: () => void) => () => void} after answers how to call it off
 * @property {(url: string, init: RequestInit) => Promise<{status: number, body: string, retryAfter: string | null}>} request
 * @property {(url: string, signal: AbortSignal) => Promise<unknown>} jsonp
 * @property {boolean} hasStreams
 * @property {(url: string, hear: (data: string) => void) => () => void} stream of events; its end, whatever it is, is an empty
 *   text; answers how to close it
 * @property {(url: string, params: URLSearchParams) => void} beacon
 * @property {Storage | null} local
 * @property {Storage | null} session of this tab alone
 * @property {Pick<LockManager, 'request'> | null} locks
 * @property {(name: string, hear: (data: unknown) => void) => {post: (data: unknown) => void, close: () => void} | null} channel null if there is none
 * @property {<E extends keyof Heard>(event: E, run: (event: Heard[E]) => void) => () => void} listen
 * @property {() => boolean} isVisible
 * @property {() => boolean} isFocused
 * @property {() => boolean} hasNetwork
 * @property {(error: unknown) => void} report gets our own errors
 */

/** @param {Env['jsonp']} jsonp @param {Env['report']} report @returns {Env} */
export function browser(jsonp, report) {
  return {
    now: Date.now,
    random: Math.random,
    after(ms, run) {
      const timer = setTimeout(run, Math.min(ms, TIMER_MS_MAX)); // a longer one would be up at once
      return () => clearTimeout(timer);
    },
    request,
    jsonp: async (url, signal) => jsonp(absolute(url), signal),
    hasStreams: typeof EventSource === 'function',
    stream,
    beacon: (url, params) => void window.navigator.sendBeacon?.(absolute(url), params),
    local: storage('localStorage'),
    session: storage('sessionStorage'),
    locks: globalThis.navigator.locks ?? null, // this script's own, whose locks end with its frame
    channel,
    listen,
    isVisible: () => document.visibilityState === 'visible',
    isFocused: () => document.hasFocus(),
    hasNetwork: () => window.navigator.onLine,
    report,
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

/** A browser would come back to a stream by itself: this one is closed. @type {Env['stream']} */
function stream(url, hear) {
  const source = new EventSource(absolute(url));
  const close = () => source.close();
  source.onmessage = (event) => hear(event.data);
  source.onerror = () => {
    close();
    hear('');
  };
  return close;
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
  /** @type {EventTarget} the one event does not go up to the window */
  const target = event === 'resume' ? document : window;
  const listener = /** @type {EventListener} */ (run);
  target.addEventListener(event, listener);
  return () => target.removeEventListener(event, listener);
}
