// A session that ends although the user wants it, and pages on which there is none to begin.
//
// Owns: how often the site is asked then.
// Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calls, simulate } from './sim/world.js';

/** A page that is online. */
async function online(options, open) {
  const sim = simulate(options);
  const tab = sim.browser.open(open);
  await sim.pass(1000);
  return { ...sim, sim, tab };
}

test('A session that somebody else ended is asked about once, and the site decides', async () => {
  const { sim, tab, server, browser, pass } = await online();
  server.end('t1');
  await pass(100);
  assert.equal(tab.im.state, 'online');
  assert.deepEqual(tab.told('offline'), []);
  assert.equal(calls(sim, 'online').length, 2);
  await pass(60_000);
  server.end('t2');
  await pass(100);
  assert.deepEqual([tab.im.state, calls(sim, 'online').length], ['online', 3], 'this is another end');
  await pass(60_000);
  browser.jar.user = null; // a log-out elsewhere in this browser
  server.end('t3');
  await pass(100);
  assert.deepEqual([tab.im.state, tab.im.trouble.code, tab.im.me], ['offline', 'login', null]);
  await pass(600_000);
  assert.equal(calls(sim, 'online').length, 4);
});

test('A site that ends every session at once is not asked without end', async () => {
  const { sim, tab, server, pass } = await online();
  server.answers.packets = () => ({ data: { status: 'stopped', reason: 'offline' } });
  server.end('t1');
  await pass(60_000);
  assert.deepEqual([tab.im.state, tab.im.trouble.code], ['offline', 'ended']);
  assert.equal(calls(sim, 'online').length, 2);
});

test('Of a guest the site is asked nothing', async () => {
  const sim = simulate({ user: null });
  const tab = sim.browser.open({ user: '' });
  const other = sim.browser.open({ user: '' });
  await sim.pass(120_000);
  assert.deepEqual(sim.server.calls, []);
  for (const it of [tab, other])
    assert.deepEqual([it.im.state, it.im.trouble?.code], ['offline', 'login'], 'the form is there');
  other.fire('online');
  tab.close();
  await sim.pass(120_000);
  assert.deepEqual(sim.server.calls, []);
  sim.browser.jar.user = 'alice';
  other.im.goOnline({ username: 'alice', password: 'x' });
  await sim.pass(1000);
  assert.deepEqual([other.im.state, other.im.me.id], ['online', 'alice']);
});

test('A page that says nobody is logged in has the tabs ask, and follows them', async () => {
  const { sim, tab, browser, pass } = await online({}, { user: 'alice' });
  const other = browser.open({ user: '' });
  await pass(2000);
  assert.equal(calls(sim, 'online').length, 2);
  assert.deepEqual([tab.im.me?.id, other.im.me?.id], ['alice', 'alice'], 'the page was an old one');
  browser.jar.user = null;
  const third = browser.open({ user: '' });
  await pass(2000);
  for (const it of [tab, other, third]) assert.equal(it.im.trouble.code, 'login');
});

test('A new page wakes tabs whose session was ended', async () => {
  const { sim, tab, server, browser, pass } = await online();
  server.end('t1');
  await pass(50);
  server.end('t2');
  await pass(500);
  assert.equal(tab.im.trouble.code, 'ended');
  const other = browser.open();
  await pass(1500);
  assert.deepEqual([tab.im.state, other.im.state], ['online', 'online']);
  assert.equal(calls(sim, 'online').length, 3);
});
