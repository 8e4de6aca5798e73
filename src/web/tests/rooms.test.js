// Rooms and who is there.
//
// Owns: that the site's word on rooms holds. Must not: draw.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { apply } from '../core/model/apply.js';
import { emptyWorld } from '../core/model/world.js';

test('counts follow what the site says of rooms, and what else is known of them stays', () => {
  const world = emptyWorld();
  const out = { change() {}, tell() {} };
  const room = { id: '1', nick: 'Walkers', url: '', pic_url: '', default_pic_url: '', count: 1, all_count: 4, blocked: false };
  apply(world, { t: 'rooms', list: [room] }, out);
  apply(world, { t: 'members', room: '1', list: [{ id: 'alice', nick: 'Alice' }] }, out);
  apply(world, { t: 'rooms', list: [{ ...room, count: 3 }] }, out);
  assert.equal(world.rooms.get('1')?.count, 3);
  assert.deepEqual(world.rooms.get('1')?.members, [{ id: 'alice', nick: 'Alice' }]);
});
