// The panels, without a page.
//
// Owns: that one entry that cannot be drawn takes no other with it. Must not: need a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

const reported = [];
Object.assign(globalThis, {
  document: Object.create({ baseURI: 'https://site.example/' }),
  addEventListener() {},
});
const { Bar } = await import('../widget/state.js');
const { begin } = await import('../widget/chunk.opened.js');

/** All texts of a description. */
const texts = ({ tag, props, kids }) => [...(tag === '#' ? [props.data] : []), ...kids.flatMap(texts)];

test('An entry of the site or an announcement that cannot be drawn is left out, and the others are there', async () => {
  const bad = {
    get link() {
      throw new Error('no entry');
    },
    get body() {
      throw new Error('no notice');
    },
  };
  const notice = {
    id: '1',
    kind: 'broadcast',
    nick: 'Admin',
    body: 'an announcement',
    time: Date.UTC(2026),
    read: false,
  };
  const im = {
    equip: () => ({}),
    notifications: [bad, { text: 'an entry', link: '/entry', time: 0 }],
    notices: [bad, notice],
  };
  const place = { root: {}, shadow: { addEventListener() {} } };
  const kit = { signal: new AbortController().signal, report: (error) => reported.push(error.message) };
  const bar = new Bar(im, place, kit, false, () => {});
  begin(bar);
  const { noticesPanel } = await import('../widget/panels.js');
  const shown = texts(noticesPanel(bar));
  for (const text of ['an entry', 'an announcement']) assert.ok(shown.includes(text), text);
  assert.deepEqual(reported, ['no entry', 'no notice']);
});
