// Packets by a stream of events: what is acknowledged when, and how it ends.
//
// Owns: what the message server sees of it, and what the page shows. Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodies, calls, online } from './sim/world.js';

const STREAMS = { withStreams: true };

const asked = (sim) => ['stream', 'packets', 'ack'].map((name) => calls(sim, name).length);
const acks = (sim) => calls(sim, 'ack').map(({ params }) => Number(params.seq));

test('One stream brings it all, and is acknowledged with an event after 25 seconds, and about once a minute', async () => {
  const { sim, tab, server, pass } = await online(STREAMS);
  assert.deepEqual([tab.im.state, asked(sim)], ['online', [1, 0, 0]]);
  server.say('bob', 'alice', 'one');
  server.say('bob', 'alice', 'two');
  await pass(20_000);
  assert.deepEqual(
    [bodies(tab, 'u/bob'), asked(sim)],
    [
      ['one', 'two'],
      [1, 0, 0],
    ],
  );
  await pass(90_000);
  const first = calls(sim, 'ack')[0];
  assert.deepEqual([...new Set(acks(sim))], [2]);
  assert.deepEqual([first.method, first.params.ticket, first.init.mode], ['POST', 't1', 'cors']);
  assert.ok(acks(sim).length >= 2 && acks(sim).length <= 3, 'an idle stream is heard of about once a minute');
  assert.deepEqual(asked(sim).slice(0, 2), [1, 0]);
  assert.equal(server.sessions.get('t1').queue.length, 0);
});

test('Many packets, or large ones, are acknowledged at once', async () => {
  const { sim, server, pass } = await online(STREAMS);
  for (let at = 0; at < 15; at += 1) server.say('bob', 'alice', `${at}`);
  await pass(100);
  assert.deepEqual(acks(sim), []);
  server.say('bob', 'alice', 'the sixteenth');
  await pass(100);
  assert.deepEqual(acks(sim), [16]);
  server.say('bob', 'alice', 'x'.repeat(32_768));
  await pass(100);
  assert.deepEqual(acks(sim), [16, 17]);
});

test('After an acknowledgement that is lost one poll acknowledges, and another stream begins', async () => {
  const { sim, tab, server, pass } = await online(STREAMS);
  await pass(1000);
  server.answers.ack = { status: 503, data: 'no' };
  for (let at = 0; at < 16; at += 1) server.say('bob', 'alice', `${at}`);
  await pass(1000);
  delete server.answers.ack;
  assert.deepEqual([acks(sim), asked(sim)], [[16], [1, 1, 1]]);
  assert.equal(server.sessions.get('t1').queue.length, 0);
  await pass(40_000);
  for (let at = 0; at < 16; at += 1) server.say('bob', 'alice', `more ${at}`);
  await pass(1000);
  assert.deepEqual([acks(sim), asked(sim), bodies(tab, 'u/bob').length], [[16, 32], [2, 1, 2], 32]);
});

test('What was taken is acknowledged when the page is hidden, and before another page is asked for', async () => {
  const { sim, tab, server, pass } = await online(STREAMS);
  const left = () => calls(sim, 'ack').map(({ params, beacon }) => [params.seq, beacon]);
  server.say('bob', 'alice', 'one');
  await pass(1000);
  tab.fire('beforeunload');
  await pass(100);
  assert.deepEqual(left(), [['1', true]]);
  assert.deepEqual([...(tab.listeners.get('beforeunload') ?? [])], [], 'a page that listens is not kept');
  server.say('bob', 'alice', 'two');
  await pass(1000);
  assert.deepEqual(left(), [['1', true]], 'the page has stayed');
  tab.look(false, false);
  await pass(100);
  assert.deepEqual(left().slice(1), [['2', true]]);
});

test('A tab that does not lead acknowledges what was taken when it is hidden, and before it asks for another page', async () => {
  const { sim, tab, server, browser, pass } = await online(STREAMS);
  const other = browser.open();
  const left = () => calls(sim, 'ack').map(({ params, beacon, tab: by }) => [params.seq, beacon, by === other]);
  await pass(2000);
  server.say('bob', 'alice', 'read, and then logged out');
  await pass(1000);
  const late = browser.open(); // learns from the one that leads that something is unacknowledged
  await pass(2000);
  other.fire('beforeunload');
  await pass(100);
  assert.deepEqual(left(), [['1', true, true]]);
  for (const it of [tab, other, late]) {
    assert.deepEqual([...(it.listeners.get('beforeunload') ?? [])], [], 'a page that listens is not kept');
    it.fire('beforeunload');
  }
  server.say('bob', 'alice', 'two');
  await pass(1000);
  other.look(false, false);
  await pass(100);
  assert.deepEqual(left(), [
    ['1', true, true],
    ['2', true, true],
  ]);
  server.say('bob', 'alice', 'three');
  await pass(1000);
  late.fire('beforeunload');
  await pass(100);
  assert.deepEqual([left().length, server.sessions.get('t1').queue], [3, []]);
});

test('The last tab to go has acknowledged, although it did not lead yet', async () => {
  const { sim, tab, server, browser, pass } = await online(STREAMS);
  const other = browser.open();
  await pass(2000);
  server.say('bob', 'alice', 'read in both');
  await pass(1000);
  tab.close();
  other.close();
  await pass(100);
  assert.deepEqual([acks(sim), calls(sim, 'refresh').length], [[1], 1]);
  await pass(20_000);
  assert.ok(server.rows[0].delivered, 'it does not go back to the site');
});

test('Lines of a browser that was killed are no news when they come again', async () => {
  const { tab, server, browser, pass } = await online(STREAMS);
  server.say('bob', 'alice', 'read');
  await pass(1000);
  tab.crash();
  const next = browser.open();
  await pass(20_000);
  assert.deepEqual([bodies(next, 'u/bob'), next.told('message'), next.im.unread], [['read'], [], 1]);
});

test('Who goes offline has acknowledged before', async () => {
  const { sim, tab, server, pass } = await online(STREAMS);
  server.say('bob', 'alice', 'read');
  await pass(1000);
  tab.im.goOffline();
  await pass(1000);
  assert.deepEqual(acks(sim), [1]);
});

test('So is what was taken of a stream that the browser has ended before the page leaves', async () => {
  const { sim, tab, server, pass } = await online(STREAMS);
  await pass(10_000);
  server.say('bob', 'alice', 'hello');
  await pass(1000);
  [...tab.open].find(({ name }) => name === 'stream').lose();
  tab.close();
  await pass(100);
  assert.deepEqual(acks(sim), [1]);
});

test('Where acknowledgements do not come through, the site is polled', async () => {
  for (const [status, streams] of [
    [404, 1],
    [403, 2], // once may be chance
  ]) {
    const { sim, tab, server, pass } = await online(STREAMS);
    server.answers.ack = { status, data: 'no' };
    await pass(200_000);
    server.say('bob', 'alice', 'still here');
    await pass(1000);
    assert.deepEqual([bodies(tab, 'u/bob'), tab.im.state], [['still here'], 'online']);
    assert.deepEqual([asked(sim)[0], calls(sim, 'online').length], [streams, 1], 'the session lives on');
  }
});

test('What was taken is acknowledged before the page leaves', async () => {
  const { sim, tab, server, browser, pass } = await online(STREAMS);
  server.say('bob', 'alice', 'hello');
  await pass(1000);
  const session = tab.close();
  await pass(100);
  const left = sim.server.calls.slice(-2).map(({ name, params, beacon }) => [name, params.seq, beacon]);
  assert.deepEqual(left.sort(), [
    ['ack', '1', true],
    ['refresh', undefined, true],
  ]);
  const next = browser.open({}, session);
  await pass(1000);
  assert.deepEqual([bodies(next, 'u/bob'), next.im.unread], [['hello'], 1]);
});

test('Only the tab that leads has a stream, and the next one goes on with it', async () => {
  const { sim, tab, server, browser, pass } = await online(STREAMS);
  const others = Array.from({ length: 7 }, () => browser.open());
  await pass(2000);
  assert.deepEqual(asked(sim), [1, 0, 0]);
  server.say('bob', 'alice', 'to all');
  await pass(1000);
  tab.close();
  await pass(1000);
  server.say('bob', 'alice', 'to those who are left');
  await pass(1000);
  assert.deepEqual([asked(sim)[0], calls(sim, 'online').length], [2, 1]);
  assert.equal(calls(sim, 'stream')[1].params.seq, '1');
  for (const it of others) assert.deepEqual(bodies(it, 'u/bob'), ['to all', 'to those who are left']);
});

test('Each end is what it is with polls, and the page closes the stream', async () => {
  for (const [reason, state, onlines] of [
    ['shutdown', 'online', 2],
    ['renew', 'online', 2],
    ['offline', 'online', 2],
    ['replaced', 'offline', 1],
  ]) {
    const { sim, tab, server, pass } = await online(STREAMS);
    server.end('t1', reason);
    await pass(3000);
    assert.deepEqual([tab.im.state, calls(sim, 'online').length], [state, onlines], reason);
    assert.equal([...tab.open].filter(({ name }) => name === 'stream').length, state === 'online' ? 1 : 0, reason);
  }
});

test('After a restart one poll says that the session is gone, and a stream begins with the next one', async () => {
  const { sim, tab, server, pass } = await online(STREAMS);
  await pass(60_000);
  server.restart();
  for (const call of [...tab.open]) call.cut?.();
  const [stream] = [...tab.open].filter(({ name }) => name === 'stream');
  stream.lose();
  await pass(5000);
  assert.deepEqual([tab.im.state, asked(sim).slice(0, 2), calls(sim, 'online').length], ['online', [2, 1], 2]);
  assert.deepEqual(tab.told('offline'), []);
});

test('A stream that is cut after a while is followed by a poll, and then by another stream', async () => {
  const { sim, tab, server, pass } = await online(STREAMS);
  await pass(60_000);
  [...tab.open].find(({ name }) => name === 'stream').lose();
  server.say('bob', 'alice', 'meanwhile');
  await pass(1000);
  assert.deepEqual([bodies(tab, 'u/bob'), asked(sim).slice(0, 2), tab.im.state], [['meanwhile'], [2, 1], 'online']);
});

test('A network that is lost is noticed although the stream is silent', async () => {
  const { sim, tab, pass } = await online(STREAMS);
  await pass(30_000);
  tab.online = false;
  tab.fire('offline');
  await pass(1000);
  assert.equal(tab.im.trouble.code, 'network');
  tab.online = true;
  tab.fire('online');
  await pass(30_000);
  assert.deepEqual([tab.im.state, tab.im.trouble, asked(sim)[0]], ['online', null, 2]);
});

test('A session that an acknowledgement does not find is begun again', async () => {
  const { sim, tab, server, pass } = await online(STREAMS);
  server.sessions.delete('t1'); // and the stream is dead
  server.answers.ack = { status: 404, data: 'no client found' };
  [...tab.open].find(({ name }) => name === 'stream').bring({ status: 'ok', seq: 20 });
  await pass(100);
  delete server.answers.ack;
  await pass(3000);
  assert.deepEqual([tab.im.state, calls(sim, 'online').length], ['online', 2]);
});

test('A session that begins again while a poll waits is streamed at once', async () => {
  const { sim, tab, pass } = await online(STREAMS);
  await pass(60_000);
  [...tab.open].find(({ name }) => name === 'stream').lose();
  await pass(100);
  tab.im.goOffline();
  tab.im.goOnline();
  await pass(1000);
  assert.deepEqual([tab.im.state, asked(sim).slice(0, 2)], ['online', [2, 1]]);
});
