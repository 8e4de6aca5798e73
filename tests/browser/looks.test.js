// How things look, where a rule can check it: places, sizes and fonts.
//
// Owns: sizes of panels and tabs, the community's colours on its bar, emoji, pictures, and what a stranger's chat
// offers. Must not: compare pictures of pages.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { boxOf, look, until } from './support/eyes.js';
import { openHouse } from './support/house.js';

const house = openHouse();

/** @param {string} id @param {object} [options] */
async function arrive(id, options) {
  const person = await house.arrive(id, options);
  await person.bar.online();
  return person;
}

const COLOUR_FONT = /^"?(Apple Color Emoji|Segoe UI Emoji|Noto Color Emoji)"?,/;

test('emoji are drawn by a font of colours first: in the tray, alone in a message, in the menu', async () => {
  const alice = await arrive('alice');
  const chat = await alice.bar.chatWith('Bob');
  await chat.say('🎉');
  await chat.hears('🎉');
  await chat.button('Emoji').click();
  const places = [
    chat.log.getByText('🎉', { exact: true }),
    chat.window.getByRole('button', { name: '🙂' }),
    alice.bar.region.getByText('💬').first(),
  ];
  for (const place of places) assert.match(String(await look(place, 'font-family')), COLOUR_FONT);
  // Text is not: such fonts have digits too.
  assert.doesNotMatch(String(await look(chat.box, 'font-family')), COLOUR_FONT);
  assert.match(String(await look(chat.box, 'font-family')), /Noto Color Emoji/);
});

test('panels are as high as their contents, and no higher than the window', async () => {
  const alice = await arrive('alice');
  for (const name of ['Rooms', 'Notifications', 'Settings', 'Contacts']) {
    const panel = await alice.bar.panel(name);
    await until(`nothing is empty in ${name}`, async () => {
      const { height } = await boxOf(panel);
      const needed = await panel.evaluate((section) => {
        // Of a list the end of its last entry, because it may be higher than that.
        const heightOf = (/** @type {Element} */ it) =>
          it.matches('.list')
            ? (it.lastElementChild?.getBoundingClientRect().bottom ?? 0) + it.scrollTop - it.getBoundingClientRect().top
            : it.getBoundingClientRect().height;
        return [...section.children].reduce((sum, it) => sum + heightOf(it), 0);
      });
      return height < needed + 16;
    });
  }
  await alice.page.setViewportSize({ width: 1000, height: 360 });
  const panel = await alice.bar.panel('Contacts');
  await until('it fits into the window', async () => (await boxOf(panel)).y >= 0);
  const list = panel.locator('.list');
  assert.ok(await list.evaluate((it) => it.scrollHeight > it.clientHeight + 20), 'the rest is scrolled to');
});

test('the field of the search stays where it is while its results become few', async () => {
  const alice = await arrive('alice');
  const panel = await alice.bar.panel('Contacts');
  const field = panel.getByRole('searchbox');
  // It is as high as its list, which the users on this page join.
  await panel.getByRole('button', { name: /^Others on this page/ }).waitFor();
  let y = NaN;
  await until('the panel stands still', async () => {
    const before = y;
    ({ y } = await boxOf(field));
    return y === before;
  });
  for (const [query, rows] of /** @type {const} */ ([
    ['b', null],
    ['bob', 1],
    ['nobody has this name', 0],
  ])) {
    await field.fill(query);
    if (rows !== null)
      await until('the results are there', async () => (await alice.bar.region.locator('.panel li').count()) === rows);
    assert.ok(Math.abs((await boxOf(field)).y - y) < 1, query);
  }
  await field.fill('');
  await alice.bar.region
    .locator('.panel')
    .getByRole('button', { name: /^Carol/ })
    .first()
    .waitFor();
  assert.ok(Math.abs((await boxOf(field)).y - y) < 1);
});

test('the community’s bar has the community’s colours, light and dark', async () => {
  const bob = await arrive('bob', { colorScheme: 'light' });
  const chat = await bob.bar.chatWith('Alice');
  await chat.box.fill('something');
  const send = chat.button('Send');
  await send.and(bob.page.locator(':enabled')).waitFor();
  const ofPage = () =>
    bob.page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement('i'));
      probe.style.color = 'var(--accent)';
      probe.style.background = 'var(--on-accent)';
      const { color, backgroundColor } = getComputedStyle(probe);
      probe.remove();
      return [color, backgroundColor];
    });
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await bob.page.emulateMedia({ colorScheme });
    const [accent, onAccent] = await ofPage();
    await until(`it is ${colorScheme}`, async () => (await look(send, 'background-color')) === accent);
    assert.equal(await look(send, 'color'), onAccent);
  }
});

test('names of groups are shown as the site writes them', async () => {
  const alice = await arrive('alice');
  await (await alice.bar.panel('Contacts')).getByRole('button', { name: 'Colleagues 0/1' }).waitFor();
  await alice.page.route('**/webim/online', async (route) => {
    const answer = await route.fetch();
    const json = await answer.json();
    for (const buddy of json.buddies) if (buddy.id === 'carol') buddy.group = 'iPhone FANS';
    await route.fulfill({ response: answer, json });
  });
  await alice.page.goto(`${house.url}/groups`);
  await alice.bar.online();
  const group = (await alice.bar.panel('Contacts')).getByRole('button', { name: 'iPhone FANS 0/1' });
  await group.waitFor();
  assert.equal(await look(group, 'text-transform'), 'none');
});

test('a stranger’s chat leads to where a friend is made, a friend’s does not', async () => {
  const alice = await arrive('alice');
  await (await alice.bar.chatWith('Bob')).box.waitFor();
  assert.equal(await alice.bar.region.getByRole('link', { name: 'Add friend' }).count(), 0);
  await alice.page.evaluate(() => /** @type {any} */ (window).NextIM.open('zoe'));
  const chat = alice.bar.chat('Zoë Öztürk');
  await chat.window.getByRole('link', { name: 'Add friend' }).click();
  await alice.page
    .getByRole('main')
    .getByRole('button', { name: /^Add friend/ })
    .waitFor();
  await chat.box.waitFor(); // it is open on that page too
});

test('my own picture stands in the list of a room’s members', async () => {
  const bob = await arrive('bob');
  const room = await bob.bar.enter('Bicycle kitchen');
  await room.button(/^Members/).click();
  const row = room.window.getByRole('listitem').filter({ hasText: 'You' });
  await row.locator('img').waitFor();
  const mine = await row.locator('img').getAttribute('src');
  assert.match(String(mine), /bob/);
});

test('tabs take the room there is: names are whole while they can be, and many tabs are not too narrow', async () => {
  const alice = await arrive('alice', { viewport: { width: 1300, height: 800 } });
  const { region } = alice.bar;
  for (const name of ['Mountain walkers', 'Bicycle kitchen']) await alice.bar.enter(name);
  const tabs = region.locator('.tab');
  const isWhole = () =>
    tabs.locator('.bt').evaluateAll((names) => names.every((name) => name.scrollWidth <= name.clientWidth));
  await until('both names are whole', async () => (await tabs.count()) === 2 && (await isWhole()));
  for (const name of ['Bob', 'Carol', '小明']) await alice.bar.chatWith(name);
  for (const width of [1300, 1000, 820, 640]) {
    await alice.page.setViewportSize({ width, height: 800 });
    await until(`${width} pixels are kept`, async () => {
      const { x, right } = await boxOf(region.locator('.bar'));
      return x >= 0 && right <= width;
    });
    await until(`tabs are wide enough in ${width} pixels`, () =>
      tabs.evaluateAll((all) => all.every((it) => it.getBoundingClientRect().width >= 127)),
    );
    const dock = await boxOf(region.locator('.bar'));
    const last = await boxOf(region.locator('#hide'));
    assert.ok(last.right <= dock.right + 1, `${width}: the last button is in the bar`);
  }
});

test('the sign of a line that failed stands beside its reason, however long that is', async () => {
  const alice = await arrive('alice');
  const reason = 'The site says at some length why it does not take this, and that needs more than one line';
  await alice.page.route('**/webim/message', (route) =>
    route.fulfill({ status: 400, json: { status: 400, error: reason } }),
  );
  const chat = await alice.bar.chatWith('Bob');
  await chat.say('no');
  const text = await boxOf(chat.log.getByText(reason));
  const sign = await boxOf(chat.log.locator('div.failed > .i'));
  assert.ok(
    sign.right <= text.x && sign.y >= text.y - 1 && sign.bottom <= text.bottom + 1,
    JSON.stringify([sign, text]),
  );
});

test('the time of a notification stands below its text, which has the width of the panel', async () => {
  for (const options of [{}, { viewport: { width: 375, height: 720 } }]) {
    const alice = await house.arrive('alice', options);
    if (options.viewport) await alice.bar.button(/^Show chat bar/).click();
    const panel = await alice.bar.panel('Notifications');
    const entry = panel.getByRole('listitem').filter({ hasText: 'Welcome to the community!' });
    const text = await boxOf(entry.getByText('Welcome to the community!'));
    const time = await boxOf(entry.getByRole('time'));
    assert.ok(time.y >= text.bottom - 1, `${time.y}, ${text.bottom}`);
    assert.ok(Math.abs(time.x - text.x) < 2, `${time.x}, ${text.x}`);
  }
});

test('marks beside links of users are seen on light and on dark pages, whatever the presence', async () => {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    const alice = await arrive('alice', { colorScheme, path: '/forum' });
    const mark = alice.page.getByRole('main').getByRole('button', { name: 'Chat with Admin (offline)' }).first();
    await mark.waitFor();
    const contrasts = await mark.evaluate((button) => {
      /** @param {string} colour */
      const light = (colour) => {
        const channels = colour.startsWith('color(')
          ? (colour.match(/[\d.]+/g) ?? []).map(Number)
          : (colour.match(/[\d.]+/g) ?? []).map((it) => Number(it) / 255);
        const [r = 0, g = 0, b = 0] = channels
          .slice(0, 3)
          .map((it) => (it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      let card = /** @type {Element | null} */ (/** @type {ShadowRoot} */ (button.getRootNode()).host);
      while (card && /, 0\)$|transparent/.test(getComputedStyle(card).backgroundColor)) card = card.parentElement;
      const back = light(getComputedStyle(card ?? document.body).backgroundColor);
      return ['available', 'away', 'dnd', 'offline'].map((kind) => {
        button.className = kind;
        const front = light(getComputedStyle(button).color);
        return [kind, (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05)];
      });
    });
    assert.deepEqual(
      contrasts.filter(([, contrast]) => Number(contrast) < 3),
      [],
      colorScheme,
    );
    await alice.leave();
  }
});
