// The pages and tabs of one browser: they come and go, and another user's may be among them.
//
// Owns: that they have one session, that a page leaves nothing behind, and what the next one finds.
// Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodies, calls, chatOf, online, simulate } from './sim/world.js';

test('Seven tabs have one session, and one poll', async () => {
  const sim = simulate();
  for (let at = 0; at < 7; at += 1) sim.browser.open();
  await sim.pass(60_000);
  assert.equal(calls(sim, 'online').length, 1);
  assert.ok(calls(sim, 'packets').length <= 4, 'three polls of 25 s');
  sim.server.say('bob', 'alice', 'hi');
  await sim.pass(100);
  for (const tab of sim.browser.live) {
    assert.deepEqual(bodies(tab, 'u/bob'), ['hi']);
    assert.deepEqual([tab.told('online').length, tab.told('ready').length], [1, 1]);
  }
  assert.equal(sim.browser.live.filter((tab) => tab.im.leads).length, 1);
});

for (const withLocks of [true, false]) {
  test(`When the leader goes another polls on with its ticket (locks: ${withLocks})`, async () => {
    const { sim, tab, server, browser, pass } = await online({ withLocks });
    const other = browser.open();
    await pass(3000);
    server.say('bob', 'alice', 'one');
    await pass(500);
    tab.close();
    server.say('bob', 'alice', 'two');
    await pass(2000);
    assert.equal(other.im.leads, true);
    assert.deepEqual(bodies(other, 'u/bob'), ['one', 'two']);
    assert.equal(calls(sim, 'online').length, 1);
    assert.equal(calls(sim, 'refresh').length, 0);
    assert.equal(calls(sim, 'packets').at(-1).params.ticket, 't1');
  });
}

test('The last tab says that it goes, by a beacon, and stores that its ticket is gone in the same tick', async () => {
  const { sim, tab, browser, pass } = await online();
  const other = browser.open();
  await pass(2000);
  other.close();
  await pass(100);
  assert.equal(calls(sim, 'refresh').length, 0);
  tab.close();
  assert.equal(browser.local.getItem('nextim:/webim:left'), '"t1"');
  await pass(100);
  const [refresh] = calls(sim, 'refresh');
  assert.deepEqual([refresh.beacon, refresh.params.ticket], [true, 't1']);
});

test('A page change keeps chats, unread counts, drafts and what was scrolled', async () => {
  const { sim, tab, server, browser, pass } = await online();
  tab.look(true);
  tab.im.open('u/carol');
  tab.acts.draft('u/carol', 'half a');
  tab.acts.scroll('u/carol', 120);
  server.say('bob', 'alice', 'hi');
  await pass(500);
  tab.im.setPresence('away', 'at lunch');
  await pass(100);
  const session = tab.close();
  const missed = server.say('bob', 'alice', 'while you were away');
  const next = browser.open({}, session);
  assert.deepEqual(bodies(next, 'u/bob'), ['hi'], 'drawn at once');
  assert.equal(next.im.state, 'connecting');
  assert.equal(next.im.unread, 1);
  await pass(1000);
  const call = calls(sim, 'online').at(-1);
  assert.deepEqual([call.params.show, call.params.status, call.params.buddy_ids], ['away', 'at lunch', 'carol,bob']);
  assert.equal(Number(call.params.since), missed.id - 1);
  assert.equal(next.im.active, 'u/carol');
  assert.deepEqual([chatOf(next, 'u/carol').draft, chatOf(next, 'u/carol').scroll], ['half a', 120]);
  assert.deepEqual(bodies(next, 'u/bob'), ['hi', 'while you were away']);
  assert.equal(next.im.unread, 2);
  assert.deepEqual(
    next.told('message').map((it) => it.body),
    ['while you were away'],
  );
});

test('What a page opens and says before this browser has ever had a session stays', async () => {
  const sim = simulate();
  const tab = sim.browser.open();
  tab.im.open('r/1');
  tab.im.send('u/bob', 'early');
  assert.equal(tab.im.me, null);
  await sim.pass(1000);
  assert.equal(tab.im.me.id, 'alice');
  assert.equal(tab.im.active, 'r/1');
  assert.ok(chatOf(tab, 'r/1'));
  assert.deepEqual(bodies(tab, 'u/bob'), ['early']);
});

test("Tabs that cannot store do not end one another's session", async () => {
  const { sim, tab, browser, pass } = await online({ withLocal: false });
  const other = browser.open();
  await pass(2000);
  tab.close();
  await pass(10_000);
  assert.equal(calls(sim, 'refresh').length, 1, 'it could not know');
  assert.equal(other.im.state, 'online');
});

test('Offline by choice stays so on later pages, until the user wants otherwise', async () => {
  const { sim, tab, browser, pass } = await online();
  const other = browser.open();
  await pass(2000);
  other.im.goOffline();
  await pass(500);
  assert.deepEqual([tab.im.state, other.im.state, tab.im.trouble], ['offline', 'offline', null]);
  assert.deepEqual(
    calls(sim, 'offline').map((it) => it.params.ticket),
    ['t1'],
  );
  tab.close();
  const session = other.close();
  await pass(100);
  assert.equal(calls(sim, 'refresh').length, 0);
  const next = browser.open({}, session);
  await pass(5000);
  assert.equal(next.im.state, 'offline');
  assert.equal(calls(sim, 'online').length, 1);
  next.im.setPresence('dnd');
  await pass(500);
  assert.equal(next.im.state, 'online');
  assert.equal(calls(sim, 'online').at(-1).params.show, 'dnd');
});

test('A log-in from any tab brings all of them online', async () => {
  const sim = simulate({ user: null });
  const tab = sim.browser.open();
  await sim.pass(500);
  const other = sim.browser.open();
  await sim.pass(2000);
  assert.equal(other.im.trouble.code, 'login');
  sim.server.answers.online = ({ params }) => {
    if (params.password === 'right') sim.browser.jar.user = 'alice';
    return null;
  };
  other.im.goOnline({ username: 'alice', password: 'right' });
  await sim.pass(500);
  assert.deepEqual([tab.im.me?.id, other.im.me?.id], ['alice', 'alice']);
  assert.equal(
    [...sim.browser.local.map.values()].some((value) => value.includes('right')),
    false,
    'never stored',
  );
});

test('Another user sees nothing of the former, in any tab and in the store', async () => {
  const { sim, tab, server, browser, pass } = await online();
  server.say('bob', 'alice', 'a secret');
  await pass(1000);
  browser.jar.user = 'dave';
  server.say('carol', 'dave', 'for dave');
  const other = browser.open({ user: 'dave' });
  assert.equal(other.im.chats.length, 0);
  await pass(3000);
  for (const it of [tab, other]) {
    assert.equal(it.im.me.id, 'dave');
    assert.deepEqual(
      it.im.chats.map(({ key }) => key),
      ['u/carol'],
    );
    assert.deepEqual(bodies(it, 'u/carol'), ['for dave']);
  }
  other.look(false, false);
  tab.look(false, false);
  await pass(1000);
  assert.equal(
    [...browser.local.map.values()].some((value) => value.includes('a secret')),
    false,
  );
  assert.equal('since' in calls(sim, 'online').at(-1).params, false, 'what one has seen says nothing of the other');
});

test('The last page is not drawn for another user, nor after the site has said 401', async () => {
  for (const change of ['user', 'late', 'gone']) {
    const { tab, server, browser, pass } = await online();
    server.say('bob', 'alice', 'a secret');
    await pass(1000);
    const session = tab.close();
    if (change === 'late') await pass(11_000);
    if (change === 'gone') {
      browser.jar.user = null;
      browser.open().close();
      const out = browser.open();
      await pass(500);
      assert.equal(out.im.trouble.code, 'login');
      assert.deepEqual([out.im.me, out.im.chats, out.im.unread], [null, [], 0]);
      out.close();
    }
    const next = browser.open(change === 'user' ? { user: 'dave' } : {}, session);
    assert.deepEqual([next.im.me, next.im.chats], [null, []], change);
    next.close();
  }
  const { tab, server, browser, pass } = await online();
  server.say('bob', 'alice', 'a secret');
  await pass(1000);
  const session = tab.close();
  await pass(3_600_000);
  assert.deepEqual(
    bodies(browser.open({ user: 'alice' }, session), 'u/bob'),
    ['a secret'],
    'the page says whose it is',
  );
});

test("A page in the browser's cache is silent, and comes back online", async () => {
  const { sim, tab, server, pass } = await online();
  tab.fire('pagehide', { persisted: true });
  const polls = calls(sim, 'packets').length;
  server.say('bob', 'alice', 'meanwhile');
  await pass(120_000);
  assert.equal(calls(sim, 'packets').length, polls);
  tab.fire('pageshow', { persisted: true });
  await pass(1000);
  assert.equal(tab.im.state, 'online');
  assert.deepEqual(bodies(tab, 'u/bob'), ['meanwhile']);
  tab.fire('pageshow', { persisted: false });
  await pass(1000);
  assert.equal(calls(sim, 'online').length, 2);
});

test('Without storage, or with one that is full or holds garbage, a page still talks', async () => {
  for (const spoil of [
    { withLocal: false },
    { withLocal: false, withLocks: false },
    { full: true },
    { full: true, withLocks: false },
    { garbage: '{"' },
    { garbage: '[1,{"x":null}]' },
    {
      garbage:
        '{"chats":[{"key":7},{"key":"u/"},null],"outbox":[{}],"counted":{},"notices":[0],"settings":7,"active":"zz","scroll":3}',
    },
    { garbage: '"alice"' },
  ]) {
    const sim = simulate(spoil);
    if (spoil.garbage) {
      for (const key of ['user', 'memory:alice', 'picture:alice', 'left', 'lease'])
        sim.browser.local.setItem(`nextim:/webim:${key}`, spoil.garbage);
      sim.browser.local.setItem('nextim:/webim:user', '"alice"');
    }
    sim.browser.local.broken = spoil.full ?? false;
    const tab = sim.browser.open();
    await sim.pass(80_000);
    sim.server.say('bob', 'alice', 'hi');
    await sim.pass(500);
    assert.deepEqual(bodies(tab, 'u/bob'), ['hi'], JSON.stringify(spoil));
    tab.close();
  }
});
