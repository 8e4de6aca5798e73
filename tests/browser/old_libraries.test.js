// Pages whose scripts replace what the language has built in: libraries of ten years ago, and what they taught others.
//
// Owns: that the bar works there as elsewhere, drafts, unread counts, tabs and the shared session included, and that the
// page's own scripts are left as they are. Must not: test again what the bar does; the other files do.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { guest, nobodyComplains, talks, visit } from './support/guest.js';
import { openHouse } from './support/house.js';
import { Tab, heardOnce } from './support/people.js';

const house = openHouse();

const SHARED = '/usr/share/javascript';

/** What other versions, and sites of their own making, replace. @type {[string, Partial<import('./support/guest.js').Guest>][]} */
const PAGES = [
  ['Prototype', { libraries: [`${SHARED}/prototype/prototype.js`] }],
  ['MooTools', { libraries: [`${SHARED}/mootools/mootools-core-nc.js`, `${SHARED}/mootools/mootools-more-nc.js`] }],
  [
    'toJSON on all objects',
    {
      script: `
    for (const it of [Object, Array, String, Number, Date]) it.prototype.toJSON = function () { return '"' + this + '"'; };`,
    },
  ],
  [
    'a JSON of its own',
    {
      script: `
    window.JSON = { parse: (text) => ({}), stringify: (value) => 'nothing' };`,
    },
  ],
  [
    'Array.from, reduce, map, filter, find and entries of its own',
    {
      script: `
    Array.from = (it) => (it && it.length ? [].slice.call(it) : []);
    Array.prototype.reduce = function () { return this.length > 1 ? this : this[0]; };
    Array.prototype.entries = Array.prototype.values = function () { return this.slice(); };
    Array.prototype.find = function () { return null; };
    Array.prototype.filter = Array.prototype.flatMap = function () { return this; };`,
    },
  ],
  [
    'members that loops over all objects run into',
    {
      script: `
    Object.prototype.each = function () {};
    Object.prototype.extend = function () {};
    Array.prototype.remove = function () {};`,
    },
  ],
  [
    'a Map, a Set and a Promise of its own, which are broken',
    {
      script: `
    window.Map = function () { this.get = () => null; };
    window.Set = function () { this.add = () => null; };
    window.Promise = function () { this.then = () => null; };`,
    },
  ],
  [
    'no Map at all, and a map that throws',
    {
      script: `
    window.Map = undefined;
    Array.prototype.map = function () { throw new Error('no map'); };`,
    },
  ],
  [
    'functions whose bind and call are its own',
    {
      script: `
    const { call } = Function.prototype;
    Function.prototype.bind = function (self) { const run = this; return function () { return run.apply(self, []); }; };
    String.prototype.includes = String.prototype.startsWith = function () { return false; };
    RegExp.prototype.exec = function () { return null; };`,
    },
  ],
];

for (const [what, page] of PAGES) {
  test(`${what}: two tabs share one session, and drafts and unread counts are where they were on the next page`, async () => {
    const bob = await house.arrive('bob');
    await bob.bar.online();
    const alice = await guest(house, 'alice', { ...page, body: '<p><a href="/space.php?uid=2">Bob</a> wrote</p>' });
    const [toBob, toAlice] = await talks(alice.bar, 'Alice', bob, 'Bob', what);
    await alice.page.getByRole('button', { name: /^Chat with Bob \(/ }).waitFor();

    await visit(alice, page);
    await toBob.hears(`${what} to a guest`);

    // A second tab: what is said in one stands in the other, and nobody goes online for it.
    let sessions = 0;
    alice.context.on('request', (request) => (sessions += Number(/\/online$/.test(new URL(request.url()).pathname))));
    const second = new Tab(await alice.context.newPage());
    await visit(/** @type {any} */ ({ page: second.page, site: house.url, bar: second, tag: alice.tag }), page);
    await second.online();
    await second.button('Bob').waitFor();
    await second.button('Bob').click();
    const there = second.chat('Bob');
    await there.say(`${what}: from the second tab`);
    await heardOnce([toBob, toAlice, there], [`${what}: from the second tab`]);
    assert.equal(sessions, 0);

    // What is typed and what is unread.
    await there.box.fill('half a sen');
    for (const bar of [alice.bar, second]) await bar.chatWith('Carol');
    await toAlice.say(`${what}: unread`);
    for (const bar of [alice.bar, second]) await bar.button('Bob, 1 unread').waitFor();
    await second.page.close();
    await visit(alice, page);
    await alice.bar.online();
    await alice.bar.button('Bob, 1 unread').click();
    await toBob.hears(`${what}: unread`);
    assert.equal(await toBob.box.inputValue(), 'half a sen');
    for (const panel of ['Rooms', 'Notifications', 'Settings', 'Contacts']) await alice.bar.panel(panel);
    nobodyComplains(alice, bob);
  });
}

test('the page’s scripts find what they replaced as they left it, and their calls are kept until the bar is there', async () => {
  const script = `
    const before = Object.getOwnPropertyNames(Array.prototype).join() + Object.getOwnPropertyNames(Object).join();
    Array.from = function mine() { return ['mine']; };
    const heard = (document.documentElement.heard = []);
    window.check = () => [Array.from(5)[0], Object.getOwnPropertyNames(Array.prototype).join() + Object.getOwnPropertyNames(Object).join() === before];
    addEventListener('DOMContentLoaded', () => {
      NextIM.on('ready', () => heard.push('ready'));
      NextIM.on('online', (me) => heard.push(me.id));
      NextIM.menu([{ title: 'Our own', url: '/own' }]);
      NextIM.open('bob');
    });`;
  const alice = await guest(house, 'alice', { script });
  await alice.bar.online();
  await alice.bar.chat('Bob').box.waitFor();
  await until('the page heard', () =>
    alice.page.evaluate(() => /** @type {any} */ (document.documentElement).heard.sort().join() === 'alice,ready'),
  );
  await alice.bar.button('Menu').click();
  await alice.page.getByRole('menuitem', { name: 'Our own' }).waitFor();
  assert.deepEqual(await alice.page.evaluate(() => /** @type {any} */ (window).check()), ['mine', true]);
  nobodyComplains(alice);
});

test('a root element that is replaced takes the frame with it: another one goes on, once', async () => {
  const bob = await house.arrive('bob');
  const alice = await guest(house, 'alice', { script: 'Array.from = () => [];' });
  const [toBob, toAlice] = await talks(alice.bar, 'Alice', bob, 'Bob', 'before the root was replaced');
  await alice.page.evaluate(() =>
    document.replaceChild(document.documentElement.cloneNode(true), document.documentElement),
  );
  await alice.bar.online();
  await toBob.hears('before the root was replaced to a guest');
  await toAlice.say('and after it');
  await heardOnce([toBob, toAlice], ['and after it']);
  assert.equal(await alice.page.locator('nextim-bar').count(), 1);
  assert.equal(await alice.page.evaluate(() => /** @type {any} */ (window).NextIM.state), 'online');
  nobodyComplains(alice, bob);
});

test('a page that has none of it left, nor lets a frame be made, is told once, in words, and is left alone', async () => {
  const alice = await house.arrive('alice');
  /** @type {string[]} */
  const said = [];
  alice.context.on('console', (message) => message.type() === 'warning' && said.push(message.text()));
  const script = `
    Array.from = () => [];
    Object.defineProperty(HTMLIFrameElement.prototype, 'contentDocument', { value: null });`;
  await visit(alice, { script, body: '<p>A page</p>' });
  await until('it is said', () => said.length > 0);
  await alice.page.getByText('A page').click();
  assert.equal(said.length, 1);
  assert.match(said[0], /^NextIM: a script of this page has replaced/);
  assert.equal(await alice.page.locator('nextim-bar').count(), 0);
  nobodyComplains(alice);
});
