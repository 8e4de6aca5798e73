// Those who are there, and what the site knows of them and of me: presences, rooms, blocks, notices, settings.
//
// Owns: what a user interface sees of it, in every tab.
// Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOTICES_MAX } from '../core/limits.js';
import { calls, pair, simulate } from './sim/world.js';

const packet = (sim, list, item) => sim.server.push('alice', { list, item });

test('Strangers are completed through one call', async () => {
  const { sim, one, two, server, pass } = await pair();
  const session = server.sessions.get('t1');
  const answer = session.parked;
  session.parked = null; // so that one answer brings all three
  for (const [at, from] of ['x1', 'x2', 'x1'].entries()) {
    packet({ server }, 'messages', {
      id: `s${at}`,
      from,
      nick: 'Some',
      to: 'alice',
      type: 'unicast',
      timestamp: 1,
      body: 'psst',
    });
  }
  session.parked = answer;
  answer(server.take(session));
  await pass(500);
  assert.deepEqual(
    calls(sim, 'buddies').map((it) => it.params.ids),
    ['x1,x2'],
  );
  assert.deepEqual(
    [one, two].map((tab) => tab.im.contacts.get('x1').nick),
    ['X1', 'X1'],
  );
});

test("Presences: others', my own from elsewhere, and rooms", async () => {
  const { one, two, server, pass } = await pair();
  const presence = (item) => packet({ server }, 'presences', { nick: '', status: '', ...item });
  presence({ type: 'online', from: 'bob', nick: 'Bob', show: 'away', status: 'tea' });
  presence({ type: 'show', from: 'alice', show: 'dnd', status: 'busy' });
  presence({ type: 'join', from: 'carol', nick: 'Carol', show: 'available', status: 'lobby' });
  presence({ type: 'join', from: 'carol', nick: 'Carol', show: 'available', status: 'lobby' });
  presence({ type: 'offline', from: 'nobody-i-know', show: 'unavailable' });
  await pass(500);
  for (const tab of [one, two]) {
    const { presence: is, show, status, nick } = tab.im.contacts.get('bob');
    assert.deepEqual([is, show, status, nick], ['online', 'away', 'tea', 'Bob']);
    assert.deepEqual([tab.im.me.show, tab.im.me.status], ['dnd', 'busy']);
    assert.equal(tab.im.rooms.get('lobby').count, 3, 'heard twice, counted once');
    assert.equal(tab.im.contacts.has('nobody-i-know'), false);
  }
  assert.deepEqual(
    await Promise.all([one.acts.members('lobby'), pass(100)]).then(([list]) => list.map((it) => it.id)),
    ['alice', 'bob'],
  );
  presence({ type: 'leave', from: 'bob', status: 'lobby' });
  presence({ type: 'leave', from: 'bob', status: 'lobby' });
  await pass(100);
  assert.deepEqual(
    two.im.rooms.get('lobby').members.map((it) => it.id),
    ['alice'],
  );
  assert.equal(two.im.rooms.get('lobby').count, 1);
  presence({ type: 'offline', from: 'bob', show: 'unavailable' });
  await pass(100);
  assert.equal(two.im.contacts.get('bob').presence, 'offline');
  assert.equal(one.told('presence').at(-1).id, 'bob');
});

test('Setting a presence tells the site, and me in every tab', async () => {
  const { sim, one, two, pass } = await pair();
  two.im.setPresence('away', '');
  await pass(500);
  assert.deepEqual([one.im.me.show, one.im.me.status], ['away', '']);
  const [{ params }] = calls(sim, 'presence');
  assert.deepEqual([params.show, params.status, params.ticket], ['away', '', 't1']);
});

test('Broadcasts and channels are notices, not chats', async () => {
  const { one, two, server, pass } = await pair(
    (it) => (it.server.extra.channels = [{ id: 'channel:forum', nick: 'The forum', url: '/forum' }]),
  );
  const said = server.clock.now;
  const push = (item) =>
    packet({ server }, 'messages', { nick: 'System', from: 'system', timestamp: said, body: 'x', ...item });
  push({ id: 'b1', type: 'broadcast', to: '', timestamp: said + 1 });
  push({ id: 'post-1', type: 'multicast', to: 'channel:forum', from: 'forum', body: 'A post' });
  push({ id: 'b1', type: 'broadcast', to: '', timestamp: said + 1 });
  await pass(500);
  for (const tab of [one, two]) {
    assert.deepEqual(
      tab.im.notices.map((it) => [it.id, it.kind, it.nick, it.url]),
      [
        ['b1', 'broadcast', 'System', undefined],
        ['post-1', 'channel', 'The forum', '/forum'],
      ],
    );
    assert.deepEqual(tab.im.chats, []);
    assert.equal(tab.im.unread, 2);
    assert.equal(tab.told('notice').length, 2);
  }
  two.im.readNotices();
  await pass(100);
  assert.equal(one.im.unread, 0);
  for (let at = 0; at < NOTICES_MAX + 5; at += 1) push({ id: `n${at}`, type: 'broadcast', to: '' });
  await pass(3000);
  assert.equal(one.im.notices.length, NOTICES_MAX);
});

test('A locked room counts nothing, and comes back with its history', async () => {
  const { sim, one, two, server, pass } = await pair();
  server.say('bob', 'lobby', 'before', { type: 'multicast' });
  await pass(500);
  one.im.open('r/lobby');
  assert.equal(await Promise.all([two.acts.lock('lobby', true), pass(200)]).then(([ok]) => ok), true);
  assert.deepEqual([one.im.settings.blocked_rooms, one.im.rooms.get('lobby').blocked], [['lobby'], true]);
  const { unread } = one.im;
  server.say('bob', 'lobby', 'unheard', { type: 'multicast' });
  await pass(500);
  assert.equal(one.im.unread, unread);
  server.answers.join = { data: { id: 'lobby', nick: 'Lobby', count: 9, all_count: 12 } };
  two.acts.lock('lobby', false);
  await pass(500);
  assert.deepEqual(
    [one.im.settings.blocked_rooms, one.im.rooms.get('lobby').count, one.im.rooms.get('lobby').blocked],
    [[], 9, false],
  );
  assert.ok(calls(sim, 'history').some((it) => it.params.id === 'lobby'));
  assert.deepEqual(
    calls(sim, 'leave').map((it) => it.params.id),
    ['lobby'],
  );
  server.answers.leave = { status: 404, data: { error: 'not your group' } };
  assert.equal(await Promise.all([two.acts.lock('lobby', true), pass(200)]).then(([ok]) => ok), false);
  assert.deepEqual(two.told('error').at(-1), { code: 'leave', text: 'not your group' });
});

test('Who is blocked is offline to me', async () => {
  const { one, two, pass } = await pair((it) => it.server.begin('bob'));
  one.acts.block('bob', true);
  await pass(200);
  assert.deepEqual([two.im.contacts.get('bob').blocked, two.im.contacts.get('bob').presence], [true, 'offline']);
  one.acts.block('bob', false);
  await pass(200);
  assert.deepEqual([two.im.contacts.get('bob').blocked, two.im.contacts.get('bob').presence], [undefined, 'online']);
});

test('Settings follow in every tab, and what is no setting goes nowhere', async () => {
  const { sim, one, two, pass } = await pair((it) => (it.server.extra.setting = { play_sound: false, zoom: 9000 }));
  assert.deepEqual([one.im.settings.play_sound, two.im.settings.zoom], [false, 150]);
  two.acts.set({ theme: 'dark', opacity: 10, evil: 1 });
  await pass(500);
  assert.deepEqual([one.im.settings.theme, one.im.settings.opacity], ['dark', 50]);
  const sent = JSON.parse(calls(sim, 'setting')[0].params.data);
  assert.deepEqual([sent.theme, sent.opacity, 'evil' in sent, sent.play_sound], ['dark', 50, false, false]);
});

test('What is changed again before the site has answered: the last change is the last it hears of', async () => {
  const { sim, one, pass } = await pair();
  for (const zoom of [90, 100, 110, 120, 130]) one.acts.set({ zoom });
  for (const status of ['a', 'b', 'c', 'd', 'e']) one.im.setPresence('away', status);
  await pass(1000);
  assert.equal(JSON.parse(calls(sim, 'setting').at(-1).params.data).zoom, 130);
  assert.ok(calls(sim, 'setting').length <= 2, 'what waits for its turn is told at once');
  assert.deepEqual(
    calls(sim, 'presence').map((it) => it.params.status),
    ['a', 'b', 'c', 'd', 'e'],
  );
});

test('Strangers of the page are asked for with the session, or after it', async () => {
  const sim = simulate();
  const one = sim.browser.open({ start: false });
  one.strangers.mark(['7', '8', '7'], []);
  one.im.start();
  await sim.pass(1000);
  assert.equal(calls(sim, 'online')[0].params.stranger_ids, '7,8');
  sim.server.answers.buddies = {
    data: [{ id: 'eve', uid: '9', nick: 'Eve', presence: 'online', show: 'away', group: 'stranger' }],
  };
  const two = sim.browser.open();
  await sim.pass(500);
  two.strangers.mark(['9'], []);
  two.strangers.mark(['9'], []);
  await sim.pass(500);
  assert.deepEqual(
    calls(sim, 'buddies').map((it) => it.params.stranger_ids),
    ['9'],
  );
  assert.equal(one.im.contacts.get('eve').show, 'away');
});
