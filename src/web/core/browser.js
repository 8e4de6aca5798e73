// The browser, as the core uses it.
//
// Owns: every touch of `window`, `document` and `navigator`.
// Must not: decide anything. Tests put a browser of their own in its place.

import { TIMER_MS_MAX } from './limits.js';
import { detach, document, window } from './page.js';

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

/** @returns {Env} */
export function browser() {
  return {
    now: Date.now,
    random: Math.random,
    after(ms, run) {
      const timer = setTimeout(run, Math.min(ms, TIMER_MS_MAX)); // a longer one would be up at once
      return () => clearTimeout(timer);
    },
    request,
    jsonp,
    beacon: (url, params) => void window.navigator.sendBeacon?.(url, params),
    local: storage('localStorage'),
    session: storage('sessionStorage'),
    locks: window.navigator.locks ?? null,
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
  const response = await window.fetch(url, init);
  return { status: response.status, body: await response.text(), retryAfter: response.headers.get('Retry-After') };
}

let calls = 0;

/** @type {Env['jsonp']} */
function jsonp(url, signal) {
  return new Promise((resolve, reject) => {
    const name = `nextim_${Date.now().toString(36)}_${(calls += 1)}`;
    const names = /** @type {Record<string, any>} */ (/** @type {unknown} */ (window));
    const script = document.createElement('script');
    const end = () => {
      signal.removeEventListener('abort', fail);
      script.onload = script.onerror = null;
      detach(script);
    };
    const fail = () => {
      end();
      names[name] = () => delete names[name]; // an answer that is late must find somebody
      reject(new Error('no answer'));
    };
    names[name] = (/** @type {unknown} */ data) => {
      end();
      delete names[name];
      resolve(data);
    };
    signal.addEventListener('abort', fail);
    script.onload = script.onerror = fail; // loaded without a call is a failure
    script.src = `${url}${url.includes('?') ? '&' : '?'}callback=${name}`;
    document.head.append(script);
  });
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
