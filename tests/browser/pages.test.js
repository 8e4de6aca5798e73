// From page to page in mid-conversation.
//
// Owns: that a user keeps everything over a link, and that others see nothing of it. Must not: open a second tab;
// other files do.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { heardOnce } from './support/people.js';

// Playwright turns the browser's cache of left pages off.
const house = openHouse({ browser: { isWhole: true, ignoreDefaultArgs: ['--disable-back-forward-cache'] } });

test('a page change in mid-conversation is seen by nobody, and no line of the meantime is lost or doubled', async () => {
  const [alice, bob] = await house.gather('alice', 'bob');
  await alice.bar.online();
  const toAlice = await bob.bar.chatWith('Alice');
  const toBob = await alice.bar.chatWith('Bob');
  await toBob.say('Shall we?');
  await toAlice.hears('Shall we?');
  const changes = await bob.bar.watch('Alice');

  const paths = ['/forum', '/groups', '/members', '/friends', '/', '/u/bob'];
  let mine = 0;
  let bobs = 0;
  for (const path of paths) {
    // Alice's last line is still on its way when her page goes; Bob goes on while it is away.
    await toBob.say(`alice ${(mine += 1)}`);
    const going = alice.page.goto(house.url + path);
    await toAlice.say(`bob ${(bobs += 1)}`);
    await going;
    await toAlice.say(`bob ${(bobs += 1)}`);
    await toBob.hears(`bob ${bobs}`);
  }
  await toAlice.hears(`alice ${mine}`);

  const count = (/** @type {string} */ who, /** @type {number} */ to) =>
    Array.from({ length: to }, (_, at) => `${who} ${at + 1}`);
  for (const chat of [toAlice, toBob]) {
    assert.deepEqual(await chat.said(/^alice \d+$/), count('alice', mine));
    assert.deepEqual(await chat.said(/^bob \d+$/), count('bob', bobs));
  }
  assert.deepEqual(await changes.jsonValue(), []);

  // The same record has the end of the session.
  await alice.leave();
  await (await bob.bar.contact('Alice', 'Offline')).waitFor();
  assert.ok((await changes.jsonValue()).includes('alice offline'), `${await changes.jsonValue()}`);
});

test('draft, open chat, scroll and unread counts are where they were on the next page', async () => {
  const [carol, meiling, xiaoming] = await house.gather('carol', 'meiling', 'xiaoming');
  const [toMeiling, fromMeiling] = [await carol.bar.chatWith('美玲'), await meiling.bar.chatWith('Carol')];
  const long = Array.from({ length: 20 }, (_, at) => `line ${at} of a long letter`).join('\n');
  for (const at of [1, 2]) await fromMeiling.say(`${long} ${at}`);
  await toMeiling.log.getByText('letter 2').waitFor();
  await toMeiling.box.fill('half a sen');
  await toMeiling.log.evaluate((log) => (log.scrollTop = log.scrollHeight - log.clientHeight - 300));
  await carol.bar.button('To the newest message').waitFor();

  const group = await xiaoming.bar.enter('摄影俱乐部');
  for (const at of [1, 2]) await group.say(`photo ${at}`);
  await carol.bar.button('摄影俱乐部, 2 unread').waitFor();

  for (const path of ['/forum', '/groups']) {
    // However late the chat's chunk comes.
    const answered = carol.page.waitForResponse('**/webim/online');
    await carol.page.route(/\.chat\.js$/, (route) => answered.then(() => route.continue()));
    await carol.page.goto(house.url + path);
    await carol.bar.online();
    await carol.page.unroute(/\.chat\.js$/);
    assert.equal(await toMeiling.box.inputValue(), 'half a sen');
    await carol.bar.button('摄影俱乐部, 2 unread').waitFor();
    await until('it is scrolled to where it was', async () => {
      const fromEnd = await toMeiling.log.evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop);
      return Math.abs(fromEnd - 300) < 2;
    });
  }
  // A line that was read is read on the next page too.
  await carol.bar.button('摄影俱乐部, 2 unread').click();
  await carol.bar.chat('摄影俱乐部').hears('photo 2');
  await carol.page.goto(`${house.url}/forum`);
  await carol.bar.online();
  await carol.bar.button('摄影俱乐部').waitFor();
  await carol.bar.chat('摄影俱乐部').hears('photo 2');
});

test('a bar that is put away stays away, and counts', async () => {
  const [dave, bob] = await house.gather('dave', 'bob');
  await dave.bar.online();
  await dave.bar.button('Hide chat bar').click();
  await dave.page.goto(`${house.url}/forum`);
  await dave.bar.button('Show chat bar').waitFor();
  assert.ok(!(await dave.bar.button(/^Contacts/).isVisible()));
  await (await bob.bar.chatWith('Dave')).say('psst');
  await dave.bar.button('Show chat bar, 1 unread').waitFor();
  await dave.page.goto(`${house.url}/groups`);
  await dave.bar.button('Show chat bar, 1 unread').click();
  await dave.bar.online();
  await dave.page.goto(`${house.url}/forum`);
  await dave.bar.online();
});

test("a page that comes back from the browser's cache is online again, and has what it missed", async () => {
  const [meiling, carol] = await house.gather('meiling', 'carol');
  await meiling.bar.online();
  // The site forbids that its pages are kept; other sites do not.
  await meiling.context.route(/\/(forum|groups)$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), 'cache-control': 'no-cache' } });
  });
  await meiling.page.goto(`${house.url}/forum`);
  await meiling.bar.online();
  const toCarol = await meiling.bar.chatWith('Carol');
  const fromCarol = await carol.bar.chatWith('美玲');
  await fromCarol.say('on the first page');
  await toCarol.hears('on the first page');
  await meiling.page.evaluate(() => Object.assign(globalThis, { mark: 'this very page' }));

  await meiling.page.goto(`${house.url}/groups`);
  await meiling.bar.online();
  await fromCarol.say('on the second page');
  await toCarol.hears('on the second page');
  await toCarol.say('I read it here');

  await meiling.page.goBack({ waitUntil: 'commit' });
  // @ts-ignore
  assert.equal(await meiling.page.evaluate(() => globalThis.mark), 'this very page', 'it was in the cache');
  await meiling.bar.online();
  await toCarol.hears('I read it here');
  await fromCarol.say('and back');
  await toCarol.hears('and back');
  await meiling.page.goForward({ waitUntil: 'commit' });
  await fromCarol.say('and forth');
  await toCarol.hears('and forth');
  await heardOnce(
    [toCarol, fromCarol],
    ['on the first page', 'on the second page', 'I read it here', 'and back', 'and forth'],
  );
  assert.deepEqual([...meiling.complaints, ...carol.complaints], []);
});
