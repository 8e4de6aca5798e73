// The global that pages may use.
//
// Owns: what it promises, before the bar is there and when another build drives it. Must not: draw.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { publicApi } from '../core/api.js';
import { simulate } from './sim/world.js';

/** Two tabs that are online. */
async function pair() {
  const sim = simulate();
  const one = sim.browser.open();
  await sim.pass(500);
  const two = sim.browser.open();
  await sim.pass(2000);
  return { one, two };
}

test("The page's own API waits for the bar, and shows only copies", async () => {
  const { one } = await pair();
  const { api, use, attach } = publicApi();
  use(one.im);
  const done = [];
  api.open(7);
  api.openRoom('lobby');
  api.toggle();
  attach({ open: (key) => done.push(key), toggle: () => done.push('toggle') });
  api.open('bob');
  assert.deepEqual(done, ['u/7', 'r/lobby', 'toggle', 'u/bob']);
  api.user.nick = 'Mallory';
  assert.equal(api.user.nick, 'ALICE');
  assert.deepEqual([api.state, api.unread], ['online', 0]);
  api.menu([{ title: 'Home', url: '/' }, { title: 'no url' }]);
  assert.deepEqual(one.im.menu, [{ title: 'Home', url: '/' }]);
  let ready;
  api.on('ready', (it) => (ready = it));
  assert.equal(ready, api);
  assert.ok(Object.isFrozen(api));
});

test("Another core takes the page over: the page's own API, its listeners and its entries stay", async () => {
  const { one, two } = await pair();
  const { api, use, attach } = publicApi();
  use(one.im);
  attach({ open: () => {}, toggle: () => {} });
  api.menu([{ title: 'Home', url: '/' }]);
  const heard = [];
  api.on('unread', (count) => heard.push(count));
  const off = api.on('unread', () => heard.push('one that is gone'));
  off();
  one.im.end();
  use(two.im);
  const done = [];
  api.open('bob');
  assert.deepEqual(done, [], 'the new bar is awaited');
  attach({ open: (key) => done.push(key), toggle: () => {} });
  assert.deepEqual(done, ['u/bob']);
  assert.deepEqual(two.im.menu, [{ title: 'Home', url: '/' }]);
  heard.length = 0;
  one.im.emitter.emit('unread', 1);
  two.im.emitter.emit('unread', 2);
  assert.deepEqual(heard, [2], 'the former core is heard no more');
});
