// Pages that nobody touches.
//
// Owns: how often the site is asked for them.
// Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calls, simulate } from './sim/world.js';

const HOUR = 3_600_000;
const HOURS = 5;

/** What the site was asked while all tabs were idle, after the pages had begun. @param {(it: ReturnType<typeof simulate>) => Promise<unknown>} begin */
async function askedFor(begin) {
  const it = simulate();
  it.server.expiresMs = HOUR;
  it.server.rooms.set('lobby', ['alice', 'bob']);
  await begin(it);
  await it.pass(30_000);
  it.server.calls.length = 0;
  await it.pass(HOURS * HOUR);
  return it.server.calls.filter(({ name }) => name !== 'packets').map(({ name }) => name);
}

const once = Array.from({ length: HOURS }, () => 'online');

test('An idle page causes one request an hour to the site', async () => {
  const bare = ({ browser, pass }) => (browser.open(), pass(1000));
  assert.deepEqual(await askedFor(bare), once);
});

test('So do all tabs together, with chats open, seen or hidden', async () => {
  const chatting = async ({ browser, server, pass }) => {
    const one = browser.open();
    await pass(1000);
    one.im.open('u/bob');
    server.say('bob', 'alice', 'hello');
    const two = browser.open();
    await pass(1000);
    two.im.open('r/lobby');
    two.look(true);
    one.look(false, false);
  };
  assert.deepEqual(await askedFor(chatting), once);
});

test('Who comes back after a long time sees new notifications, once for all tabs', async () => {
  const { browser, server, pass, ...sim } = simulate();
  server.expiresMs = HOUR;
  const tabs = [browser.open(), browser.open()];
  await pass(1000);
  const asked = () => calls({ server, ...sim }, 'notifications').length;
  assert.equal(asked(), 1, 'a page that begins');
  await pass(HOUR / 2);
  for (const tab of tabs) tab.look(true);
  await pass(1000);
  assert.equal(asked(), 1, 'they are new enough');
  await pass(HOURS * HOUR);
  server.answers.notifications = { data: [{ text: 'Bob likes this', link: '/x' }] };
  tabs[1].look(true);
  await pass(1000);
  tabs[0].look(true);
  await pass(1000);
  assert.equal(asked(), 2);
  for (const tab of tabs) assert.equal(tab.im.notifications[0].text, 'Bob likes this');
});
