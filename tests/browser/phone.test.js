// The bar under a thumb.
//
// Owns: sheets, sizes of targets and type, and that nothing is wider than the screen. Must not: use a mouse, or a keyboard
// that a phone lacks.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { boxOf, focusName, until } from './support/eyes.js';
import { openHouse } from './support/house.js';

const PHONE = { viewport: { width: 375, height: 667 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const TARGET_PX = 44;
const FONT_PX = 16;

const house = openHouse();

/** It covers the whole screen. @param {import('playwright-core').Locator} sheet */
async function covers(sheet) {
  const { width, height } = sheet.page().viewportSize() ?? { width: 0, height: 0 };
  await until('it covers the screen', async () => {
    const found = await boxOf(sheet);
    return found.x === 0 && found.y === 0 && Math.round(found.width) === width && Math.round(found.height) === height;
  });
}

test('a conversation on a phone: sheets, the way back, and no message that covers the screen', async () => {
  const [alice, bob] = await Promise.all([house.arrive('alice', PHONE), house.arrive('bob')]);
  await bob.bar.online();
  const { bar, page } = alice;
  await bar.button('Show chat bar').tap();
  await bar.online();
  await bar.button(/^Contacts/).tap();
  const contacts = bar.region.getByRole('region', { name: 'Contacts', exact: true });
  await covers(contacts);
  await contacts.getByRole('button', { name: 'Back' }).tap();
  await contacts.waitFor({ state: 'detached' });
  await bar.button(/^Contacts/).tap();
  await contacts.getByRole('button', { name: /^Bob, Available/ }).tap();
  const chat = bar.chat('Bob');
  await covers(chat.window);
  assert.notEqual(await focusName(page), 'Message to Bob', 'the keyboard does not come up by itself');
  await chat.box.tap();
  await page.keyboard.insertText('在吗？ 😀');
  await chat.button('Send').tap();
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.hears('在吗？ 😀');
  await toAlice.say('Always.');
  await chat.hears('Always.');
  await chat.button('Back').tap();
  await chat.window.waitFor({ state: 'detached' });

  // A new line is counted, and waits.
  await toAlice.say('Still there?');
  await bar.button('Chats, +1, 1 unread').tap();
  assert.equal(await chat.window.count(), 0);
  await page.getByRole('menuitem', { name: 'Bob, 1 unread' }).tap();
  await covers(chat.window);
  await chat.hears('Still there?');
  await chat.button('Close').tap();
  await bar.button('Hide chat bar').tap();
  await toAlice.say('Good night.');
  await bar.button('Show chat bar, 1 unread').waitFor();
  assert.deepEqual([...alice.complaints, ...bob.complaints], []);
});

/** Elements that are too small to touch or to read, or beyond the screen. @param {import('playwright-core').Page} page */
function flaws(page) {
  return page.evaluate(
    ([targetPx, fontPx]) => {
      const host = document.querySelector('nextim-bar');
      const region = host?.shadowRoot?.querySelector('[role=region]');
      const found = [];
      for (const element of region?.querySelectorAll('*') ?? []) {
        if (!element.checkVisibility({ visibilityProperty: true })) continue;
        const name = `${element.tagName.toLowerCase()} "${element.getAttribute('aria-label') ?? element.textContent}"`;
        const inLine = element.closest('.bubble, .card p') !== null; // a link in a sentence is as high as the sentence
        const touched = element.matches('[type=checkbox], [type=radio]')
          ? (element.closest('label') ?? element)
          : element;
        const { width, height, left, right } = touched.getBoundingClientRect();
        const isTarget = element.matches('button, a, input, select, textarea') && !inLine;
        if (isTarget && (width < targetPx || height < targetPx)) found.push(`${name} is ${width} by ${height}`);
        const type = element.matches('input:not([type=checkbox], [type=range]), select, textarea');
        if (type && parseFloat(getComputedStyle(element).fontSize) < fontPx) found.push(`${name} has small type`);
        const scrolled = element.closest('.log, .list, .members') !== null && !element.matches('.log, .list, .members');
        if (!scrolled && width > 1 && (left < -0.5 || right > innerWidth + 0.5))
          found.push(`${name} goes from ${left} to ${right}`);
      }
      for (const scroller of region?.querySelectorAll('.log, .list, .members') ?? []) {
        if (scroller.scrollWidth > scroller.clientWidth) found.push(`${scroller.className} scrolls sideways`);
      }
      if (document.documentElement.scrollWidth > innerWidth)
        found.push(`the page is ${document.documentElement.scrollWidth} wide`);
      return found;
    },
    [TARGET_PX, FONT_PX],
  );
}

for (const width of [375, 320]) {
  test(`everything can be touched and read, and nothing is wider than ${width} pixels`, async () => {
    const options = { ...PHONE, viewport: { width, height: 667 } };
    const [carol, meiling] = await Promise.all([house.arrive('carol', options), house.arrive('meiling')]);
    await meiling.bar.online();
    const { page, bar } = carol;
    const fits = async (/** @type {string} */ where) => assert.deepEqual(await flaws(page), [], where);
    await fits('the bar put away');
    await bar.button(/^Show chat bar/).tap();
    await bar.online();
    await fits('the bar');
    await bar.button('Menu').tap();
    await page.getByRole('menuitem').first().waitFor();
    await fits('the menu of the site');
    await page.keyboard.press('Escape');

    await bar.button(/^Contacts/).tap();
    const contacts = bar.region.getByRole('region', { name: 'Contacts', exact: true });
    await contacts.getByRole('searchbox').waitFor();
    await fits('contacts');
    await contacts.getByRole('button', { name: /^Your presence/ }).tap();
    await page.getByRole('menuitemradio').first().waitFor();
    await fits('presences');
    await page.keyboard.press('Escape');
    await contacts.getByRole('button', { name: 'Options for 美玲' }).tap();
    await page.getByRole('menuitem').first().waitFor();
    await fits('options of a contact');
    await page.keyboard.press('Escape');
    for (const name of ['Rooms', 'Notifications', 'Settings']) {
      await bar.button('Back').tap();
      await bar.button(new RegExp(`^${name}`)).tap();
      await bar.region.getByRole('region', { name, exact: true }).waitFor();
      await fits(name);
    }
    await bar.button('Back').tap();

    await bar.button(/^Contacts/).tap();
    await contacts.getByRole('button', { name: /^美玲, / }).tap();
    const chat = bar.chat('美玲');
    const toCarol = await meiling.bar.chatWith('Carol');
    await toCarol.say(`https://example.com/${'long'.repeat(60)} ${'啊'.repeat(90)} ${'wide'.repeat(60)}`);
    await chat.log.getByRole('link').last().waitFor();
    await fits('a chat');
    for (const [tray, role] of /** @type {const} */ ([
      ['Emoji', 'group'],
      ['Formatting', 'toolbar'],
    ])) {
      await chat.button(tray).tap();
      await chat.window.getByRole(role, { name: tray }).waitFor();
      await fits(tray);
    }
    await chat.button('Options').tap();
    await page.getByRole('menuitem').first().waitFor();
    await fits('a menu of a chat');
    await page.getByRole('menuitem', { name: 'Clear history' }).tap();
    await chat.button('Cancel').waitFor();
    await fits('a question');
    await chat.button('Cancel').tap();
    await chat.button('Back').tap();
    await bar.button('Rooms').tap();
    await bar.region.getByRole('button', { name: /^Mountain walkers, / }).tap();
    const room = bar.chat('Mountain walkers');
    await room.button(/^Members/).tap();
    await room.window.getByRole('button', { name: '美玲' }).waitFor();
    await fits('members of a room');
    await room.button('Back').tap();

    await page.getByRole('button', { name: 'Log out' }).tap();
    await bar.button('Sign in to chat').tap();
    await bar.region.getByLabel('Username').waitFor();
    await fits('the sign-in box');
  });
}

test('the site’s pages are no wider than a phone, and their fields are not so small that a phone enlarges them', async () => {
  const admin = await house.arrive('admin', { ...PHONE, viewport: { width: 320, height: 600 } });
  for (const path of [
    '/',
    '/login',
    '/forum',
    '/forum/1',
    '/groups',
    '/groups/3',
    '/members',
    '/friends',
    '/u/admin',
    '/u/zoe',
    '/notifications',
    '/admin',
    '/old',
    '/nowhere',
  ]) {
    await admin.page.goto(house.url + path);
    await admin.bar.region.getByRole('button').first().waitFor();
    const [wide, small] = await admin.page.evaluate(() => [
      document.documentElement.scrollWidth,
      [...document.querySelectorAll('input:not([type=hidden]), textarea, select')]
        .filter((field) => parseFloat(getComputedStyle(field).fontSize) < 16)
        .map((field) => field.id),
    ]);
    assert.ok(wide <= 320, `${path} is ${wide} wide`);
    assert.deepEqual(small, [], path);
  }
});

test('a phone on its side', async () => {
  const [xiaoming, dave] = await Promise.all([house.arrive('xiaoming', PHONE), house.arrive('bob')]);
  await dave.bar.online();
  const { page, bar } = xiaoming;
  await bar.button(/^Show chat bar/).tap();
  await bar.online();
  await bar.button(/^Contacts/).tap();
  await bar.region.getByRole('button', { name: /^Bob, / }).tap();
  const chat = bar.chat('Bob');
  await covers(chat.window);
  await page.setViewportSize({ width: 667, height: 375 });
  await bar.button('Minimise').waitFor();
  const inside = async (/** @type {import('playwright-core').Locator} */ locator) => {
    const found = await boxOf(locator);
    assert.ok(found.x >= 0 && found.y >= 0 && found.right <= 667 && found.bottom <= 375, JSON.stringify(found));
  };
  await inside(chat.window);
  await inside(chat.log);
  await inside(chat.box);
  assert.ok((await boxOf(chat.log)).height > 100, 'there is room to read');
  await chat.box.tap();
  await page.keyboard.insertText('On its side.');
  await chat.button('Send').tap();
  const back = await dave.bar.chatWith('小明');
  await back.hears('On its side.');
  await back.say('And here.');
  await chat.hears('And here.');
  for (const name of ['Contacts', 'Rooms', 'Settings']) await inside(await bar.panel(name));
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 667);
  await page.setViewportSize(PHONE.viewport);
  await bar.region.getByRole('region', { name: 'Settings', exact: true }).getByRole('button', { name: 'Back' }).tap();
});
