// Rooms and who is there.
//
// Owns: that the site's word on rooms holds. Must not: draw.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { apply } from '../core/model/apply.js';
import { emptyWorld } from '../core/model/world.js';
import { bodies, chatOf, simulate } from './sim/world.js';

/** How often histories were asked for. */
const calls = ({ server }) => server.calls.filter((call) => call.name === 'history').length;

test('counts follow what the site says of rooms, and what else is known of them stays', () => {
  const world = emptyWorld();
  const out = { change() {}, tell() {} };
  const room = {
    id: '1',
    nick: 'Walkers',
    url: '',
    pic_url: '',
    default_pic_url: '',
    count: 1,
    all_count: 4,
    blocked: false,
  };
  apply(world, { t: 'rooms', list: [room] }, out);
  apply(world, { t: 'members', room: '1', list: [{ id: 'alice', nick: 'Alice' }] }, out);
  apply(world, { t: 'rooms', list: [{ ...room, count: 3 }] }, out);
  assert.equal(world.rooms.get('1')?.count, 3);
  assert.deepEqual(world.rooms.get('1')?.members, [{ id: 'alice', nick: 'Alice' }]);
});

test('What is said in a locked room is not shown, on the next page neither', async () => {
  const sim = simulate();
  const { server, browser, pass } = sim;
  server.rooms.set('lobby', ['alice', 'bob']);
  const one = browser.open();
  await pass(1000);
  server.say('bob', 'lobby', 'before', { type: 'multicast' });
  await pass(500);
  one.im.open('r/lobby');
  one.acts.lock('lobby', true);
  await pass(200);
  server.say('bob', 'lobby', 'unheard', { type: 'multicast' });
  const session = one.close();
  server.extra.setting = { blocked_rooms: ['lobby'] };
  await pass(1000);
  const histories = calls(sim);
  const next = browser.open({ user: 'alice' }, session);
  await pass(1000);
  next.im.activate('r/lobby');
  await pass(500);
  assert.deepEqual([bodies(next, 'r/lobby'), chatOf(next, 'r/lobby').loaded], [['before'], true]);
  next.im.close('r/lobby');
  next.im.open('r/lobby');
  await pass(500);
  assert.deepEqual([bodies(next, 'r/lobby'), calls(sim)], [[], histories]);
  next.acts.lock('lobby', false);
  await pass(500);
  assert.deepEqual(bodies(next, 'r/lobby'), ['before', 'unheard']);
});

test('the larger a room is, the less often its members are asked for', async () => {
  for (const [size, most] of [
    [20, 20],
    [5000, 1],
  ]) {
    const { server, browser, pass } = simulate();
    server.rooms.set('lobby', ['alice', ...Array.from({ length: size - 1 }, (_, at) => `m${at}`)]);
    const tab = browser.open();
    await pass(1000);
    tab.im.open('r/lobby');
    await pass(30_000);
    const asked = () => server.calls.filter((call) => call.name === 'members').length;
    const before = asked();
    for (let at = 0; at < 20; at += 1) {
      const item = { from: 'bob', nick: 'BOB', type: 'show', show: at % 2 ? 'away' : 'available', status: '' };
      server.push('alice', { list: 'presences', item });
      await pass(1000);
    }
    const least = most > 1 ? 10 : 0;
    assert.ok(asked() - before >= least && asked() - before <= most, `${asked() - before} calls for ${size} members`);
    server.rooms.set('den', ['alice', 'bob']);
    tab.im.open('r/den');
    const small = asked();
    await pass(1000);
    assert.equal(asked() - small, 1, 'a room does not wait for another');
  }
});
