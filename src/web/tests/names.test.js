// Who is meant.
//
// Owns: that an id is an id whatever the word, that a uid is none, and that what a page says of its user deletes nothing.
// Must not: need a page.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { directory } from '../core/names.js';
import * as shape from '../core/shape.js';
import { presenceKind } from '../widget/roster.js';
import { readStyle } from '../widget/style.js';
import { chatOf, simulate } from './sim/world.js';

const WORDS = ['null', 'undefined', '__proto__', 'constructor', '[GM]Bob', '007', '2', 'true'];

test('a name in a link is a uid, and an id only where no uid is known for it', () => {
  const [bob, two, old, eve] = [{ id: 'bob', uid: '2' }, { id: '2', uid: '9' }, { id: '5' }, { id: 'eve', uid: '7' }];
  const { byId, byLink } = directory([bob, two, old, eve]);
  assert.deepEqual([byId('2'), byId('bob'), byId('9')], [two, bob, undefined]);
  assert.deepEqual(['2', '9', '5', 'eve', '7', '4'].map(byLink), [bob, two, old, eve, eve, undefined]);
  assert.equal(directory([two]).byLink('2'), undefined, 'the uid of somebody else');
});

test('users are called by their ids, whatever the word', () => {
  const people = WORDS.map((id) => ({ id, nick: '', presence: 'online' }));
  assert.deepEqual(
    shape.buddies(people).map(({ id, nick }) => [id, nick]),
    WORDS.map((id) => [id, id]),
  );
  assert.deepEqual(
    shape.members(people).map(({ id }) => id),
    WORDS,
  );
  for (const id of WORDS) {
    assert.equal(shape.me({ id })?.id, id);
    const answer = shape.pollAnswer({
      status: 'ok',
      messages: [{ from: id, to: id, body: 'x' }],
      presences: [{ from: id }],
      statuses: [{ from: id }],
    });
    assert.deepEqual(
      [answer?.messages[0].from, answer?.messages[0].to, answer?.presences[0].from, answer?.statuses[0].from],
      [id, id, id, id],
    );
  }
  assert.deepEqual(
    shape.buddies([{ id: 2 }]).map(({ id }) => id),
    ['2'],
  );
  assert.equal(shape.me({ nick: 'nobody' }), null);
});

test('words that every object knows are words', () => {
  for (const word of ['constructor', '__proto__', 'toString']) {
    assert.equal(presenceKind({ presence: 'online', show: word }), 'available');
    assert.deepEqual(
      readStyle(`${word}:bold;font-weight:bold`, false, () => assert.fail('no colour')),
      { 'font-weight': 'bold' },
    );
  }
});

test('what a page says of its user deletes no draft; the site naming another user does', async () => {
  const { browser, pass } = simulate();
  const first = browser.open();
  await pass(1000);
  first.im.open('u/bob');
  first.acts.draft('u/bob', 'half a thought');
  first.close();
  for (const user of ['dave', '', 'null']) {
    const cached = browser.open({ user });
    assert.deepEqual([cached.im.me, cached.im.chats], [null, []], 'nothing is shown to somebody else');
    await pass(1000);
    // Of a page that is nobody's the site is asked nothing.
    assert.equal(cached.im.me?.id, user ? 'alice' : undefined);
    assert.equal(chatOf(cached, 'u/bob')?.draft, user ? 'half a thought' : undefined, user);
    cached.close();
  }
  browser.jar.user = 'dave';
  const other = browser.open({ user: 'alice' });
  await pass(1000);
  assert.deepEqual([other.im.me?.id, other.im.chats], ['dave', []]);
  other.close();
  browser.jar.user = 'alice';
  const back = browser.open();
  await pass(1000);
  assert.equal(chatOf(back, 'u/bob'), undefined);
});

test('an id that stands in the page is asked for by its id', async () => {
  const { browser, server, pass } = simulate();
  const tab = browser.open({ start: false });
  tab.strangers.mark(['7'], ['2']);
  tab.im.start();
  await pass(1000);
  const [online] = server.calls.filter(({ name }) => name === 'online');
  const [asked] = server.calls.filter(({ name }) => name === 'buddies');
  assert.equal(online.params.stranger_ids, '7');
  assert.deepEqual([asked.params.ids, asked.params.stranger_ids], ['2', '']);
});
