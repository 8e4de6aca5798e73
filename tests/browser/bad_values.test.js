// One bad value among good ones: from the site, from the message server, from the store.
//
// Owns: that it harms one line and no more: the lines beside and after it are shown, and no stored value keeps the bar
// from its work. Must not: change a server; the answers are changed on their way.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nobodyComplains } from './support/guest.js';
import { openHouse } from './support/house.js';

// A stream does not end, so it cannot be changed on its way: these pages poll.
const house = openHouse({ people: { init: () => void Reflect.deleteProperty(globalThis, 'EventSource') } });

/** JSON in which `@1e400` is a number: JSON has it, JavaScript does not. @param {Record<string, unknown>} rows */
const text = (rows) => JSON.stringify(rows).replaceAll('"@1e400"', '1e400');

const NOW = Date.now();
const YEAR = 365 * 86_400_000;
/** Values that sites send for a time. @type {[string, unknown][]} */
const TIMES = [
  ['seconds', Math.floor(NOW / 1000)],
  ['nanoseconds', NOW * 1e6],
  ['microseconds', NOW * 1000],
  ['1e400', '@1e400'],
  ['negative', -1],
  ['a date', '2011-11-21 12:00:00'],
  ['words', 'soon'],
  ['null', null],
  ['an object', { ms: 1 }],
  ['years ahead', NOW + 3 * YEAR],
  ['true', true],
];

/** @param {string} body @param {unknown} timestamp @param {Record<string, unknown>} [more] */
const row = (body, timestamp, more) => ({
  id: String(900_000 + (rows += 1)),
  from: 'bob',
  nick: 'Bob',
  to: 'alice',
  type: 'unicast',
  body,
  style: '',
  timestamp,
  ...more,
});
let rows = 0;

/** Changes the answers of calls whose address ends so. @param {import('./support/people.js').Person} person @param {RegExp} url @param {(answer: any) => any} change */
async function answers(person, url, change) {
  await person.context.route(url, async (route) => {
    const response = await route.fetch().catch(() => null); // a page that is left
    if (!response) return;
    const body = await response.json().catch(() => null);
    await route.fulfill({ response, body: body ? text(change(body)) : undefined }).catch(() => {});
  });
}

/** A chat with everything in it that was said, in this order, and more that can be said. @param {import('./support/people.js').Person} alice @param {import('./support/people.js').Person} bob @param {string[]} said */
async function goesOn(alice, bob, said) {
  const toBob = await alice.bar.chatWith('Bob');
  for (const body of said) await toBob.hears(body);
  const shown = (await toBob.log.locator('.bubble').allTextContents()).filter((body) => said.includes(body));
  assert.deepEqual(shown, said);
  const last = `and on it goes ${(rows += 1)}`;
  await (await bob.bar.chatWith('Alice')).say(last);
  await toBob.hears(last);
  // A new line is the last one.
  assert.equal((await toBob.log.locator('.bubble').allTextContents()).at(-1), last);
  nobodyComplains(alice, bob);
}

test('times that are none, in a history: every line is shown, in its order', async () => {
  const [alice, bob] = await Promise.all([house.arrive('alice'), house.arrive('bob')]);
  const said = TIMES.map(([what]) => `history: ${what}`);
  await answers(alice, /\/webim\/history\?/, () => [
    row('history: the first', NOW - 60_000),
    ...TIMES.map(([, time], at) => row(said[at], time)),
    row('history: the last', NOW - 30_000),
  ]);
  await alice.bar.online();
  await goesOn(alice, bob, ['history: the first', ...said, 'history: the last']);
});

test('times that are none, among messages that were missed and pushed, and of the server: every line is shown', async () => {
  const [alice, bob] = await Promise.all([house.arrive('alice'), house.arrive('bob')]);
  for (const [what, time] of TIMES) {
    await alice.context.unrouteAll({ behavior: 'ignoreErrors' });
    const missed = [row(`missed: ${what}`, time, { new: true })];
    const pushed = [row(`pushed: ${what}`, time), row(`broadcast: ${what}`, time, { type: 'broadcast', to: '' })];
    let isHeard = false; // until then in every answer: one may be for the page that is left
    await answers(alice, /\/webim\/online$/, (answer) => ({ ...answer, new_messages: missed, server_time: time }));
    await answers(alice, /\/packets\?/, (answer) => {
      const messages = isHeard ? answer.messages : [...(answer.messages ?? []), ...pushed];
      return { ...answer, messages, status: 'ok', retry: '@1e400' };
    });
    await alice.page.goto(`${house.url}/forum`);
    await alice.bar.online();
    const toBob = await alice.bar.chatWith('Bob');
    await toBob.hears(`missed: ${what}`);
    await (await bob.bar.chatWith('Alice')).say(`poll: ${what}`);
    for (const body of [`poll: ${what}`, `pushed: ${what}`]) await toBob.hears(body);
    isHeard = true;
    const panel = await alice.bar.panel('Notifications');
    await panel.getByText(`broadcast: ${what}`).waitFor();
    await alice.bar.button(/^Notifications/).click();
  }
  nobodyComplains(alice, bob);
});

test('members that are odd, missing, or named as every object has some: one line is harmed at most', async () => {
  const [alice, bob] = await Promise.all([house.arrive('alice'), house.arrive('bob')]);
  const odd = [
    null,
    5,
    'row',
    [],
    {},
    row('odd: style', NOW, { style: 'constructor: x; __proto__: y; color: constructor; font-weight: bold' }),
    row('odd: all', NOW, { id: {}, nick: [], style: 7, cid: {}, to: null }),
    row('odd: no sender', NOW, { from: null }),
    { body: { text: 1 }, from: 'bob', type: 'unicast' },
    row('odd: type', NOW, { type: 'constructor' }),
  ];
  await answers(alice, /\/webim\/history\?/, () => [
    row('odd: before', NOW - 1000),
    ...odd,
    row('odd: after', NOW + 1),
  ]);
  await answers(alice, /\/webim\/online$/, (answer) => ({
    ...answer,
    buddies: [
      ...answer.buddies,
      null,
      7,
      'x',
      { id: 'eve', nick: { a: 1 }, show: 'constructor', presence: 'toString', group: '__proto__', status: [] },
      { nick: 'no id' },
    ],
    rooms: [
      ...Object.values(answer.rooms),
      null,
      { id: '__proto__', count: '@1e400', all_count: 'many' },
      { id: 'odd', nick: null, members: 'x', history: 'y' },
    ],
    menu: [null, { title: 1, url: {} }, { title: 'Odd', url: 'http://[' }, ...(answer.menu ?? [])],
    setting: 'none',
    channels: 5,
    new_messages: { a: null },
    user: { ...answer.user, show: 'toString' },
    connection: { ...answer.connection, timeout: '@1e400' },
  }));
  await alice.page.goto(`${house.url}/forum`);
  await alice.bar.online();
  const toBob = await alice.bar.chatWith('Bob');
  for (const body of ['odd: before', 'odd: style', 'odd: all', 'odd: after']) await toBob.hears(body);
  assert.equal(
    await toBob.log.getByText('odd: style').evaluate((bubble) => getComputedStyle(bubble).fontWeight),
    '700',
  );
  for (const panel of ['Contacts', 'Rooms', 'Notifications', 'Settings']) await alice.bar.panel(panel);
  await alice.bar.button('Settings').click();
  await (await bob.bar.chatWith('Alice')).say('odd: and on it goes');
  await toBob.hears('odd: and on it goes');
  nobodyComplains(alice, bob);
});

test('nothing that was stored stops the bar: not its shape, not a time, not a word', async () => {
  const [alice, bob] = await Promise.all([house.arrive('alice'), house.arrive('bob')]);
  await alice.bar.online();
  const toBob = await alice.bar.chatWith('Bob');
  await (await bob.bar.chatWith('Alice')).say('before the store went bad');
  await toBob.hears('before the store went bad');
  const lines = [
    ['constructor', '1e400'],
    ['sent', '-5'],
    ['delivered', '1700000000000000000'],
    ['failed', '"soon"'],
    ['sending', 'null'],
    ['received', '{}'],
  ];
  const line = ([state, time], at) =>
    `{"id":"x${at}","cid":"x${at}","from":"alice","nick":{},"own":true,"body":"stored ${at}","style":"constructor:1","time":${time},"state":"${state}","reason":[],"key":"u/bob","tab":"gone"}`;
  const bad = {
    memory: `{"chats":[{"key":"u/bob","unread":1e400,"draft":{}},{"key":"constructor"},{"key":5},null,"x"],"outbox":[${lines.map(line)}],"since":"${'9'.repeat(64)}","counted":{"a":1},"read":"x",
      "notices":[{"id":"n","kind":"constructor","nick":[],"body":{},"time":1e400},null,{}],"settings":{"zoom":1e400,"lang":"constructor","blocked_rooms":[{},null]},"chosenShow":"constructor","chosenStatus":"${'x'.repeat(50_000)}"}`,
    picture: `{"at":1e400,"me":{"id":"alice","nick":5,"show":{}},"contacts":[null,{"id":"bob","show":"constructor","presence":7}],"rooms":[{"id":{},"count":"x"}],"channels":"x","menu":{"a":{"title":[],"url":1}},
      "notifications":[5],"lines":[{"key":"u/bob","lines":[${lines.map(line)}]},null,7]}`,
  };
  const places = ['bar', 'tab', 'user', 'lease', 'left'];
  for (const waste of [
    '{',
    'null',
    '5',
    '"constructor"',
    '[[[]]]',
    '{"collapsed":false,"closed":{"a":1},"format":{"size":{},"color":[],"bold":"constructor"},"active":{},"scroll":{"u/bob":"x"},"tab":{},"until":1e400}',
  ]) {
    await alice.page.route('**/empty', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Empty</title>' }),
    );
    await alice.page.goto(`${house.url}/empty`);
    await alice.page.evaluate(([whole, fill, names]) => {
      const site = `nextim:${location.origin}/webim`;
      for (const area of [localStorage, sessionStorage]) {
        for (const name of names) area.setItem(name === 'bar' ? 'nextim:bar' : `${site}:${name}`, fill);
      }
      localStorage.setItem(`${site}:user`, '"alice"');
      localStorage.setItem(`${site}:memory:alice`, fill.length > 20 ? whole.memory : fill);
      localStorage.setItem(`${site}:picture:alice`, fill.length > 20 ? whole.picture : fill);
      localStorage.setItem(`${site}:tab:x`, fill);
    }, /** @type {const} */ ([bad, waste, places]));
    await alice.page.goto(`${house.url}/forum`);
    await alice.bar.online();
    await (await bob.bar.chatWith('Alice')).say(`after ${waste.slice(0, 12)}`);
    const again = await alice.bar.chatWith('Bob');
    await again.hears(`after ${waste.slice(0, 12)}`);
    for (const panel of ['Rooms', 'Notifications', 'Contacts']) await alice.bar.panel(panel);
  }
  nobodyComplains(alice, bob);
});

test('a line that cannot be drawn leaves the others alone, and is one error of the page', async () => {
  const alice = await house.arrive('alice');
  const { page } = alice;
  // As in a browser that refuses each colour.
  await page.addInitScript(() => {
    Object.defineProperty(OffscreenCanvasRenderingContext2D.prototype, 'fillStyle', {
      set: () => {
        throw new RangeError('no such colour');
      },
    });
  });
  const said = ['drawn: before', 'drawn: in red', 'drawn: in blue', 'drawn: after'];
  await answers(alice, /\/webim\/history\?/, () =>
    said.map((body, at) => row(body, NOW + at, { style: ['', 'color: red', 'color: blue', ''][at] })),
  );
  await page.goto(`${house.url}/forum`);
  await alice.bar.online();
  const toBob = await alice.bar.chatWith('Bob');
  for (const body of ['drawn: before', 'drawn: after']) await toBob.hears(body);
  for (const panel of ['Rooms', 'Settings', 'Contacts']) await alice.bar.panel(panel);
  assert.deepEqual(await toBob.said(/^drawn: in/), []);
  assert.deepEqual(alice.complaints, ['RangeError: no such colour']);
});
