// The bar without a mouse.
//
// Owns: the whole way by keyboard, where the focus goes and that nothing takes it away, and input methods.
// Must not: click for the user under test.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { focusName, focused, until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { PASSWORD } from './support/people.js';

const STEPS_MAX = 80;

const house = openHouse();

/** Presses a key until this has the focus. @param {import('playwright-core').Locator} locator @param {string} key */
async function walk(locator, key = 'Tab') {
  const { keyboard } = locator.page();
  const here = locator.and(locator.page().locator(':focus'));
  for (let step = 0; step < STEPS_MAX; step += 1) {
    await keyboard.press(key);
    if (await here.count()) return step + 1;
  }
  throw new Error(`${key} does not lead to ${locator}; it is at "${await focusName(locator.page())}"`);
}

test('a whole conversation by keyboard alone', async () => {
  const bob = await house.arrive('bob');
  await bob.bar.online();
  const { page, bar } = await house.stranger();
  const { keyboard } = page;

  await page.goto(`${house.url}/login`);
  await focused(page.getByRole('main').getByLabel('User name'));
  await keyboard.type('alice');
  await keyboard.press('Tab');
  await keyboard.type(PASSWORD);
  await keyboard.press('Enter');
  await bar.online();

  // The shortcut leads to the contacts, whose panel begins with the search.
  await keyboard.press('Alt+Shift+KeyC');
  const contacts = bar.button(/^Contacts/);
  await focused(contacts);
  await keyboard.press('Enter');
  const panel = bar.region.getByRole('region', { name: 'Contacts', exact: true });
  await focused(panel.getByRole('searchbox'));
  await keyboard.type('bo');
  await panel.getByRole('button', { name: /^Carol/ }).waitFor({ state: 'detached' });
  await keyboard.press('Tab');
  await walk(panel.getByRole('button', { name: /^Bob, / }), 'ArrowDown');
  await keyboard.press('Enter');

  const chat = bar.chat('Bob');
  await focused(chat.box);
  await keyboard.type('Is the wheel ready?');
  await keyboard.press('Shift+Enter');
  await keyboard.type('And the bell?');
  await keyboard.press('Enter');
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.log.getByText('Is the wheel ready?\nAnd the bell?').waitFor();
  await toAlice.say('Both are.');
  await chat.hears('Both are.');
  await focused(chat.box);

  // An emoji, by arrows in the grid; Escape puts the grid away and goes back to its button.
  const smile = chat.button('Emoji');
  await walk(smile, 'Shift+Tab');
  await keyboard.press('Enter');
  const grid = chat.window.getByRole('group', { name: 'Emoji' });
  await focused(grid.getByRole('button').first());
  await keyboard.press('ArrowRight');
  await keyboard.press('ArrowDown');
  await focused(grid.getByRole('button').nth(9));
  const emoji = (await grid.getByRole('button').nth(9).textContent()) ?? '';
  await keyboard.press('Enter');
  await keyboard.press('Escape');
  await grid.waitFor({ state: 'detached' });
  await focused(smile);
  await walk(chat.box);
  assert.equal(await chat.box.inputValue(), emoji);
  await keyboard.press('Enter');
  await toAlice.hears(emoji);

  // The window's menu goes round, and Escape closes one thing at a time.
  const options = chat.button('Options');
  await walk(options, 'Shift+Tab');
  await keyboard.press('Enter');
  const entries = page.getByRole('menuitem');
  await focused(entries.first());
  await keyboard.press('ArrowUp');
  await focused(entries.last());
  await keyboard.press('Home');
  await focused(entries.first());
  await keyboard.press('Escape');
  await focused(options);
  await keyboard.press('Escape');
  await chat.window.waitFor({ state: 'detached' });
  await focused(bar.button('Bob'));

  // Back to the lines of the closed chat, and out of the panel that stayed open.
  await keyboard.press('Enter');
  await focused(chat.box);
  await walk(panel.getByRole('searchbox'));
  await keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
  await focused(contacts);
});

test('Tab leads from the page to the bar, each list is one stop, and arrows go along the bar', async () => {
  const meiling = await house.arrive('meiling');
  const { page } = meiling;
  const bar = await meiling.bar.online();
  await page.getByRole('link', { name: 'All members' }).focus();
  // The first time, it is as far as the page is long.
  await walk(bar.region.getByRole('button').first());
  await walk(bar.button(/^Contacts/), 'ArrowRight');
  await page.keyboard.press('Enter');
  const panel = bar.region.getByRole('region', { name: 'Contacts', exact: true });
  const search = panel.getByRole('searchbox');
  await focused(search);
  await page.keyboard.press('Tab');
  const inList = await focusName(page);
  await page.keyboard.press('End');
  await until('the last one has the focus', async () => (await focusName(page)) !== inList);
  await page.keyboard.press('Tab'); // the button beside the last one
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await focused(search);
});

test('the menu of the site, presences and a contact’s options open and close by keys, and the focus comes back', async () => {
  const carol = await house.arrive('carol');
  const { page } = carol;
  const bar = await carol.bar.online();
  const menu = bar.button('Menu');
  await menu.focus();
  await page.keyboard.press('Enter');
  await focused(page.getByRole('menuitem').first());
  await page.keyboard.press('Escape');
  await focused(menu);

  await bar.button(/^Contacts/).focus();
  await page.keyboard.press('Enter');
  const presence = bar.button('Your presence: Available');
  await presence.focus();
  await page.keyboard.press('Enter');
  await focused(page.getByRole('menuitemradio', { name: 'Available' }));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await focused(bar.button('Your presence: Away'));

  await bar.region.getByRole('searchbox').focus();
  await page.keyboard.press('Tab');
  await walk((await bar.contact('Alice')).first(), 'ArrowDown');
  const options = bar.button('Options for Alice');
  await page.keyboard.press('Tab');
  await focused(options);
  await page.keyboard.press('Enter');
  await focused(page.getByRole('menuitem', { name: 'Send a message' }));
  await page.keyboard.press('Escape');
  await focused(options);
  await page.keyboard.press('Escape');
  await focused(bar.button(/^Contacts/));

  // The bar itself goes and comes.
  await bar.button('Hide chat bar').focus();
  await page.keyboard.press('Enter');
  await focused(bar.button('Show chat bar'));
  await page.keyboard.press('Alt+Shift+KeyC');
  await focused(bar.button(/^Contacts/));
});

test('no event from outside takes the focus', async () => {
  const [bob, xiaoming, admin] = await house.gather('bob', 'xiaoming', 'admin');
  await bob.page.goto(`${house.url}/forum/2`);
  const bar = await bob.bar.online();
  const reply = bob.page.getByRole('textbox', { name: 'Your reply' });
  await reply.click();
  await bob.page.evaluate(() => {
    addEventListener('focusout', () => (document.documentElement.dataset.lost = 'true'), { capture: true });
  });

  // A message that opens its window, a broadcast with a card, and somebody typing.
  const toBob = await xiaoming.bar.chatWith('Bob');
  await toBob.say('周六去河边吗？');
  const chat = bar.chat('小明');
  await chat.hears('周六去河边吗？');
  await admin.page.goto(`${house.url}/admin`);
  await admin.page.getByLabel('To everybody who is online').fill('The kettle is on.');
  await admin.page.getByRole('button', { name: 'Send', exact: true }).click();
  await bar.region.getByRole('status').getByText('The kettle is on.').waitFor();
  await toBob.box.pressSequentially('还有');
  await chat.log.getByText('小明 is typing…').waitFor();
  await focused(reply);
  assert.equal(await bob.page.evaluate(() => document.documentElement.dataset.lost), undefined);

  // Nor within the bar: a window opens beside a search, and lines come while the user writes.
  await chat.button('Close').click();
  const panel = await bar.panel('Contacts');
  const search = panel.getByRole('searchbox');
  await search.fill('c');
  await focused(search);
  await toBob.say('还有美玲。');
  await chat.hears('还有美玲。');
  await focused(search);
  assert.equal(await search.inputValue(), 'c');
  await chat.box.click();
  await chat.box.pressSequentially('I w');
  await toBob.say('九点。');
  await chat.hears('九点。');
  await xiaoming.bar.button('Close').last().click();
  await chat.box.pressSequentially('ill come');
  assert.equal(await chat.box.inputValue(), 'I will come');
});

test('Enter that ends a composition of an input method does not send', async () => {
  const [alice, carol] = await house.gather('alice', 'carol');
  const chat = await alice.bar.chatWith('Carol');
  await focused(chat.box);
  const input = await alice.context.newCDPSession(alice.page);
  await input.send('Input.imeSetComposition', { text: 'nihao', selectionStart: 5, selectionEnd: 5 });
  assert.equal(await chat.box.inputValue(), 'nihao');
  // As an input method does it: the key of its own code, which ends the composition, and the text.
  await input.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown',
    key: 'Enter',
    code: 'Enter',
    windowsVirtualKeyCode: 13,
  });
  await input.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown',
    key: 'Process',
    code: 'Enter',
    windowsVirtualKeyCode: 229,
  });
  await input.send('Input.insertText', { text: '你好' });
  assert.equal(await chat.box.inputValue(), '你好');
  await alice.page.keyboard.press('Enter');
  await chat.hears('你好');
  const toAlice = await carol.bar.chatWith('Alice');
  await toAlice.hears('你好');
  assert.equal(await toAlice.times('nihao'), 0);
  assert.equal(await chat.times('nihao'), 0);
});

test('a key right before Enter is sent, and once, although it was not drawn yet', async () => {
  const [dave, bob] = await house.gather('dave', 'bob');
  const chat = await dave.bar.chatWith('Bob');
  await chat.box.fill('Quic');
  await chat.button('Send').and(dave.page.locator(':enabled')).waitFor();
  await chat.box.evaluate((/** @type {HTMLTextAreaElement} */ box) => {
    box.value = 'Quickly';
    box.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    for (let press = 0; press < 2; press += 1)
      box.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, composed: true, cancelable: true }),
      );
  });
  const toDave = await bob.bar.chatWith('Dave');
  await toDave.hears('Quickly');
  await chat.say('Slowly');
  await toDave.hears('Slowly');
  assert.equal(await toDave.times('Quickly'), 1);
});
