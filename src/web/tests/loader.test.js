// The part that calls by script tags.
//
// Owns: that it is made once, and again after it could not be had. Must not: load anything.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byScript } from '../loader.js';

const { signal } = new AbortController();

/** A loader of a part that names its calls; the first `failures` loads fail. */
function loader(failures = 0) {
  let loads = 0;
  const load = async () => {
    loads += 1;
    if (loads <= failures) throw new Error('no network');
    return () => {
      let calls = 0;
      return { css: '', parts: { createJsonp: () => async () => (calls += 1) } };
    };
  };
  return { load, loads: () => loads };
}

test('two_first_calls_at_once_do_not_share_a_name', async () => {
  const { load, loads } = loader();
  const call = byScript(load);
  assert.deepEqual(await Promise.all([call('/a', signal), call('/b', signal), call('/c', signal)]), [1, 2, 3]);
  assert.equal(await call('/d', signal), 4);
  assert.equal(loads(), 1);
});

test('What could not be loaded is loaded by the next call', async () => {
  const { load, loads } = loader(1);
  const call = byScript(load);
  const early = await Promise.allSettled([call('/a', signal), call('/b', signal)]);
  assert.deepEqual(
    early.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(await call('/c', signal), 1);
  assert.equal(loads(), 2);
});
