// A tab that leads goes, and another takes over.
//
// Owns: what the one had got and could not tell any more, or told and was not heard in time.
// Must not: leave anything to chance; storm.test.js does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodies, simulate } from './sim/world.js';

/** Two tabs with the same chat; the first leads. */
async function two(options) {
  const sim = simulate(options);
  const first = sim.browser.open();
  await sim.pass(1000);
  const second = sim.browser.open();
  await sim.pass(2000);
  second.im.open('u/bob');
  await sim.pass(1000);
  assert.ok(first.im.leads && !second.im.leads);
  return { ...sim, first, second };
}

const onlines = (server) => server.calls.filter((call) => call.name === 'online').length;

test('A message that the last leader had taken when it crashed is not lost', async () => {
  const { server, first, second, pass } = await two();
  first.isMute = true; // what it told last was lost with it
  server.say('bob', 'alice', 'one');
  await pass(100); // it has polled on, and so the server has forgotten the message
  first.crash();
  server.say('bob', 'alice', 'two');
  await pass(5000);
  assert.deepEqual(bodies(second, 'u/bob'), ['one', 'two']);
});

test('A message that is heard after the one who told it has crashed is not lost', async () => {
  const { server, first, second, pass } = await two();
  second.lag = 120;
  server.say('bob', 'alice', 'one');
  await pass(100);
  first.crash();
  server.say('bob', 'alice', 'two');
  await pass(5000);
  assert.deepEqual(bodies(second, 'u/bob'), ['one', 'two']);
});

test('After a goodbye the next leader polls on with the same session, and has all that was told before', async () => {
  const { server, first, second, pass } = await two();
  const before = onlines(server);
  second.lag = 100;
  server.say('bob', 'alice', 'one');
  await pass(80);
  first.close();
  server.say('bob', 'alice', 'two');
  await pass(5000);
  assert.deepEqual(bodies(second, 'u/bob'), ['one', 'two']);
  assert.equal(onlines(server), before, 'no new session');
});

test('A channel between tabs that throws takes nothing from the tab that tells', async () => {
  const { server, browser, pass } = simulate();
  const tab = browser.open();
  await pass(1000);
  tab.isWireBroken = true;
  server.say('bob', 'alice', 'to a tab that is cut off');
  await pass(1000);
  tab.im.send('u/bob', 'and from it');
  await pass(1000);
  assert.deepEqual(bodies(tab, 'u/bob'), ['to a tab that is cut off', 'and from it']);
});
