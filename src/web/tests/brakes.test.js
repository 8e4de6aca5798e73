// Loops that somebody else could drive: answers that come at once and bring nothing.
//
// Owns: how often something is asked then, and what the user is told. Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bodies, calls, simulate } from './sim/world.js';

const MINUTE_MS = 60_000;

/** A page that is online, at a message server that answers like this. */
async function online(packets) {
  const sim = simulate();
  const tab = sim.browser.open();
  await sim.pass(1000);
  if (packets) sim.server.answers.packets = packets;
  return { sim, tab, pass: sim.pass };
}

const empty = (seq) => ({ data: { status: 'ok', messages: [], presences: [], statuses: [], seq } });
const message = {
  id: '7',
  from: 'bob',
  nick: 'Bob',
  to: 'alice',
  type: 'unicast',
  timestamp: 1,
  body: 'once',
  style: '',
};

const HOLLOW = [
  ['empty', () => empty(0)],
  ['what was answered before', () => ({ data: { ...empty(1).data, messages: [message] } })],
  ['an older number', ({ params }) => empty(Math.max(0, Number(params.seq) - 1))],
  ['an order to wait that is none', () => ({ data: { ...empty(0).data, retry: 1 } })],
];

for (const [what, packets] of HOLLOW) {
  test(`polls answered at once with nothing are paced, and are no connection: ${what}`, async () => {
    const { sim, tab, pass } = await online(packets);
    sim.server.say('bob', 'alice', 'hi'); // ends the poll that waits
    await pass(10 * MINUTE_MS);
    const before = calls(sim, 'packets').length;
    assert.ok(before < 50, `${before} polls`);
    assert.deepEqual([tab.im.state, tab.im.trouble.code], ['reconnecting', 'stuck']);
    assert.ok(tab.im.trouble.retryAt > sim.clock.now);
    await pass(10 * MINUTE_MS);
    assert.ok(calls(sim, 'packets').length - before <= 45, 'half a minute apart, or longer than a quarter');
    // The way is free again.
    delete sim.server.answers.packets;
    await pass(MINUTE_MS);
    assert.deepEqual([tab.im.state, tab.im.trouble], ['online', null]);
    sim.server.say('bob', 'alice', 'free');
    await pass(1000);
    assert.ok(bodies(tab, 'u/bob').includes('free'));
  });
}

test('polls by scripts are paced likewise', async () => {
  const sim = simulate();
  sim.server.connection = { jsonp: true };
  const tab = sim.browser.open();
  await sim.pass(1000);
  sim.server.answers.packets = () => empty(0);
  sim.server.say('bob', 'alice', 'hi');
  await sim.pass(10 * MINUTE_MS);
  assert.ok(calls(sim, 'packets').length < 50, `${calls(sim, 'packets').length} polls`);
  assert.equal(tab.im.trouble.code, 'stuck');
});

test('one or two empty answers, as a page change brings them, are asked after at once and told to nobody', async () => {
  let left = 2;
  const { sim, tab, pass } = await online(() => (left-- > 0 ? empty(1) : null));
  sim.server.say('bob', 'alice', 'hi');
  const before = calls(sim, 'packets').length;
  await pass(1000);
  assert.ok(calls(sim, 'packets').length >= before + 3);
  assert.equal(tab.im.state, 'online');
  sim.server.say('bob', 'alice', 'and on');
  await pass(500);
  assert.deepEqual(bodies(tab, 'u/bob'), ['hi', 'and on']);
  assert.ok(tab.told('change').every(({ what }) => what !== 'state') || tab.im.trouble === null);
});

test('a busy chat is not paced: every answer brings something', async () => {
  const { sim, tab, pass } = await online();
  for (let at = 0; at < 100; at += 1) {
    sim.server.say('bob', 'alice', `m${at}`);
    await pass(60);
  }
  await pass(200);
  assert.equal(bodies(tab, 'u/bob').length, 100);
  assert.ok(calls(sim, 'packets').length > 60);
});

test('a site whose answers of what was missed lead nowhere is asked after waits that grow', async () => {
  const sim = simulate();
  const tab = sim.browser.open();
  await sim.pass(1000);
  let more = 100;
  sim.server.extra = { more: String(more) };
  sim.server.answers.missed = () => ({ data: { new_messages: [], more: String((more += 1)) } });
  sim.server.restart();
  await sim.pass(2 * MINUTE_MS);
  const asked = calls(sim, 'missed').length;
  assert.ok(asked > 2 && asked < 20, `${asked} calls`);
  sim.server.answers.missed = () => ({ data: { new_messages: [] } });
  await sim.pass(MINUTE_MS);
  assert.equal(tab.im.state, 'online');
});

test('a site that knows nobody of those it is asked for is not asked in a loop', async () => {
  const { sim, tab, pass } = await online();
  sim.server.answers.buddies = () => ({
    data: [{ id: `${calls(sim, 'buddies').length}`, nick: 'x', incomplete: true }],
  });
  tab.strangers.mark(['900', '901'], []);
  await pass(MINUTE_MS);
  const asked = calls(sim, 'buddies').length;
  assert.ok(asked < 20, `${asked} calls`);
});
