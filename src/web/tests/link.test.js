// The connection as a machine: tables.
//
// Owns: the back-off, and what comes of each outcome.
// Must not: need a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff, ordered, retryAfter } from '../core/backoff.js';
import { REST, begin, next } from '../core/link.js';

test('The back-off doubles from half a second to half a minute, and is spread', () => {
  for (const [failures, full] of [
    [1, 500],
    [2, 1000],
    [3, 2000],
    [6, 16_000],
    [7, 30_000],
    [8, 30_000],
    [5000, 30_000],
  ]) {
    assert.equal(backoff(failures, 1), full);
    assert.equal(backoff(failures, 0), full / 2);
  }
});

test('Retry-After is seconds or a date, and not believed beyond a limit', () => {
  for (const [header, ms] of [
    ['3', 3000],
    [' 7 ', 7000],
    ['0', 0],
    [null, 0],
    ['soon', 0],
    ['Thu, 01 Jan 1970 00:00:20 GMT', 19_000],
    ['9999999', 600_000],
  ]) {
    assert.equal(retryAfter(header, 1000), ms, String(header));
  }
  for (const [given, ms] of [
    [1500, 1500],
    ['1500', 1500],
    [-1, 0],
    [NaN, 0],
    [undefined, 0],
    [1e12, 600_000],
  ])
    assert.equal(ordered(given), ms);
});

const ON = { ...REST, state: 'online', action: 'poll', renewed: -1e9 };
const TRYING = { ...REST, state: 'connecting', action: 'online' };
const BACK = { ...REST, state: 'reconnecting', action: 'poll', failures: 2 };

/** link, outcome, what is to come of it */
const TRANSITIONS = [
  ['a session is opened', TRYING, { kind: 'opened' }, { state: 'online', action: 'poll', wait: 0, trouble: null }],
  ['a session opened in vain keeps its failures', { ...TRYING, failures: 3 }, { kind: 'opened' }, { failures: 3 }],
  [
    'an answer',
    BACK,
    { kind: 'packets', after: 0 },
    { state: 'online', action: 'poll', wait: 0, failures: 0, trouble: null },
  ],
  ['an answer that asks to wait', ON, { kind: 'packets', after: 700 }, { action: 'poll', wait: 700, ordered: true }],
  [
    'nobody is logged in',
    TRYING,
    { kind: 'login', text: 'No' },
    { state: 'offline', action: 'rest', code: 'login', text: 'No', retryAt: 0 },
  ],
  [
    'refused',
    TRYING,
    { kind: 'refused', text: 'Banned' },
    { state: 'offline', action: 'rest', code: 'refused', text: 'Banned' },
  ],
  [
    'the site is down',
    TRYING,
    { kind: 'site', text: '', after: 0 },
    { state: 'connecting', action: 'online', wait: 500, code: 'site', retryAt: 1500 },
  ],
  [
    'the site answers with pages',
    { ...TRYING, failures: 6 },
    { kind: 'site', text: '', after: 0, page: true },
    { state: 'connecting', action: 'online', wait: 600_000, code: 'site', ordered: false, failures: 7 },
  ],
  [
    'the site answers with a page for once',
    { ...TRYING, failures: 1 },
    { kind: 'site', text: '', after: 0, page: true },
    { wait: 1000 },
  ],
  [
    'the site says when',
    TRYING,
    { kind: 'site', text: '', after: 9000 },
    { wait: 9000, ordered: true, retryAt: 10_000 },
  ],
  [
    'the message server is down',
    TRYING,
    { kind: 'server', text: 'IM', after: 0 },
    { action: 'online', code: 'server', text: 'IM' },
  ],
  ['404', ON, { kind: 'gone' }, { state: 'reconnecting', action: 'online', wait: 500, failures: 1 }],
  ['404 again', { ...ON, failures: 1 }, { kind: 'gone' }, { action: 'online', wait: 1000, failures: 2 }],
  [
    'no answer',
    ON,
    { kind: 'silent', after: 0, blind: false },
    { state: 'reconnecting', action: 'poll', wait: 500, code: 'server' },
  ],
  [
    'no answer for the fifth time',
    { ...BACK, failures: 4 },
    { kind: 'silent', after: 0, blind: false },
    { action: 'poll', wait: 8000 },
  ],
  [
    '429 with Retry-After',
    ON,
    { kind: 'silent', after: 4000, blind: false },
    { action: 'poll', wait: 4000, ordered: true },
  ],
  ['JSONP fails once', ON, { kind: 'silent', after: 0, blind: true }, { action: 'poll', misses: 1 }],
  [
    'JSONP fails twice',
    { ...BACK, misses: 1 },
    { kind: 'silent', after: 0, blind: true },
    { action: 'online', misses: 2 },
  ],
  [
    'replaced',
    ON,
    { kind: 'stopped', reason: 'replaced', after: 0, raced: false },
    { state: 'offline', action: 'rest', code: 'replaced', retryAt: 0 },
  ],
  [
    'ended by somebody else',
    ON,
    { kind: 'stopped', reason: 'offline', after: 0, raced: false },
    { state: 'reconnecting', action: 'online', wait: 0, trouble: null, asked: true },
  ],
  [
    'the site was asked and opened a session',
    { ...ON, asked: true },
    { kind: 'opened' },
    { state: 'online', action: 'poll', asked: true },
  ],
  [
    'the site could not be asked',
    { ...ON, asked: true },
    { kind: 'site', text: '', after: 0 },
    { action: 'online', asked: true },
  ],
  [
    'ended again',
    { ...ON, asked: true },
    { kind: 'stopped', reason: 'offline', after: 0, raced: false },
    { state: 'offline', action: 'rest', code: 'ended', asked: false },
  ],
  [
    'it lasts',
    { ...ON, asked: true },
    { kind: 'packets', after: 0 },
    { state: 'online', action: 'poll', asked: false },
  ],
  [
    'ended by a tab that thought it was the last',
    ON,
    { kind: 'stopped', reason: 'offline', after: 0, raced: true },
    { state: 'reconnecting', action: 'online', wait: 0 },
  ],
  [
    'limit',
    ON,
    { kind: 'stopped', reason: 'limit', after: 5000, raced: false },
    { state: 'reconnecting', action: 'online', wait: 5000, code: 'limit', ordered: true },
  ],
  [
    'limit without a time',
    ON,
    { kind: 'stopped', reason: 'limit', after: 0, raced: false },
    { wait: 30_000, code: 'limit' },
  ],
  [
    'shutdown',
    ON,
    { kind: 'stopped', reason: 'shutdown', after: 2000, raced: false },
    { action: 'online', wait: 2000, code: 'server' },
  ],
  [
    'the time of a session is over',
    { ...ON, asked: true },
    { kind: 'stopped', reason: 'renew', after: 0, raced: false },
    { state: 'online', action: 'online', wait: 0, trouble: null, renewed: 1000, asked: true },
  ],
  [
    'it is over at once again',
    { ...ON, renewed: 900 },
    { kind: 'stopped', reason: 'renew', after: 0, raced: false },
    { state: 'online', action: 'online', wait: 500, ordered: true, renewals: 1 },
  ],
  [
    'and once more, although polls were answered',
    { ...ON, renewed: 900, renewals: 4 },
    { kind: 'stopped', reason: 'renew', after: 0, raced: false },
    { action: 'online', wait: 8000, renewals: 5 },
  ],
  [
    'it lasted',
    { ...ON, renewed: 1000 - 50_000, renewals: 4 },
    { kind: 'stopped', reason: 'renew', after: 0, raced: false },
    { action: 'online', wait: 0, renewals: 0 },
  ],
  [
    'an answer in between',
    { ...ON, renewed: 900, renewals: 4 },
    { kind: 'packets', after: 0 },
    { renewed: 900, renewals: 4 },
  ],
  [
    'a reason of the future',
    { ...ON, asked: true },
    { kind: 'stopped', reason: 'eclipse', after: 0, raced: false },
    { action: 'rest', code: 'ended' },
  ],
];

test('What comes of each outcome', () => {
  for (const [name, link, outcome, expected] of TRANSITIONS) {
    const to = next(link, outcome, { now: 1000, random: 1, hasNetwork: true });
    const { code, text, retryAt, ...rest } = expected;
    for (const [key, value] of Object.entries(rest)) assert.deepEqual(to[key], value, `${name}: ${key}`);
    for (const [key, value] of Object.entries({ code, text, retryAt })) {
      if (value !== undefined) assert.equal(to.trouble?.[key], value, `${name}: trouble.${key}`);
    }
  }
  const dead = next(ON, { kind: 'silent', after: 0, blind: false }, { now: 0, random: 1, hasNetwork: false });
  assert.equal(dead.trouble.code, 'network');
  assert.equal(begin(REST, 'online').state, 'connecting');
  assert.equal(begin(ON, 'online').state, 'reconnecting');
  assert.equal(begin(ON, 'poll').state, 'online');
});
