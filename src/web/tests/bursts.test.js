// More than the site takes at once.
//
// Owns: what becomes of a burst: its order, the wait that the site asks for, and the lines that failed in it.
// Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodies, chatOf, simulate } from './sim/world.js';

const BURST = Array.from({ length: 12 }, (_, at) => `m${at}`);
const sent = (sim) => sim.server.calls.filter((call) => call.name === 'message').map((call) => call.params.body);
const states = (tab, key) => chatOf(tab, key).messages.map((line) => line.state);

/** A page that is online, at a site that takes `size` messages and as many again every ten seconds. */
async function limited(size, retryAfter = '10') {
  const sim = simulate();
  const tab = sim.browser.open();
  await sim.pass(1000);
  let left = size;
  const refill = () => {
    left = size;
    sim.clock.after(10_000, refill);
  };
  refill();
  sim.server.answers.message = () => (left-- > 0 ? null : { status: 429, data: { error: 'Slowly' }, retryAfter });
  return { ...sim, sim, tab };
}

test('A burst stops at the first message that is too many, waits as told, and goes on in order', async () => {
  const { sim, tab, server, pass } = await limited(5);
  for (const body of BURST) tab.im.send('u/bob', body);
  await pass(2000);
  assert.deepEqual(sent(sim), BURST.slice(0, 6), 'nothing overtakes what was refused');
  assert.deepEqual(states(tab, 'u/bob'), [...Array(5).fill('sent'), ...Array(7).fill('sending')]);
  assert.ok(chatOf(tab, 'u/bob').held > sim.clock.now, 'it says until when');
  await pass(6000);
  assert.equal(sent(sim).length, 6, 'it waits as long as it was told');
  await pass(40_000);
  assert.deepEqual(
    server.rows.map((row) => row.body),
    BURST,
  );
  assert.deepEqual([bodies(tab, 'u/bob'), new Set(states(tab, 'u/bob'))], [BURST, new Set(['sent'])]);
  assert.equal(chatOf(tab, 'u/bob').held, 0);
});

test('A site that does not say how long is asked again after a while', async () => {
  const { sim, tab, server, pass } = await limited(5, null);
  for (const body of BURST) tab.im.send('u/bob', body);
  await pass(60_000);
  assert.deepEqual(
    server.rows.map((row) => row.body),
    BURST,
  );
  assert.ok(sent(sim).length < 20);
});

test('A site that cannot keep what is said is no reason to wait in silence', async () => {
  const { tab, server, pass } = await limited(99);
  server.answers.message = { status: 503, data: { error: 'Busy' }, retryAfter: '3' };
  tab.im.send('u/bob', 'hello');
  await pass(2000);
  assert.deepEqual([states(tab, 'u/bob'), chatOf(tab, 'u/bob').messages[0].reason], [['failed'], 'Busy']);
});

test('A site that never takes it is not asked for ever', async () => {
  const { sim, tab, pass } = await limited(0, '10');
  tab.im.send('u/bob', 'hello');
  await pass(3_600_000);
  const [{ state, reason }] = chatOf(tab, 'u/bob').messages;
  assert.deepEqual([state, reason], ['failed', 'Slowly']);
  assert.ok(sent(sim).length < 100);
});

test('A burst goes on in order on the next page, and on the one after that', async () => {
  const { browser, server, pass, tab } = await limited(5);
  for (const body of BURST) tab.im.send('u/bob', body);
  await pass(2000);
  const second = browser.open({}, tab.close());
  await pass(3000);
  const third = browser.open({}, second.close());
  await pass(60_000);
  assert.deepEqual(
    server.rows.map((row) => row.body),
    BURST,
  );
  assert.deepEqual(bodies(third, 'u/bob'), BURST);
});

test('A line that failed keeps its place among those that were taken', async () => {
  const { browser, tab, server, pass } = await limited(99);
  const refused = new Set(['m2', 'm7']);
  server.answers.message = (call) => refused.has(call.params.body) && { status: 403, data: { error: 'No' } };
  for (const body of BURST) tab.im.send('u/bob', body);
  await pass(5000);
  assert.deepEqual(bodies(tab, 'u/bob'), BURST);
  assert.deepEqual(
    BURST.filter((_, at) => states(tab, 'u/bob')[at] === 'failed'),
    ['m2', 'm7'],
  );
  const next = browser.open({}, tab.close());
  await pass(2000);
  assert.deepEqual(bodies(next, 'u/bob'), BURST, 'on the next page too');
});

test('A line that failed keeps its place although the clocks differ', async () => {
  for (const skew of [-3000, 3000]) {
    const sim = simulate();
    const { browser, clock, server, pass } = sim;
    server.extra = { server_time: clock.now + 5_000_000 + skew };
    const tab = browser.open();
    await pass(1000);
    server.answers.message = ({ params }) => params.body === 'm3' && { status: 403, data: { error: 'No' } };
    for (const body of BURST) tab.im.send('u/bob', body);
    await pass(5000);
    assert.deepEqual(bodies(tab, 'u/bob'), BURST, `${skew} ms`);
    server.answers = {};
    tab.im.send('u/bob', 'after');
    await pass(1000);
    tab.acts.retry(chatOf(tab, 'u/bob').messages[3].cid);
    assert.deepEqual(bodies(tab, 'u/bob')[3], 'm3', 'until it is taken');
    await pass(1000);
    assert.deepEqual(bodies(tab, 'u/bob').slice(-2), ['after', 'm3'], 'then it is where the other side has it');
  }
});

test('All that failed in a chat is sent again in its order', async () => {
  const { tab, server, pass } = await limited(99);
  let down = true;
  server.answers.message = () => down && { status: 500, data: 'oops' };
  for (const body of BURST) tab.im.send('u/bob', body);
  tab.im.send('u/carol', 'another chat');
  await pass(60_000);
  assert.deepEqual(new Set(states(tab, 'u/bob')), new Set(['failed']));
  down = false;
  tab.acts.retryAll('u/bob');
  await pass(5000);
  assert.deepEqual(
    server.rows.map((row) => row.body),
    BURST,
  );
  assert.deepEqual([bodies(tab, 'u/bob'), states(tab, 'u/carol')], [BURST, ['failed']]);
});

test('Other tabs see the burst as the one that sends it', async () => {
  const { browser, tab, pass } = await limited(5);
  const other = browser.open();
  await pass(2000);
  for (const body of BURST) other.im.send('u/bob', body);
  await pass(3000);
  assert.equal(chatOf(tab, 'u/bob').held, chatOf(other, 'u/bob').held);
  assert.deepEqual(bodies(tab, 'u/bob'), BURST);
  await pass(60_000);
  for (const it of [tab, other]) assert.deepEqual([bodies(it, 'u/bob'), chatOf(it, 'u/bob').held], [BURST, 0]);
});
