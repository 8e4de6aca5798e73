// Texts as they are shown.
//
// Owns: texts that a translator changes under the bar, emoticons, letters that are not cut, days by the site's clock.
// Must not: repeat the tables of the unit tests.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { hide, noted, standIn } from './support/stubs.js';

const house = openHouse();

/** @param {string} id @param {{init?: () => void}} [options] */
const arrive = async (id, options) => {
  const person = await house.arrive(id, options);
  await person.bar.online();
  return person;
};

test('words that a translator has replaced stand there once when they are drawn again', async () => {
  const [alice, bob] = await Promise.all([arrive('alice'), arrive('bob')]);
  await (await bob.bar.chatWith('Alice')).say('see https://a.example/ there');
  await alice.bar.panel('Contacts');
  const chat = alice.bar.chat('Bob');
  await chat.hears('https://a.example/');
  // As translators do it: the text node goes, and its translation stands in elements of their own.
  const count = await alice.bar.region.evaluate((root) => {
    const texts = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode())
      if (walker.currentNode.nodeValue?.trim()) texts.push(/** @type {Text} */ (walker.currentNode));
    for (const text of texts) {
      const inner = document.createElement('font');
      inner.append(`«${text.data}»`);
      const outer = document.createElement('font');
      outer.append(inner);
      text.replaceWith(outer);
    }
    return texts.length;
  });
  assert.ok(count > 20);
  await alice.page.emulateMedia({ colorScheme: 'dark' });
  await until(
    'all is drawn again',
    async () => (await chat.log.locator('.bubble').last().textContent()) === 'see https://a.example/ there',
  );
  // Texts that were not drawn again are still translated; none is both.
  const twice = await alice.bar.region.evaluate((root) =>
    [...root.querySelectorAll(':has(> font)')]
      .filter((it) => [...it.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim()))
      .map((it) => it.textContent),
  );
  assert.deepEqual(twice, []);
  assert.equal(await chat.window.locator('font').count(), 0);
  assert.equal(await chat.window.getByRole('heading').first().textContent(), 'Bob');
});

test('marks of a list and comparisons are no emoticons', async () => {
  const [carol, dave] = await Promise.all([arrive('carol'), arrive('dave')]);
  const chat = await carol.bar.chatWith('Dave');
  const plain = ['A) tea B) coffee', '8)', 'x <3 then'];
  for (const text of plain) await chat.say(text);
  await chat.say('well :) <3');
  const toCarol = dave.bar.chat('Carol');
  for (const text of [...plain, 'well 🙂 ❤️']) await toCarol.hears(text);
});

for (const { how, init } of [
  { how: 'with the browser’s help', init: () => {} },
  { how: 'without', init: () => Reflect.deleteProperty(Intl, 'Segmenter') },
]) {
  test(`initials and notifications are not cut within a letter, ${how}`, async () => {
    const meiling = await house.known('meiling', { init });
    for (const script of [standIn, () => localStorage.setItem('permission', 'granted')])
      await meiling.context.addInitScript(script);
    await meiling.page.route('**/webim/online', async (route) => {
      const response = await route.fetch();
      const answer = await response.json();
      for (const it of answer.buddies)
        if (it.id === 'xiaoming') Object.assign(it, { nick: '🇩🇪 Ming', pic_url: '', default_pic_url: '' });
      answer.setting.desktop_notify = true;
      await route.fulfill({ response, json: answer });
    });
    await meiling.page.goto(house.url);
    await meiling.bar.online();
    const row = await meiling.bar.contact('🇩🇪 Ming');
    assert.equal(await row.first().locator('.ini').textContent(), '🇩🇪');
    await hide(meiling.page);
    const xiaoming = await arrive('xiaoming');
    const family = '👩‍👩‍👧';
    await (await xiaoming.bar.chatWith('美玲')).say(`x${family.repeat(40)}`);
    await until('there is a notification', async () => (await noted(meiling.page)).notes.length === 1);
    const [{ body }] = (await noted(meiling.page)).notes;
    assert.match(body, new RegExp(`^x(${family})+…$`));
  });
}

for (const days of [-1, 1]) {
  test(`with a clock ${days} day off a new message stands under Today`, async () => {
    const zoe = await house.arrive('zoe', {
      init: new Function(`const now = Date.now; Date.now = () => now() + ${days} * 86400000;`),
    });
    await zoe.bar.online();
    const bob = await arrive('bob');
    await bob.page.evaluate(() => /** @type {any} */ (window).NextIM.open('zoe'));
    await bob.bar.chat('Zoë Öztürk').say(`by my clock, ${days}`);
    const chat = zoe.bar.chat('Bob');
    await chat.hears(`by my clock, ${days}`);
    assert.equal(await chat.log.getByRole('heading').last().textContent(), 'Today');
    // Also on the next page, before the site's time has come.
    await zoe.page.route('**/webim/online', () => {});
    await zoe.page.reload();
    await zoe.bar.chat('Bob').hears(`by my clock, ${days}`);
    assert.equal(await chat.log.getByRole('heading').last().textContent(), 'Today');
  });
}

test('a phone does not write a user name with a capital', async () => {
  const { page, bar } = await house.stranger();
  await page.goto(house.url);
  await bar.button('Sign in to chat').click();
  const name = bar.region.getByLabel('Username');
  assert.deepEqual(
    await Promise.all(['autocapitalize', 'autocorrect', 'spellcheck'].map((attribute) => name.getAttribute(attribute))),
    ['none', 'off', 'false'],
  );
});
