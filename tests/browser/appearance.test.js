// The parts of the bar.
//
// Owns: the site's menu, the box to sign in with, counts of what is unread, tabs that do not fit, and pages written
// from right to left. Must not: test conversations; `chat.test.js` does.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { boxOf, focusName, focused, until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { scriptTag, serve } from './support/pages.js';
import { PASSWORD } from './support/people.js';

const EVERYBODY = ['alice', 'carol', 'dave', 'xiaoming', 'meiling', 'admin', 'zoe'];

const house = openHouse({ people: { reducedMotion: 'no-preference' } });

test('the site’s menu, its shortcut, and entries that open elsewhere', async () => {
  const dave = await house.arrive('dave');
  const { page, bar } = dave;
  await bar.online();
  const shortcut = bar.region.getByRole('link', { name: 'Forum', exact: true });
  await shortcut.click();
  await page.waitForURL('**/forum');
  await bar.online();
  await bar.button('Menu').click();
  const groups = page.getByRole('menuitem', { name: 'Groups' });
  await groups.waitFor();
  assert.equal(await page.getByRole('menuitem').count(), 3, 'the shortcut is not in the menu as well');
  await groups.click();
  await page.waitForURL('**/groups');
  await bar.online();

  await page.evaluate(() =>
    /** @type {any} */ (window).NextIM.menu([
      { title: 'Elsewhere', url: 'https://example.com/', external: true, icon: 'E' },
      { title: 'Never', url: 'javascript:alert(1)' },
      { title: 'In the bar', url: '/members', shortcut: true, icon: '/favicon.ico' },
    ]),
  );
  await bar.region.getByRole('link', { name: 'In the bar' }).waitFor();
  await bar.button('Menu').click();
  const elsewhere = page.getByRole('menuitem', { name: /^Elsewhere.*new window/ });
  assert.deepEqual(
    await elsewhere.evaluate((/** @type {HTMLAnchorElement} */ link) => [
      link.href,
      link.target,
      /noopener/.test(link.rel),
    ]),
    ['https://example.com/', '_blank', true],
  );
  assert.equal(await page.getByRole('menuitem', { name: 'Never' }).count(), 0, 'no script is a link');
  await page.getByRole('heading', { level: 1 }).click();
  await elsewhere.waitFor({ state: 'detached' });
});

test('the box to sign in with keeps the name when the password was wrong, and signs in to the site', async () => {
  const { page, bar } = await house.stranger();
  await page.goto(`${house.url}/forum`);
  await bar.button('Sign in to chat').click();
  const box = bar.region.getByRole('region', { name: 'Sign in to chat' });
  await focused(box.getByLabel('Username'));
  await box.getByLabel('Username').fill('zoe');
  await box.getByLabel('Password').fill('forgotten');
  // While the site checks the password.
  /** @type {() => void} */
  let answer = () => {};
  const thinking = new Promise((resolve) => (answer = () => resolve(undefined)));
  await page.route(
    '**/webim/online',
    async (route) => {
      await thinking;
      await route.continue();
    },
    { times: 1 },
  );
  await Promise.all([page.waitForRequest('**/webim/online'), box.getByRole('button', { name: 'Sign in' }).click()]);
  await bar.region.getByText('Connecting…').waitFor();
  assert.equal(await box.getByLabel('Username').inputValue(), 'zoe');
  assert.equal(await box.getByRole('alert').count(), 0, 'nothing is wrong yet');
  answer();
  await box.getByRole('alert').getByText('Wrong username or password.').waitFor();
  assert.deepEqual(
    [await box.getByLabel('Username').inputValue(), await box.getByLabel('Password').inputValue()],
    ['zoe', ''],
  );
  await box.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await bar.online();
  await bar.region.getByRole('region', { name: 'Contacts' }).getByText('Zoë Öztürk').first().waitFor();
  await page.reload();
  await page.getByRole('banner').getByText('Zoë Öztürk').waitFor();
});

test('counts of what is unread: on the tab, on a contact, on a room, on the bar put away', async () => {
  const [bob, carol] = await Promise.all([house.arrive('bob'), house.arrive('carol')]);
  const { bar } = bob;
  await Promise.all([bar.online(), carol.bar.online()]);
  const option = (await bar.panel('Settings')).getByRole('switch', { name: 'Open new messages' });
  await option.uncheck();
  const toBob = await carol.bar.chatWith('Bob');
  for (const said of ['One', 'Two', 'Three']) await toBob.say(said);
  const walkers = await carol.bar.enter('Mountain walkers');
  await walkers.say('All of you');
  const tab = bar.button('Carol, 3 unread');
  await tab.waitFor();
  await bar.button('Mountain walkers, 1 unread').waitFor();
  await tab.getByText('3', { exact: true }).waitFor();
  const contacts = await bar.panel('Contacts');
  await contacts.getByRole('button', { name: 'Carol, Available, 3 unread' }).waitFor();
  const rooms = await bar.panel('Rooms');
  await rooms.getByRole('button', { name: /^Mountain walkers, .*1 unread$/ }).waitFor();
  await bar.button('Hide chat bar').click();
  await bar.button('Show chat bar, 4 unread').click();
  await tab.click();
  await bar.button('Carol').waitFor();
  await bar.button('Hide chat bar').click();
  await bar.button('Show chat bar, 1 unread').waitFor();
});

test('tabs that do not fit go into a list, with what is unread in them', async () => {
  const bob = await house.arrive('bob', { viewport: { width: 900, height: 700 } });
  const { bar, page } = bob;
  await bar.online();
  for (const id of EVERYBODY) await page.evaluate((who) => /** @type {any} */ (window).NextIM.open(who), id);
  await bar.chat('Zoë Öztürk').box.waitFor();
  const more = bar.button(/^More chats/);
  await more.waitFor();
  const tabs = bar.region.getByRole('group', { name: 'Chats' }).getByRole('button', { name: /^Close chat with/ });
  const few = await tabs.count();
  assert.ok(few > 0 && few < EVERYBODY.length);
  await bar.button('Zoë Öztürk').waitFor(); // the open one is always there
  const last = await page.evaluate(
    () => document.querySelector('nextim-bar')?.shadowRoot?.querySelector('.dock')?.getBoundingClientRect().left ?? -1,
  );
  assert.ok(last >= 0, 'the bar is within the window');

  const meiling = await house.arrive('admin');
  await meiling.bar.online();
  await meiling.page.evaluate(() => /** @type {any} */ (window).NextIM.send('bob', 'In the list'));
  const withUnread = bar.button(/^More chats, \+\d, 1 unread$/);
  await withUnread.waitFor();
  const rest = EVERYBODY.length - (await tabs.count());
  await bar.button(`More chats, +${rest}, 1 unread`).getByText(`+${rest}`, { exact: true }).waitFor(); // its name has the text on it
  await withUnread.click();
  await page.getByRole('menuitem', { name: 'Admin, 1 unread' }).click();
  await bar.chat('Admin').hears('In the list');
  await bar.button('Admin').waitFor();
  await page.setViewportSize({ width: 1700, height: 700 });
  await until('all fit', async () => (await tabs.count()) === EVERYBODY.length);
  assert.equal(await more.count(), 0);
});

test('a press in a chat beside an open panel closes the panel, and reaches what was pressed', async () => {
  const alice = await house.arrive('alice');
  const { bar } = alice;
  await bar.online();
  const chat = await bar.chatWith('Bob');
  const rooms = await bar.panel('Rooms');
  // A press takes time: before its end the panel must not go, and the chat not move into its place.
  await chat.button('Emoji').click({ delay: 300 });
  await chat.window.getByRole('group', { name: 'Emoji' }).waitFor();
  await rooms.waitFor({ state: 'detached' });
});

test('a page written from right to left has the bar on its left, and the arrow keys follow', async () => {
  const alice = await house.known('alice');
  const { page, bar } = alice;
  const tag = await scriptTag(page, house.url);
  await serve(page, house.url, `<body><h1>صفحة</h1>${tag}</body>`, 'lang="en" dir="rtl"');
  await bar.online();
  const dock = await boxOf(bar.region.locator('.dock'));
  assert.ok(dock.x >= 0 && dock.x + dock.width / 2 < 600, 'on the left');
  const chat = await bar.chatWith('Bob');
  const contacts = await bar.panel('Contacts');
  for (const locator of [chat.window, contacts]) {
    const { x, y, right } = await boxOf(locator);
    assert.ok(x >= 0 && right <= 1200 && y >= 0, `from ${x}, ${y} to ${right}`);
  }
  // Mine are where lines end, which is on the left here; a text has its own direction.
  await chat.say('From left to right');
  const [mine, log] = [await boxOf(chat.log.getByText('From left to right')), await boxOf(chat.log)];
  assert.ok(mine.x + mine.width / 2 < log.x + log.width / 2);
  await bar.button(/^Notifications/).focus();
  await page.keyboard.press('ArrowLeft');
  assert.match(await focusName(page), /^Rooms/);
  await page.keyboard.press('ArrowRight');
  assert.match(await focusName(page), /^Notifications/);
  const settings = await bar.panel('Settings');
  assert.equal(await settings.evaluate((panel) => panel.scrollWidth > panel.clientWidth), false);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 1200);
});
