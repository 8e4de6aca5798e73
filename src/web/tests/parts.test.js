// The parts that are values in, values out: tables.
//
// Owns: settings, ids, turns, listeners, lines, shapes.
// Must not: need a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmitter } from '../core/emitter.js';
import { createReport } from '../core/page.js';
import { BODY_BYTES_MAX, HISTORY_ROWS, LINES_MAX, TIME_MS_MAX, TIME_MS_MIN } from '../core/limits.js';
import { insert, mergeNewest, mergeOlder, settle } from '../core/lines.js';
import { emptyWorld } from '../core/model/world.js';
import { isNewer, remember } from '../core/ring.js';
import { defaults, pick } from '../core/settings.js';
import * as shape from '../core/shape.js';
import { createStore } from '../core/store.js';
import { createTurns } from '../core/turns.js';

test('Settings are known keys within their ranges', () => {
  for (const [raw, good] of [
    [
      { zoom: 1000, opacity: '20', theme: 'dark', lang: 'zh-TW' },
      { zoom: 150, opacity: 50, theme: 'dark', lang: 'zh-TW' },
    ],
    [{ zoom: 'big', opacity: null, theme: 'pink', lang: 'xx', play_sound: 'maybe' }, {}],
    [
      { play_sound: '0', msg_auto_pop: 1, desktop_notify: 'true' },
      { play_sound: false, msg_auto_pop: true, desktop_notify: true },
    ],
    [{ blocked_rooms: [1, '2'] }, { blocked_rooms: ['1', '2'] }],
    [{ blocked_rooms: 'all', evil: '<b>', __proto__: { zoom: 90 } }, {}],
    [null, {}],
    ['x', {}],
  ])
    assert.deepEqual(pick(raw), good, JSON.stringify(raw));
  assert.deepEqual(pick(defaults()), defaults());
});

test('Ids are compared as decimals of any length', () => {
  for (const [id, than, newer] of [
    ['2', '1', true],
    ['10', '9', true],
    ['9', '10', false],
    ['5', '5', false],
    ['007', '7', false],
    ['1', '', true],
    ['x9', '1', false],
    ['', '', false],
    ['3d6db054-0-1', '1', false],
    ['90071992547409931', '90071992547409930', true],
  ]) {
    assert.equal(isNewer(id, than), newer, `${id} ${than}`);
  }
});

test('A ring forgets the oldest', () => {
  const ids = new Set();
  for (const [id, known] of [
    ['a', false],
    ['b', false],
    ['c', false],
    ['d', false],
    ['b', true],
    ['e', false],
    ['a', false],
  ]) {
    assert.equal(remember(ids, id, 3), known, id);
  }
  assert.deepEqual([...ids], ['b', 'e', 'a']);
});

test('Of one line each has its turn when the one before is done, be it by failing; other lines do not wait', async () => {
  const inTurn = createTurns();
  const done = [];
  const step =
    (name, wait, end = () => {}) =>
    async () => {
      await wait;
      done.push(name);
      end();
    };
  const later = new Promise((resolve) => setImmediate(resolve));
  const failing = () => Promise.reject(new Error('on purpose'));
  inTurn('a', step('a1', later));
  inTurn('a', failing);
  inTurn('a', step('a2'));
  await new Promise((resolve) => inTurn('b', step('b', null, resolve)));
  await new Promise((resolve) => inTurn('a', step('a3', null, resolve)));
  assert.deepEqual(done, ['b', 'a1', 'a2', 'a3']);
});

test('A listener that throws keeps nobody else from hearing', () => {
  const reported = [];
  globalThis.reportError = (error) => reported.push(error.message);
  const emitter = createEmitter(createReport());
  const heard = [];
  const off = emitter.on('x', () => heard.push('off'));
  emitter.on('x', () => {
    throw new Error('the page');
  });
  emitter.on('x', (detail) => heard.push(detail));
  off();
  for (const detail of [1, 2]) emitter.emit('x', detail);
  assert.deepEqual([heard, reported], [[1, 2], ['the page']], 'one error is reported once, as all of ours');
});

const line = (id, time, more = {}) => ({
  id: String(id),
  cid: '',
  from: 'bob',
  nick: 'Bob',
  own: false,
  body: `b${id}`,
  style: '',
  time,
  state: 'received',
  reason: '',
  ...more,
});
const chat = (messages, more = {}) => ({
  key: 'u/bob',
  kind: 'user',
  id: 'bob',
  messages,
  unread: 0,
  draft: '',
  loaded: false,
  complete: false,
  typing: '',
  scroll: 0,
  ...more,
});
const page = (from, count) => Array.from({ length: count }, (_, at) => line(from + at, from + at));
const ids = (it) => it.messages.map(({ id }) => id);

test('Lines stand by time, then by id, and each once', () => {
  const lines = [];
  for (const it of [line(3, 30), line(1, 10), line(2, 10), line(10, 10), line(3, 30), line(4, 20)]) insert(lines, it);
  assert.deepEqual(
    lines.map(({ id }) => id),
    ['1', '2', '10', '4', '3'],
  );
  assert.equal(
    insert(lines, line('~10~bob~x', 10, { body: 'b1' })),
    false,
    'without an id of the site it is known by its content',
  );
});

test('What was sent takes the id and the place the site gave it, and its double goes', () => {
  const mine = line('c1', 50, { cid: 'c1', own: true, state: 'sending' });
  const lines = [line(1, 10), line(7, 40, { own: true }), line(8, 45), mine];
  settle(lines, Object.assign(mine, { id: '7', time: 40 }));
  assert.deepEqual(
    lines.map(({ id }) => id),
    ['1', '7', '8'],
  );
  assert.equal(lines[1], mine);
});

test('A newest page that does not reach what is here leaves no hole', () => {
  const holed = chat([...page(1, 5), line('c', 900, { cid: 'c', state: 'failed' })], { complete: true });
  mergeNewest(holed, page(100, HISTORY_ROWS));
  assert.deepEqual(ids(holed), [...page(100, HISTORY_ROWS).map(({ id }) => id), 'c']);
  assert.equal(holed.complete, false);
  const whole = chat(page(1, 5));
  mergeNewest(whole, page(3, 10));
  assert.deepEqual(
    ids(whole),
    page(1, 12).map(({ id }) => id),
  );
  assert.deepEqual([whole.complete, whole.loaded], [true, true]);
});

test('Older pages end where there is nothing new', () => {
  const it = chat(page(100, 3));
  assert.equal(mergeOlder(it, page(70, HISTORY_ROWS)), true);
  assert.equal(it.complete, false);
  assert.equal(mergeOlder(it, page(70, HISTORY_ROWS)), false);
  assert.equal(it.complete, true);
});

test('A chat keeps so many lines', () => {
  const it = chat(page(1, LINES_MAX), { complete: true });
  mergeNewest(it, page(LINES_MAX - 10, HISTORY_ROWS));
  assert.equal(it.messages.length, LINES_MAX);
  assert.equal(it.complete, false);
});

test('Seconds, nanoseconds and words are no time', () => {
  const now = Date.UTC(2026, 10, 30);
  for (const it of [now, String(now), TIME_MS_MIN]) assert.equal(shape.time(it), Number(it));
  for (const it of [
    now / 1000,
    String(now / 1000),
    TIME_MS_MIN - 1,
    TIME_MS_MAX,
    now * 1e6,
    -now,
    Infinity,
    NaN,
    'soon',
    null,
    {},
  ])
    assert.equal(shape.time(it), 0);
});

test('A clock of the site that was stored is kept only if it shows a time', () => {
  const now = Date.UTC(2026, 10, 30);
  const offsetOf = (offset) => {
    const kept = new Map([
      ['nextim:user', '"alice"'],
      ['nextim:picture:alice', JSON.stringify({ at: now, me: { id: 'alice', nick: 'Alice' }, offset })],
    ]);
    const local = { getItem: (key) => kept.get(key) ?? null };
    const world = emptyWorld();
    createStore({ now: () => now, local, session: null }, 'nextim').recall(world, 'alice');
    assert.equal(world.me?.id, 'alice');
    return world.offset;
  };
  for (const kept of [0, 5_000_000, -86_400_000]) assert.equal(offsetOf(kept), kept);
  for (const bad of [now / 1000 - now, 1e300, 1e15, null, 'x', {}]) assert.equal(offsetOf(bad), 0);
});

test('Where a chat was scrolled to is a number, whatever was stored', () => {
  const tab = JSON.stringify({ active: 'u/bob', scroll: { 'u/bob': 120, 'u/carol': '7', 'u/dave': 'x', 'u/eve': {} } });
  const store = createStore({ local: null, session: { getItem: () => tab } }, 'nextim');
  assert.deepEqual(store.tab().scroll, { 'u/bob': 120, 'u/carol': 7, 'u/dave': 0, 'u/eve': 0 });
});

test('Whatever comes is brought into shape', () => {
  assert.deepEqual(shape.buddies(null), []);
  assert.deepEqual(shape.buddies([null, 'x', { nick: 'nobody' }, { id: 7, nick: 'undefined' }]), [
    { id: '7', nick: '7', presence: 'offline', show: 'unavailable', status: '' },
  ]);
  assert.deepEqual(
    shape.rooms({ 5: { id: 5, nick: 'R', count: '3' } }),
    shape.rooms([{ id: '5', nick: 'R', count: 3 }]),
  );
  const [item, word, untimed] = shape.logItems([
    { id: 1, timestamp: '12', type: 'grpchat' },
    { body: 'null' },
    { timestamp: {} },
  ]);
  assert.equal(item.type, 'multicast');
  assert.equal(word.body, 'null', 'a word is a word in what was said');
  assert.equal(untimed.timestamp, 0);
  assert.equal(shape.pollAnswer('<html>'), null);
  assert.equal(shape.pollAnswer({ status: 'great' }), null);
  assert.deepEqual(shape.pollAnswer({ status: 'ok' }).messages, []);
  assert.equal(shape.connection({ ticket: 't' }), null);
  assert.deepEqual(shape.connection({ ticket: 't', server: 's', domain: 'd', timeout: '9', jsonp: '1' }), {
    ticket: 't',
    server: 's',
    domain: 'd',
    timeout: 9,
    jsonp: true,
  });
  assert.equal(shape.me({}), null);
  assert.deepEqual(shape.menu([{ title: 'A' }, { title: 'B', url: '/b', shortcut: 1 }]), [
    { title: 'B', url: '/b', shortcut: true },
  ]);
  assert.equal(BODY_BYTES_MAX, 32_768);
});
