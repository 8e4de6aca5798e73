// Lines that come again.
//
// Owns: which of what a new session repeats is news: in a new browser, on the next page, after a restart.
// Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from './sim/browser.js';
import { bodies, chatOf, simulate } from './sim/world.js';

/** A world in which much was said and read before, and a browser that knows nothing of it but one line that it got. */
async function newBrowser() {
  const sim = simulate();
  const { clock, random, server, pass } = sim;
  server.rooms.set('lobby', ['alice', 'bob']);
  const former = sim.browser.open();
  await pass(1000);
  for (const body of ['one', 'two']) server.say('bob', 'alice', body);
  server.say('carol', 'alice', 'hello');
  server.say('bob', 'lobby', 'to all here', { type: 'multicast' });
  server.say('admin', '', 'old news', { type: 'broadcast' });
  await pass(1000);
  former.close();
  await pass(20_000);
  const browser = new Browser(clock, random, server);
  browser.jar.user = 'alice';
  const tab = browser.open();
  await pass(1000);
  return { ...sim, browser, tab };
}

const unread = (tab) => tab.im.chats.map((chat) => [chat.key, chat.unread]);
const heard = (tab) => [...tab.told('message'), ...tab.told('notice')].map((it) => it.body);

test('In a new browser the first change of page makes no read message new', async () => {
  const { server, browser, tab, pass } = await newBrowser();
  assert.deepEqual(unread(tab), []);
  server.say('dave', 'alice', 'the first that comes here');
  await pass(500);
  assert.deepEqual(unread(tab), [['u/dave', 1]]);
  const next = browser.open({}, tab.close());
  await pass(1000);
  assert.deepEqual([unread(next), heard(next), next.im.notices], [[['u/dave', 1]], [], []]);
});

test('A restart of the message server makes no read message new', async () => {
  const { server, tab, pass } = await newBrowser();
  server.say('dave', 'alice', 'the first that comes here');
  await pass(500);
  server.restart();
  await pass(60_000);
  assert.equal(tab.im.state, 'online');
  assert.deepEqual([unread(tab), heard(tab)], [[['u/dave', 1]], ['the first that comes here']]);
});

test('A line before the last one that came is new if it had waited', async () => {
  const { server, browser, tab, pass } = await newBrowser();
  server.say('dave', 'alice', 'the first that comes here');
  await pass(500);
  const session = tab.close();
  server.rows.find((row) => row.body === 'hello').delivered = false; // it came back after all
  const next = browser.open({}, session);
  await pass(1000);
  assert.deepEqual(
    [unread(next), heard(next)],
    [
      [
        ['u/dave', 1],
        ['u/carol', 1],
      ],
      ['hello'],
    ],
  );
});

test('What was said while no page was open is new, in rooms too, and what oneself has said is not', async () => {
  const { server, browser, tab, pass } = await newBrowser();
  server.say('dave', 'alice', 'the first that comes here');
  await pass(500);
  const session = tab.close();
  await pass(20_000);
  server.say('bob', 'alice', 'later');
  server.say('bob', 'lobby', 'later to all here', { type: 'multicast' });
  server.say('alice', 'carol', 'from the phone');
  const next = browser.open({}, session);
  await pass(1000);
  assert.deepEqual(unread(next), [
    ['u/dave', 1],
    ['u/bob', 1],
    ['r/lobby', 1],
  ]);
  assert.deepEqual(heard(next), ['later', 'later to all here']);
});

test('A line that is repeated stands where it belongs if its chat is open', async () => {
  const { server, browser, tab, pass } = await newBrowser();
  server.answers.history = () => ({ data: [] });
  tab.im.open('u/bob');
  server.say('dave', 'alice', 'the first that comes here');
  await pass(500);
  assert.deepEqual(bodies(tab, 'u/bob'), []);
  const next = browser.open({}, tab.close());
  await pass(1000);
  assert.deepEqual([bodies(next, 'u/bob'), chatOf(next, 'u/bob').unread], [['one', 'two'], 0]);
});

test('A repeated announcement or line of a channel stands in no chat, though one with its sender is open', async () => {
  const { server, browser, tab, pass } = await newBrowser();
  server.extra = { channels: [{ id: 'blogs', nick: 'Blogs' }], rooms: {} };
  server.answers.history = () => ({ data: [] });
  server.say('admin', 'blogs', 'an old entry', { type: 'multicast' });
  server.rooms.set('blogs', ['alice']);
  for (const key of ['u/admin', 'r/blogs']) tab.im.open(key);
  server.say('dave', 'alice', 'the first that comes here');
  await pass(500);
  const next = browser.open({}, tab.close());
  await pass(1000);
  assert.deepEqual([bodies(next, 'u/admin'), bodies(next, 'r/blogs')], [[], []]);
});

test('Who has answered on the phone has read what came before', async () => {
  const { server, browser, tab, pass } = await newBrowser();
  server.say('bob', 'alice', 'lunch?');
  await pass(500);
  assert.deepEqual(unread(tab), [['u/bob', 1]]);
  const session = tab.close();
  await pass(20_000);
  server.say('alice', 'bob', 'yes');
  const next = browser.open({}, session);
  await pass(1000);
  assert.deepEqual([unread(next), bodies(next, 'u/bob').at(-1)], [[['u/bob', 0]], 'yes']);
});
