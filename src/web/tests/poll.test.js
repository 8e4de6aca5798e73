// One poll: where it is asked, how long it is waited for, and in which order its answer is applied.
//
// Owns: what the message server and the page see of it.
// Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatOf, simulate } from './sim/world.js';

const polls = (sim) => sim.server.calls.filter((call) => call.name === 'packets');

/** A page that is online, at a site that says this of the connection. */
async function online(connection) {
  const sim = simulate();
  sim.server.connection = connection;
  const tab = sim.browser.open();
  await sim.pass(1000);
  return { sim, tab, server: sim.server, pass: sim.pass };
}

test('The address is used as it is, with a query of its own too', async () => {
  const { sim, tab, server, pass } = await online({ server: 'http://im/path/packets?shard=7&x=%2F' });
  server.say('bob', 'alice', 'hi');
  await pass(500);
  assert.equal(polls(sim).length, 2);
  for (const { params } of polls(sim))
    assert.deepEqual([params.shard, params.x, params.domain, params.ticket], ['7', '/', 'test', 't1']);
  assert.equal(chatOf(tab, 'u/bob').messages[0].body, 'hi');
});

test('A site may say how long a poll is waited for', async () => {
  for (const [timeout, expected] of [
    [5000, 5000],
    [undefined, 40_000],
  ]) {
    const sim = simulate();
    sim.server.connection = { timeout };
    const times = [];
    sim.server.packets = () => times.push(sim.clock.now); // and no answer
    sim.browser.open();
    await sim.pass(45_000);
    const gap = times[1] - times[0];
    assert.ok(gap >= expected && gap < expected + 1000, `${timeout}: ${gap}`);
  }
});

test('Of one answer messages come first, then presences, then statuses', async () => {
  const { sim, tab, server, pass } = await online();
  const session = server.sessions.get('t1');
  const answer = session.parked;
  session.parked = null; // so that one answer brings all of it
  const from = 'eve';
  server.present.add(from);
  server.push('alice', { list: 'statuses', item: { from, nick: 'Eve', to: 'alice', show: 'typing' } });
  server.push('alice', { list: 'presences', item: { from, nick: 'Eve', type: 'online', show: 'away', status: '' } });
  server.push('alice', {
    list: 'messages',
    item: { id: '900', from, nick: 'Eve', to: 'alice', type: 'unicast', timestamp: 1, body: 'wait', style: '' },
  });
  session.parked = answer;
  const before = tab.said.length;
  answer(server.take(session));
  await pass(500);
  const order = tab.said
    .slice(before)
    .map((it) => it.event)
    .filter((event) => ['message', 'presence', 'status'].includes(event));
  assert.deepEqual(order, ['message', 'presence', 'status']);
  assert.equal(chatOf(tab, 'u/eve').typing, 'Eve', 'who has said something goes on typing');
  assert.equal(polls(sim).length, 2);
});
