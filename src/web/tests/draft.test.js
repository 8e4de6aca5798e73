// What is being typed.
//
// Owns: that no draft is cut short behind its writer's back. Must not: draw.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BODY_BYTES_MAX } from '../core/limits.js';
import { apply } from '../core/model/apply.js';
import { emptyWorld } from '../core/model/world.js';

test('a draft as long as a message may be, and longer, is kept whole', () => {
  const world = emptyWorld();
  const out = { change() {}, tell() {} };
  const text = 'x'.repeat(BODY_BYTES_MAX + 1);
  apply(world, { t: 'open', key: 'u/bob' }, out);
  apply(world, { t: 'draft', key: 'u/bob', text }, out);
  assert.equal(world.chats[0]?.draft, text);
});
