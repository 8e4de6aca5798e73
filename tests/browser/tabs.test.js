// Many tabs of one browser.
//
// Owns: that they are one user with one connection, whichever of them come and go. Must not: change pages in
// mid-conversation; `pages.test.js` does.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { PROCESS_PER_PAGE, heardOnce } from './support/people.js';

/** @typedef {import('./support/people.js').Person} Person */
/** @typedef {import('./support/people.js').Tab} Tab */

const house = openHouse({ browser: { args: [PROCESS_PER_PAGE] } });

/** The first tab and more of them, all online. @param {Person} person @param {number} count */
async function tabsOf(person, count) {
  const tabs = [await person.bar.online()];
  while (tabs.length < count) tabs.push(await (await person.tab('/forum')).online());
  return tabs;
}

/** The streams and polls of a browser: which tab made the last, and how many wait. @param {Person} person */
function pollsOf(person) {
  /** @type {Set<import('playwright-core').Request>} */
  const waiting = new Set();
  const isPoll = (/** @type {import('playwright-core').Request} */ request) => /\/packets\?/.test(request.url());
  const polls = { waiting, pages: /** @type {import('playwright-core').Page[]} */ ([]) };
  person.context.on('request', (request) => {
    if (!isPoll(request)) return;
    waiting.add(request);
    const page = request.frame().page();
    if (polls.pages.at(-1) !== page) polls.pages.push(page);
  });
  for (const end of /** @type {const} */ (['requestfinished', 'requestfailed']))
    person.context.on(end, (request) => waiting.delete(request));
  return polls;
}

/** @template T, R @param {T[]} list @param {(one: T) => Promise<R>} run */
const each = (list, run) => Promise.all(list.map(run));

/** @param {number} count */
const ticks = (count) => Array.from({ length: count }, (_, at) => `tick ${at + 1}`);

test('eight tabs are all alive on one stream, and all show the same', async () => {
  const [alice, bob] = await Promise.all([house.arrive('alice'), house.arrive('bob')]);
  const polls = pollsOf(alice);
  await alice.page.reload();
  const tabs = await tabsOf(alice, 8);
  const chats = await each(tabs, (tab) => tab.chatWith('Bob'));
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.say('to all your tabs');
  await each(chats, (chat) => chat.hears('to all your tabs'));

  // Each can say something, over the connections that HTTP/1.1 has left, and all show it.
  const said = tabs.map((_, at) => `from tab ${at}`);
  for (const [at, chat] of chats.entries()) await chat.say(said[at]);
  await each([...chats, toAlice], (chat) => each(said, (text) => chat.hears(text)));
  // The site decides the order, and it is the same for all.
  await until(
    'all show the same',
    async () => new Set((await each([...chats, toAlice], (chat) => chat.said(/^from tab \d$/))).map(String)).size === 1,
  );
  assert.deepEqual((await toAlice.said(/^from tab \d$/)).sort(), said);
  // Only the leading tab has a stream.
  assert.equal(polls.pages.length, 1);
  await toAlice.say('once more');
  await each(chats, (chat) => chat.hears('once more'));
  for (const chat of chats) assert.equal(await chat.times('to all your tabs'), 1);
  await until('one waits, and no more', () => polls.waiting.size === 1);
});

test('a line read, a presence and a setting in one tab are so in all', async () => {
  const [carol, meiling] = await Promise.all([house.arrive('carol'), house.arrive('meiling')]);
  const tabs = await tabsOf(carol, 3);
  // A chat that is open keeps others from opening.
  await each(tabs, (tab) => tab.chatWith('Bob'));
  const toCarol = await meiling.bar.chatWith('Carol');
  await toCarol.say('psst');
  await each(tabs, (tab) => tab.button('美玲, 1 unread').waitFor());
  await tabs[1].button('美玲, 1 unread').click();
  await each(tabs, (tab) => tab.button('美玲').waitFor());
  await tabs[0].button('美玲').click();
  await heardOnce([tabs[0].chat('美玲'), toCarol], ['psst']);

  const panel = await tabs[2].panel('Contacts');
  await panel.getByRole('button', { name: 'Your presence: Available' }).click();
  await panel.getByRole('menuitemradio', { name: 'Away' }).click();
  await (await meiling.bar.contact('Carol', 'Away')).waitFor();
  for (const tab of tabs)
    await (await tab.panel('Contacts')).getByRole('button', { name: 'Your presence: Away' }).waitFor();

  const settings = await each(tabs, (tab) => tab.panel('Settings'));
  await settings[0].getByRole('switch', { name: 'Play a sound' }).uncheck();
  await each(settings, (it) => it.getByRole('switch', { name: 'Play a sound', checked: false }).waitFor());
});

test('the tab that leads is closed, and closed, and crashes, while messages stream in: each is in every tab once', async () => {
  const [bob, dave] = await Promise.all([house.arrive('bob'), house.arrive('dave')]);
  const polls = pollsOf(bob);
  await bob.page.reload();
  let tabs = await tabsOf(bob, 6);
  await each(tabs, (tab) => tab.chatWith('Dave'));
  const toBob = await dave.bar.chatWith('Bob');
  const all = ticks(18); // more at once the site does not take
  const leader = () => /** @type {Tab} */ (tabs.find((tab) => tab.page === polls.pages.at(-1)));
  /** @type {Promise<void>[]} */
  const going = [];
  for (const [at, text] of all.entries()) {
    await toBob.say(text);
    if (at !== 4 && at !== 9 && at !== 13) continue;
    const led = leader();
    tabs = tabs.filter((tab) => tab !== led);
    if (at < 13) going.push(led.page.close({ runBeforeUnload: at === 4 }));
    else {
      going.push(led.page.waitForEvent('crash').then(() => undefined));
      const devtools = await bob.context.newCDPSession(led.page);
      devtools.send('Page.crash').catch(() => undefined); // nobody is left to answer
    }
    // The next one has taken over when it asks for packets.
    await going.at(-1);
    while (!leader()) await bob.context.waitForEvent('request', (request) => /\/packets\?/.test(request.url()));
  }
  assert.equal(tabs.length, 3);
  await each(tabs, (tab) => tab.chat('Dave').hears(all[17]));
  for (const tab of tabs) assert.deepEqual(await tab.chat('Dave').said(/^tick \d+$/), all);
  // A page that is cut down may still be seen to ask, after the next one has begun.
  assert.equal(new Set(polls.pages).size, 4, 'each led in its turn');
});

test('whichever tab is left over goes on', async () => {
  const [xiaoming, meiling] = await Promise.all([house.arrive('xiaoming'), house.arrive('meiling')]);
  const fromMeiling = await meiling.bar.chatWith('小明');
  let last = await xiaoming.bar.online();
  for (const round of [1, 2, 3]) {
    const more = [await xiaoming.tab('/forum'), await xiaoming.tab('/groups'), await xiaoming.tab('/members')];
    const left = more[round % 3];
    await left.online();
    await each(
      [last, ...more].filter((tab) => tab !== left),
      (tab) => tab.page.close(),
    );
    await fromMeiling.say(`round ${round}`);
    const chat = await left.chatWith('美玲');
    await chat.hears(`round ${round}`);
    assert.deepEqual(
      await chat.said(/^round \d$/),
      Array.from({ length: round }, (_, at) => `round ${at + 1}`),
    );
    last = left;
  }
});

test('only the last tab to go ends the session, and others see it then', async () => {
  // A test does not see the requests of a page that is going.
  const init = () => {
    const beacon = navigator.sendBeacon.bind(navigator);
    navigator.sendBeacon = (url, data) => {
      if (`${url}`.endsWith('/refresh'))
        localStorage.setItem('beacons', `${localStorage.getItem('beacons') ?? ''}${url};`);
      return beacon(url, data);
    };
  };
  const [alice, xiaoming] = await Promise.all([house.arrive('alice', { init }), house.arrive('xiaoming')]);
  const tabs = await tabsOf(alice, 3);
  const changes = await xiaoming.bar.watch('Alice');
  const refreshes = async () => {
    const { origins } = await alice.context.storageState();
    return (
      origins
        .flatMap((it) => it.localStorage)
        .find((it) => it.name === 'beacons')
        ?.value.split(';').length ?? 1
    );
  };
  const before = await refreshes();
  for (const tab of [tabs[0], tabs[2]]) await tab.page.goto('about:blank');
  const chat = await tabs[1].chatWith('小明');
  await chat.say('still here');
  await (await xiaoming.bar.chatWith('Alice')).hears('still here');
  assert.equal(await refreshes(), before);
  assert.deepEqual(
    (await changes.jsonValue()).filter((it) => /^alice/.test(it)),
    [],
  );
  await tabs[1].page.goto('about:blank');
  await (await xiaoming.bar.contact('Alice', 'Offline')).waitFor();
  assert.equal(await refreshes(), before + 1);
});
