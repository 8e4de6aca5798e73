// The settings of a user.
//
// Owns: every entry of the settings by what it does, and that the site keeps it. Must not: test the attributes of the script's tag.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { boxOf, look, until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { clickNote, hide, noted, standIn } from './support/stubs.js';

// Settings are a user's, and tests change them.
const house = openHouse({ isPerTest: true });

/** Alice, online, with the stand-ins. @param {import('./support/house.js').PersonOptions} [options] */
async function arrive(options) {
  const alice = await house.arrive('alice', { init: standIn, path: '/forum', ...options });
  await alice.bar.online();
  return alice;
}

/** Two friends, both online. */
async function friends() {
  const [alice, [bob]] = await Promise.all([arrive(), house.gather('bob')]);
  return { alice, bob };
}

/** A switch of the settings, which are open after it. @param {import('./support/people.js').Tab} bar @param {string} name */
const switchOf = async (bar, name) => (await bar.panel('Settings')).getByRole('switch', { name });

test('sound: after a gesture only, and only as long as it is wanted', async () => {
  const { alice, bob } = await friends();
  const { page, bar } = alice;
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.say('Before any gesture');
  await bar.chat('Bob').hears('Before any gesture');
  assert.deepEqual([(await noted(page)).contexts, (await noted(page)).tones], [0, 0]);

  await bar.enter('Bicycle kitchen');
  assert.equal((await noted(page)).contexts, 1);
  await toAlice.say('One');
  await until('it sounds', async () => (await noted(page)).tones > 0);
  const once = (await noted(page)).tones;

  await (await switchOf(bar, 'Play a sound')).uncheck();
  await toAlice.say('Two');
  await bar.button('Bob, 2 unread').waitFor();
  assert.equal((await noted(page)).tones, once);
  await (await switchOf(bar, 'Play a sound')).check();
  await until('it is tried out', async () => (await noted(page)).tones === 2 * once);
  await toAlice.say('Three');
  await until('it sounds again', async () => (await noted(page)).tones === 3 * once);

  // A chat that is open makes no sound.
  const chat = await bar.chatWith('Bob');
  await toAlice.say('Four');
  await chat.hears('Four');
  await bar.enter('Bicycle kitchen');
  await toAlice.say('Five');
  await until('it sounds for five', async () => (await noted(page)).tones >= 4 * once);
  assert.equal((await noted(page)).tones, 4 * once);
});

test('desktop notifications: asked for on the click, shown while hidden, by one of all tabs', async () => {
  const { alice, bob } = await friends();
  const { page, bar } = alice;
  const second = await alice.tab('/groups');
  await second.online();
  const notes = async () => (await Promise.all([page, second.page].map(noted))).flatMap((it) => it.notes);
  assert.equal((await noted(page)).asked, 0);
  await (await switchOf(bar, 'Desktop notifications')).check();
  assert.equal((await noted(page)).asked, 1);

  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.say('Seen');
  await bar.chat('Bob').hears('Seen');
  await bar.chat('Bob').button('Close').click();
  await Promise.all([hide(page), hide(second.page)]);
  for (const said of ['First', 'Second', 'Third']) {
    await toAlice.say(said);
    await until(`${said} is shown`, async () =>
      (await notes()).some(({ title, body }) => title === 'Bob' && body === said),
    );
  }
  const bodies = (await notes()).map(({ body }) => body);
  assert.deepEqual(bodies.sort(), ['First', 'Second', 'Third'], 'each once, whichever tab showed it');

  // A click leads to the chat.
  const shower = (await noted(page)).notes.some(({ body }) => body === 'Third') ? bar : second;
  await hide(shower.page, false);
  await clickNote(shower.page);
  await shower.chat('Bob').hears('Third');
});

test('a browser that does not allow notifications: the settings show it', async () => {
  const alice = await arrive();
  await alice.page.evaluate(() => /** @type {any} */ (window.deny = true));
  const option = await switchOf(alice.bar, 'Desktop notifications');
  await option.click();
  await alice.bar.region.getByText('The browser does not allow it.').waitFor();
  assert.equal(await option.isChecked(), false);
});

test('the title has the unread count while the page is hidden', async () => {
  const { alice, bob } = await friends();
  const { page } = alice;
  const title = await page.title();
  const toAlice = await bob.bar.chatWith('Alice');
  await hide(page);
  await toAlice.say('Psst');
  await until('the title has the count', async () => (await page.title()) === `(1) ${title}`);
  await until('the title is its own', async () => (await page.title()) === title);
  await until('the title has the count again', async () => (await page.title()) === `(1) ${title}`);
  await hide(page, false);
  await until('the title is its own for good', async () => (await page.title()) === title);
});

test('new messages open by themselves, or wait', async () => {
  const { alice, bob } = await friends();
  const { bar } = alice;
  const toAlice = await bob.bar.chatWith('Alice');
  await (await switchOf(bar, 'Open new messages')).uncheck();
  await toAlice.say('Waits');
  await bar.button('Bob, 1 unread').waitFor();
  assert.equal(await bar.chat('Bob').window.count(), 0);
  await (await switchOf(bar, 'Open new messages')).check();
  await toAlice.say('Opens');
  await bar.chat('Bob').hears('Opens');
});

test('contacts stay open, or go with the next click', async () => {
  const alice = await arrive();
  const { bar, page } = alice;
  const contacts = await bar.panel('Contacts');
  await page.getByRole('heading', { level: 1 }).click();
  await bar.chatWith('Bob');
  assert.ok(await contacts.isVisible());
  await (await switchOf(bar, 'Keep contacts open')).uncheck();
  await bar.chatWith('Bob');
  await contacts.waitFor({ state: 'detached' });
  await bar.panel('Contacts');
  await page.getByRole('heading', { level: 1 }).click();
  await contacts.waitFor({ state: 'detached' });
});

/** How bright a colour is, of 255. @param {import('playwright-core').Locator} locator @param {string} property */
async function brightness(locator, property = 'color') {
  const [red = 0, green = 0, blue = 0] = ((await look(locator, property)).match(/[\d.]+/g) ?? []).map(Number);
  return (red + green + blue) / 3;
}

test('theme: light, dark, and as the system', async () => {
  const alice = await arrive({ colorScheme: 'light' });
  const { bar, page } = alice;
  const theme = (await bar.panel('Settings')).getByRole('combobox', { name: 'Theme' });
  const text = bar.region.getByRole('heading', { name: 'Settings' });
  const [dark, bright] = [async () => (await brightness(text)) < 80, async () => (await brightness(text)) > 200];
  await until('it is light', dark);
  await theme.selectOption('Dark');
  await until('text is bright on dark', bright);
  await theme.selectOption('Light');
  await until('text is dark on light', dark);
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.ok(await dark(), 'light is light, whatever the system');
  await theme.selectOption('Automatic');
  await until('it is as the system', bright);
  await page.emulateMedia({ colorScheme: 'light' });
  await until('it follows the system', dark);
});

test('language: texts, dates and numbers', async () => {
  const alice = await arrive();
  const { bar, page } = alice;
  await bar.chatWith('Bob');
  await (await bar.panel('Settings')).getByRole('combobox', { name: 'Language' }).selectOption('简体中文');
  const simplified = page.getByRole('region', { name: '聊天', exact: true });
  await simplified.getByRole('button', { name: '设置' }).waitFor();
  const chat = simplified.getByRole('region', { name: '与 Bob 聊天' });
  await chat.getByRole('heading', { name: '今天' }).waitFor();
  const bubble = chat.getByText('I will.');
  assert.match((await bubble.getAttribute('title')) ?? '', /^\d+年\d+月\d+日/);
  assert.match((await simplified.getAttribute('lang')) ?? '', /zh-CN/i);
  await simplified.getByRole('combobox', { name: '语言' }).selectOption('繁體中文');
  const traditional = page.getByRole('region', { name: '聊天', exact: true });
  await traditional.getByRole('button', { name: '設定' }).waitFor();
  await traditional.getByRole('textbox', { name: '傳送給 Bob 的訊息' }).waitFor();
  await traditional.getByRole('combobox', { name: '語言' }).selectOption('English');
  await bar.chat('Bob').log.getByRole('heading', { name: 'Today' }).waitFor();
  assert.match(
    (await bar.chat('Bob').log.getByText('I will.').getAttribute('title')) ?? '',
    /^[A-Z][a-z]{2} \d+, \d{4}/,
  );
});

test('opacity and size', async () => {
  const alice = await arrive();
  const panel = await alice.bar.panel('Settings');
  const alpha = async () =>
    Number(
      /\/ ([\d.]+)\)|rgba\(.*, ([\d.]+)\)/
        .exec(await look(panel, 'background-color'))
        ?.slice(1)
        .find(Boolean) ?? 1,
    );
  assert.equal(await alpha(), 1);
  await panel.getByRole('slider', { name: 'Opacity' }).fill('60');
  await until('it can be seen through', async () => Math.abs((await alpha()) - 0.6) < 0.01);
  const { width } = await boxOf(panel);
  await panel.getByRole('slider', { name: 'Size' }).fill('120');
  await until('it is larger', async () => Math.abs((await boxOf(panel)).width - 1.2 * width) < 2);
  const { x, y, bottom } = await boxOf(panel);
  assert.ok(x >= 0 && y >= 0 && bottom <= 800, 'and still within the window');
});

test('all of it survives a reload, and is there in another browser of the same user', async () => {
  const alice = await arrive({ colorScheme: 'light' });
  const { bar, page } = alice;
  const panel = await bar.panel('Settings');
  const wanted = { 'Play a sound': false, 'Open new messages': false, 'Keep contacts open': false, 'Icons only': true };
  for (const [name, on] of Object.entries(wanted)) await panel.getByRole('switch', { name }).setChecked(on);
  await panel.getByRole('slider', { name: 'Opacity' }).fill('70');
  await panel.getByRole('slider', { name: 'Size' }).fill('110');
  await panel.getByRole('combobox', { name: 'Theme' }).selectOption('Dark');
  const kept = page.waitForResponse(
    (response) =>
      response.url().endsWith('/webim/setting') &&
      /zh-CN/.test(decodeURIComponent(response.request().postData() ?? '')),
  );
  await panel.getByRole('combobox', { name: 'Language' }).selectOption('简体中文');
  assert.equal((await kept).status(), 200);

  const check = async (/** @type {import('playwright-core').Page} */ its) => {
    const region = its.getByRole('region', { name: '聊天', exact: true });
    await region.getByRole('button', { name: /^联系人，\d+|^联系人, \d+/ }).waitFor();
    assert.equal(
      await region
        .getByRole('button', { name: /^联系人/ })
        .getByText('联系人')
        .count(),
      0,
      'icons only',
    );
    await region.getByRole('button', { name: '设置' }).click();
    const settings = region.getByRole('region', { name: '设置' });
    const names = { 提示音: false, 自动打开新消息: false, 固定联系人: false, 只显示图标: true };
    for (const [name, on] of Object.entries(names))
      assert.equal(await settings.getByRole('switch', { name }).isChecked(), on, name);
    assert.equal(await settings.getByRole('combobox', { name: '主题' }).inputValue(), 'dark');
    assert.equal(await settings.getByRole('combobox', { name: '语言' }).inputValue(), 'zh-CN');
    assert.equal(await settings.getByRole('slider', { name: '不透明度' }).inputValue(), '70');
    assert.equal(await settings.getByRole('slider', { name: '大小' }).inputValue(), '110');
    assert.ok((await brightness(settings.getByRole('heading'))) > 200, 'dark');
  };
  await page.reload();
  await check(page);
  const elsewhere = await house.arrive('alice', { colorScheme: 'light' });
  await check(elsewhere.page);
});
