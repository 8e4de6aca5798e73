// Calls by script tags, where `fetch` is not allowed to call.
//
// Owns: the tag and the name of each call. Must not: read the answer.

import { detach, document, window } from './widget/share.js';

/** Makes what calls. @returns {import('./core/browser.js').Env['jsonp']} */
export function createJsonp() {
  let calls = 0;
  return (url, signal) =>
    new Promise((resolve, reject) => {
      const name = `nextim_${Date.now().toString(36)}_${(calls += 1)}`;
      const names = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (window));
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
