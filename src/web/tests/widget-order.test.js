// The order of things in the bar.
//
// Owns: days and runs of a conversation, groups of contacts, users in a page's links. Must not: need a page.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { daysAgo, groupByDay } from '../widget/days.js';
import { compile, userOf } from '../widget/links.js';
import { NameOrder, Roll, countOnline, groupContacts, presenceKind } from '../widget/roster.js';

const at = (day, hour, minute) => new Date(2011, 10, day, hour, minute).getTime();
const said = (from, time) => ({
  id: `${time}`,
  cid: '',
  from,
  nick: from,
  own: from === 'me',
  body: 'x',
  style: '',
  time,
  state: 'received',
  reason: '',
});

test('lines fall into days, and into runs of one sender within five minutes', () => {
  const days = groupByDay([
    said('bob', at(21, 23, 58)),
    said('bob', at(21, 23, 59)),
    said('bob', at(22, 0, 1)),
    said('me', at(22, 0, 2)),
    said('bob', at(22, 0, 3)),
    said('bob', at(22, 0, 9)),
  ]);
  assert.deepEqual(
    days.map((day) => day.runs.map((run) => [run.from, run.messages.length])),
    [
      [['bob', 2]],
      [
        ['bob', 1],
        ['me', 1],
        ['bob', 1],
        ['bob', 1],
      ],
    ],
  );
  assert.deepEqual(groupByDay([]), []);
});

test('days are counted by the calendar', () => {
  const now = at(22, 0, 5);
  for (const [time, ago] of [
    [at(22, 0, 0), 0],
    [at(21, 23, 59), 1],
    [at(21, 0, 0), 1],
    [at(20, 12, 0), 2],
  ])
    assert.equal(daysAgo(time, now), ago);
});

const contact = (id, nick, show, group, more) => ({
  id,
  nick,
  show,
  group,
  presence: show === 'offline' ? 'offline' : 'online',
  ...more,
});
/** Groups as the panel shows them. */
const grouped = (query) => groupContacts(new NameOrder().sort(people, 'en'), query, 'en');
const people = [
  contact('z', 'Zoe', 'available', 'friend'),
  contact('a', 'adam', 'offline', 'friend'),
  contact('b', 'Bea', 'dnd', 'friend', { status: 'In the garden' }),
  contact('s', 'Anyone', 'available', 'stranger'),
  contact('w', 'Work 10', 'away', 'Work'),
  contact('v', 'Work 9', 'away', 'Work'),
];

test('online first, then by name; strangers last', () => {
  const groups = grouped('');
  assert.deepEqual(
    groups.map((group) => [group.name, group.online, group.total, group.contacts.map((who) => who.id).join('')]),
    [
      ['friend', 2, 3, 'bza'],
      ['Work', 2, 2, 'vw'],
      ['stranger', 1, 1, 's'],
    ],
  );
  assert.equal(countOnline(people), 4);
});

test('the search looks at nick, id and status, and leaves counts alone', () => {
  for (const [query, ids] of [
    ['ZO', 'z'],
    ['garden', 'b'],
    [' w ', 'vw'],
    ['nobody', ''],
  ]) {
    assert.equal(
      grouped(query)
        .flatMap((group) => group.contacts.map((who) => who.id))
        .join(''),
      ids,
      query,
    );
  }
  assert.equal(grouped('zoe')[0].total, 3);
});

test('an order and a roll that are kept follow each change of names, language and search', () => {
  const order = new NameOrder();
  const ids = (list) => list.map(({ id }) => id).join('');
  assert.equal(ids(order.sort(people, 'en')), 'asbvwz');
  const renamed = people.map((who) => (who.id === 'z' ? { ...who, nick: 'Abe' } : who));
  assert.equal(ids(order.sort(renamed, 'en')), 'zasbvw');
  assert.equal(ids(order.sort(people.slice(0, 2), 'en')), 'az');
  const roll = new Roll();
  assert.equal(ids(roll.find(people, '', 'en')), 'asbvwz');
  assert.equal(ids(roll.find(people, 'work', 'en')), 'vw');
  assert.equal(ids(roll.find(people, 'zo', 'en')), 'z');
  assert.equal(ids(roll.find(renamed, 'zo', 'en')), '', 'another list');
});

test('a presence is one of four kinds, whatever a site says', () => {
  const table = [
    ['online', 'available', 'available'],
    ['online', 'chat', 'available'],
    ['online', 'odd', 'available'],
    ['online', 'xa', 'away'],
    ['online', 'busy', 'dnd'],
    ['online', 'invisible', 'offline'],
    ['offline', 'available', 'offline'],
  ];
  for (const [presence, show, kind] of table) assert.equal(presenceKind({ presence, show }), kind);
  assert.equal(presenceKind(undefined), 'offline');
});

test('links of the usual sites lead to users', () => {
  const patterns = compile([]);
  const table = [
    ['space.php?uid=12', '12'],
    ['/home/space.php?do=profile&uid=12', '12'],
    ['space-uid-7.html', '7'],
    ['home.php?mod=space&uid=3', '3'],
    ['home.php?x=1&mod=space&do=x&uid=3', '3'],
    ['space.php?uid=x', ''],
    ['forum.php?mod=viewthread&uid=3', ''],
    ['#', ''],
  ];
  for (const [href, user] of table) assert.equal(userOf(href, patterns), user, href);
});

test('a site has patterns of its own, and one that is broken is left out', () => {
  const patterns = compile(['(', String.raw`/members/([^/?]+)`]);
  assert.equal(userOf('/members/J%C3%BCrgen?tab=1', patterns), 'Jürgen');
  assert.equal(userOf('/members/%E0', patterns), '%E0');
  assert.equal(userOf('space.php?uid=1', patterns), '');
});
