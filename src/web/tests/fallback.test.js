// Where no stream of events comes through: when pages poll instead, and when they try a stream again.
//
// Owns: proxies that hold back, servers that refuse or are down, pages without streams. Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodies, calls, chatOf, online, simulate } from './sim/world.js';

const DAY = 86_400_000;
const STREAMS = { withStreams: true };

const asked = (sim) => ['stream', 'packets', 'ack'].map((name) => calls(sim, name).length);

test('Where a proxy holds streams back, pages poll after 5 seconds, remember it, and try again a day later', async () => {
  const sim = simulate(STREAMS);
  const { server, browser, pass } = sim;
  server.holdsBack = true;
  const tab = browser.open();
  await pass(1000);
  server.say('bob', 'alice', 'held back');
  await pass(3000);
  assert.deepEqual([chatOf(tab, 'u/bob'), asked(sim)], [undefined, [1, 0, 0]]);
  await pass(2000);
  assert.deepEqual([bodies(tab, 'u/bob'), tab.im.state], [['held back'], 'online']);
  await pass(60_000);
  assert.equal(asked(sim)[0], 1);
  const session = tab.close();
  const next = browser.open({}, session);
  await pass(1000);
  server.say('bob', 'alice', 'at once');
  await pass(1000);
  assert.deepEqual([bodies(next, 'u/bob'), asked(sim)[0]], [['held back', 'at once'], 1]);
  server.holdsBack = false;
  await pass(DAY);
  assert.equal(asked(sim)[0], 2);
  const polls = asked(sim)[1];
  await pass(120_000);
  assert.equal(asked(sim)[1], polls);
});

test('A page that leaves before a poll is answered leaves the next one no wait', async () => {
  const sim = simulate(STREAMS);
  sim.server.holdsBack = true;
  const tab = sim.browser.open();
  await sim.pass(5500);
  const next = sim.browser.open({}, tab.close());
  await sim.pass(1000);
  sim.server.say('bob', 'alice', 'at once');
  await sim.pass(1000);
  assert.deepEqual([bodies(next, 'u/bob'), asked(sim)[0]], [['at once'], 1]);
});

test('Where streams are refused and polls are answered, pages poll', async () => {
  const sim = simulate(STREAMS);
  sim.server.noStreams = true;
  const tab = sim.browser.open();
  await sim.pass(1000);
  sim.server.say('bob', 'alice', 'by a poll');
  await sim.pass(60_000);
  assert.deepEqual([bodies(tab, 'u/bob'), asked(sim)[0], tab.im.state], [['by a poll'], 1, 'online']);
});

test('One stream that breaks off at once is followed by another, two in a row by polls', async () => {
  const { sim, tab, server, pass } = await online(STREAMS);
  const breakOff = async (said) => {
    [...tab.open].find(({ name }) => name === 'stream').lose();
    await pass(100);
    server.say('bob', 'alice', said);
    await pass(1000);
  };
  await breakOff('one');
  assert.deepEqual(asked(sim).slice(0, 2), [2, 1]);
  await pass(60_000);
  await breakOff('after a while');
  await breakOff('two');
  assert.deepEqual(asked(sim).slice(0, 2), [4, 3], 'a stream that has worked is between them');
  await breakOff('three');
  await pass(60_000);
  assert.deepEqual([asked(sim)[0], tab.im.state], [4, 'online']);
  assert.deepEqual(bodies(tab, 'u/bob'), ['one', 'after a while', 'two', 'three']);
});

test('Where a proxy holds back what comes after the first event, pages poll after two streams', async () => {
  const sim = simulate(STREAMS);
  const { server, browser, pass } = sim;
  server.passes = 1;
  const tab = browser.open();
  await pass(120_000);
  server.say('bob', 'alice', 'at once');
  await pass(1000);
  assert.deepEqual([bodies(tab, 'u/bob'), asked(sim)[0], tab.im.state], [['at once'], 2, 'online']);
});

test('A page that stood still while it waited for a stream blames no proxy', async () => {
  for (const isCut of [true, false]) {
    const sim = simulate(STREAMS);
    const { server, browser, clock, pass } = sim;
    server.holdsBack = true;
    const tab = browser.open();
    await pass(1000);
    clock.now += 30_000; // no timer was up
    server.holdsBack = false;
    if (isCut) [...tab.open].find(({ name }) => name === 'stream').lose();
    await pass(60_000);
    assert.deepEqual([tab.im.state, asked(sim).slice(0, 2)], ['online', [2, 1]]);
  }
});

test('A page that has put something else in the place of `EventSource` is polled for', async () => {
  const sim = simulate(STREAMS);
  sim.server.stream = () => {
    throw new TypeError('EventSource is not a constructor');
  };
  const tab = sim.browser.open();
  await sim.pass(60_000);
  sim.server.say('bob', 'alice', 'by a poll');
  await sim.pass(1000);
  assert.deepEqual([bodies(tab, 'u/bob'), calls(sim, 'online').length, tab.im.state], [['by a poll'], 1, 'online']);
});

test('Whatever was stored, or by whichever clock, streams are tried within a day', async () => {
  for (const stored of ['"never"', '{}', 1_000 * DAY, Number.MAX_VALUE]) {
    const sim = simulate(STREAMS);
    const at = typeof stored === 'number' ? sim.clock.now + stored : stored;
    sim.browser.local.setItem('nextim:/webim:polled', at);
    sim.browser.open();
    await sim.pass(2000);
    assert.equal(asked(sim)[0], 1, `${stored}`);
  }
});

test('A stream that is refused because the session is gone is no reason to poll for a day', async () => {
  const sim = simulate(STREAMS);
  const begin = sim.server.begin.bind(sim.server);
  sim.server.begin = (user) => {
    const ticket = begin(user);
    if (ticket === 't1') sim.server.sessions.delete(ticket);
    return ticket;
  };
  const tab = sim.browser.open();
  await sim.pass(5000);
  assert.deepEqual([tab.im.state, asked(sim), calls(sim, 'online').length], ['online', [2, 1, 0], 2]);
});

test('A message server that does not answer is not the fault of streams, and is asked once a try', async () => {
  const { sim, tab, server, pass } = await online(STREAMS);
  await pass(60_000);
  server.down = (_, answer) => answer(503, 'no');
  [...tab.open].find(({ name }) => name === 'stream').lose();
  await pass(10_000);
  const [streams, polls] = asked(sim);
  assert.deepEqual([streams, tab.im.state, tab.im.trouble.code], [1, 'reconnecting', 'server']);
  assert.ok(polls >= 3);
  server.down = null;
  await pass(60_000);
  assert.deepEqual([tab.im.state, asked(sim)[0]], ['online', 2]);
});

test('A server that hangs is not polled for a day because of it', async () => {
  const { tab, server, pass } = await online(STREAMS);
  await pass(60_000);
  server.down = () => {}; // it takes calls, and answers none
  [...tab.open].find(({ name }) => name === 'stream').lose();
  await pass(100_000);
  server.down = null;
  await pass(100_000);
  assert.deepEqual([tab.im.state, [...tab.open].at(-1).name], ['online', 'stream']);
});

test('Sites by JSONP, and addresses that have no acknowledgement, are polled', async () => {
  for (const connection of [{ jsonp: true }, { server: 'http://im/poll' }]) {
    const sim = simulate(STREAMS);
    sim.server.connection = connection;
    sim.browser.open();
    await sim.pass(2000);
    assert.equal(asked(sim)[0], 0);
  }
});
