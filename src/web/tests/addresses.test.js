// The addresses of what the browser is asked for, in a page whose `<base>` leads elsewhere.
//
// Owns: that each goes where the page's own address says. Must not: need a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

const PAGE = 'https://site.example/forum/topic?id=1';

test('No `<base>` of the page bends the address of a call, a stream or a beacon', async () => {
  const asked = []; // browsers resolve what they are given by the base, so that only a whole address is safe
  Object.assign(globalThis, {
    location: { href: PAGE },
    EventSource: class {
      constructor(url) {
        asked.push(url);
      }
    },
    async fetch(url) {
      asked.push(url);
      return new Response('ok');
    },
  });
  Object.defineProperty(globalThis, 'navigator', { value: { sendBeacon: (url) => asked.push(url) } });
  const { browser } = await import('../core/browser.js'); // which looks at the page as it is loaded
  const env = browser(
    async (url) => asked.push(url),
    () => {},
  );
  env.stream('/packets', () => {});
  env.beacon('/packets/ack', new URLSearchParams({ ticket: 't' }));
  await env.request('/packets', {});
  await env.jsonp('/packets', new AbortController().signal);
  assert.deepEqual(
    asked,
    ['', '/ack', '', ''].map((end) => `https://site.example/packets${end}`),
  );
});
