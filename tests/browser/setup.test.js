// A page's choices for its bar: attributes of the script's tag, and custom properties.
//
// Owns: each attribute with a value, the properties that the stylesheet promises, reduced movement, polls by
// scripts, groups of contacts, and where a phone begins. Must not: change a user's settings.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { boxOf, look, until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { scriptTag, serve } from './support/pages.js';
import { Person } from './support/people.js';

// Others see at once who leaves: no test here is about a change of page.
const house = openHouse({ server: { lingerMs: 500 } });

/** @param {string} id @param {object} [options] */
const arrive = (id, options) => house.arrive(id, options);

/** A page whose tag has these attributes too. @param {Person} person @param {string} attributes @param {string} [html] */
async function page(person, attributes, html = '<p>A page</p>') {
  const tag = await scriptTag(/** @type {import('playwright-core').Page} */ (person.page), house.url);
  await serve(
    /** @type {import('playwright-core').Page} */ (person.page),
    house.url,
    `<body>${html}${tag.replace('<script', `<script ${attributes}`)}</body>`,
  );
}

test('data-user-links: the site’s own links lead to users, and the usual ones no more', async () => {
  const carol = await arrive('carol');
  const links = `<main><a href="/people/8">Zoë</a> <a href="/id-dave.htm">Dave</a> <a href="/space.php?uid=5">小明</a> <a href="/people/9x">nobody</a></main>`;
  await page(carol, String.raw`data-user-links="^/people/(\d+)$ /id-(\w+)\.htm (("`, links);
  await carol.bar.online();
  const main = carol.page.getByRole('main');
  await main.getByRole('button', { name: 'Chat with Zoë Öztürk (offline)' }).waitFor();
  await main.getByRole('button', { name: 'Chat with Dave (offline)' }).waitFor();
  assert.equal(await main.getByRole('button').count(), 2);
  await page(carol, '', links);
  await main.getByRole('button', { name: 'Chat with 小明 (offline)' }).waitFor();
  assert.equal(await main.getByRole('button').count(), 1);
});

test('data-lang: the bar speaks it, whatever page and browser do, unless the user has chosen', async () => {
  const dave = await arrive('dave');
  const traditional = dave.page.getByRole('region', { name: '聊天', exact: true });
  await page(dave, 'data-lang="zh-TW"');
  await traditional.getByRole('button', { name: '設定' }).click();
  const kept = dave.page.waitForResponse('**/webim/setting');
  await traditional.getByRole('combobox', { name: '語言' }).selectOption('English');
  await dave.bar.button('Settings').waitFor();
  await kept;
  await dave.page.reload();
  await dave.bar.button('Settings').waitFor();
  await dave.bar.online();
  assert.equal(await traditional.count(), 0);
});

test('data-theme: dark or light, whatever the system, unless the user has chosen', async () => {
  const meiling = await arrive('meiling', { colorScheme: 'light' });
  const scheme = async () => look(meiling.bar.region, 'color-scheme');
  for (const [theme, expected] of [
    ['dark', 'dark'],
    ['light', 'light'],
    ['auto', 'light'],
  ]) {
    await page(meiling, `data-theme="${theme}"`);
    await meiling.bar.online();
    assert.equal(await scheme(), expected, theme);
  }
  await meiling.page.emulateMedia({ colorScheme: 'dark' });
  await until('it follows the system', async () => (await scheme()) === 'dark');
  await page(meiling, 'data-theme="light"');
  await meiling.bar.online();
  assert.equal(await scheme(), 'light');
  await (await meiling.bar.panel('Settings')).getByRole('combobox', { name: 'Theme' }).selectOption('Dark');
  await until('it is as the user wants', async () => (await scheme()) === 'dark');
});

test('custom properties of the page change colours, font, corners, place and layer', async () => {
  const bob = await arrive('bob', { colorScheme: 'light' });
  const { bar } = bob;
  await serveStyled(bob, '');
  const plain = await styles(bob);
  await serveStyled(
    bob,
    `--nextim-accent: rgb(1, 120, 60); --nextim-on-accent: rgb(255, 255, 200); --nextim-accent-dark: rgb(150, 255, 200); --nextim-on-accent-dark: rgb(0, 30, 10);
     --nextim-font: serif; --nextim-radius: 3px; --nextim-gap: 40px; --nextim-layer: 77`,
  );
  const styled = await styles(bob);
  assert.deepEqual(styled, {
    background: 'rgb(1, 120, 60)',
    color: 'rgb(255, 255, 200)',
    font: 'serif',
    corner: '3px',
    layer: '77',
    gap: '40px',
  });
  for (const [name, value] of Object.entries(plain)) assert.notEqual(value, styled[name], name);
  await bob.page.emulateMedia({ colorScheme: 'dark' });
  const send = bar.chat('Alice').button('Send');
  await until('it is dark', async () => (await look(send, 'background-color')) === 'rgb(150, 255, 200)');
  assert.equal(await look(send, 'color'), 'rgb(0, 30, 10)');
});

/** @param {Person} person @param {string} declarations of the bar's element */
async function serveStyled(person, declarations) {
  await page(person, '', `<style>nextim-bar { ${declarations} }</style>`);
  await person.bar.online();
  const chat = await person.bar.chatWith('Alice');
  await chat.box.fill('something');
  await chat.button('Send').and(person.page.locator(':enabled')).waitFor();
}

/** @param {Person} person @returns {Promise<Record<string, unknown>>} */
async function styles({ bar }) {
  const chat = bar.chat('Alice');
  const send = chat.button('Send');
  return {
    background: await look(send, 'background-color'),
    color: await look(send, 'color'),
    font: String(await look(bar.region, 'font-family')).split(',')[0],
    corner: await look(chat.window, 'border-top-left-radius'),
    layer: await look(bar.region, 'z-index'),
    gap: await look(bar.region, 'padding-right'),
  };
}

for (const [reducedMotion, moves] of /** @type {const} */ ([
  ['no-preference', true],
  ['reduce', false],
])) {
  test(`movement follows the browser’s preference (${reducedMotion})`, async () => {
    const [alice, bob] = await Promise.all([arrive('alice', { reducedMotion }), arrive('bob')]);
    // The mark of what is typed stays: by a clock that stands still, and without a message that ends it.
    await alice.page.clock.setFixedTime(Date.now());
    await bob.page.route('**/webim/status', (route) =>
      /clear/.test(route.request().postData() ?? '') ? route.abort() : route.continue(),
    );
    await Promise.all([alice.bar.online(), bob.bar.online()]);
    const chat = await alice.bar.chatWith('Bob');
    await (await bob.bar.chatWith('Alice')).box.fill('typing');
    const wave = chat.log.locator('.wave i').first();
    await wave.waitFor();
    assert.equal((await look(wave, 'animation-name')) !== 'none', moves);
    const running = await alice.page
      .locator('nextim-bar')
      .evaluate((host) => host.shadowRoot?.getAnimations().filter((it) => it.playState === 'running').length ?? 0);
    assert.equal(running > 0, moves);
  });
}

test('contacts: each group says how many are there, folds, and stays folded on the next page', async () => {
  const [alice, bob] = await Promise.all([arrive('alice'), arrive('bob')]);
  await bob.bar.online();
  const panel = await alice.bar.panel('Contacts');
  const friends = panel.getByRole('button', { name: /^Friends/ });
  await panel.getByRole('button', { name: 'Friends 1/2' }).waitFor();
  await panel.getByRole('button', { name: 'Colleagues 0/1' }).waitFor();
  const row = panel.getByRole('button', { name: /^Bob, Available/ });
  await row.waitFor();
  assert.equal(await friends.getAttribute('aria-expanded'), 'true');
  await friends.click();
  await row.waitFor({ state: 'detached' });
  assert.equal(await friends.getAttribute('aria-expanded'), 'false');
  await panel.getByRole('button', { name: 'Options for Carol' }).waitFor();

  await alice.page.goto(`${house.url}/groups`);
  await alice.bar.online();
  await alice.bar.panel('Contacts');
  await panel.getByRole('button', { name: 'Friends 1/2' }).waitFor();
  assert.deepEqual([await friends.getAttribute('aria-expanded'), await row.count()], ['false', 0]);
  // A search finds contacts of folded groups too.
  await panel.getByRole('searchbox').fill('bob');
  await row.waitFor();
  await panel.getByRole('searchbox').fill('');
  await row.waitFor({ state: 'detached' });
  await friends.click();
  await row.waitFor();
  await bob.leave();
  await panel.getByRole('button', { name: 'Friends 0/2' }).waitFor();
});

test('a window of 599 pixels is a phone’s, one of 600 is not', async () => {
  const carol = await arrive('carol', { viewport: { width: 600, height: 800 } });
  await carol.bar.online();
  const panel = await carol.bar.panel('Contacts');
  const width = async () => Math.round((await boxOf(panel)).width);
  await panel.getByRole('button', { name: 'Close' }).waitFor();
  assert.ok((await width()) < 600);
  await carol.page.setViewportSize({ width: 599, height: 800 });
  await panel.getByRole('button', { name: 'Back' }).waitFor();
  await until('it covers the screen', async () => (await width()) === 599);
  await carol.page.setViewportSize({ width: 600, height: 800 });
  await panel.getByRole('button', { name: 'Close' }).waitFor();
  await until('it is a panel again', async () => (await width()) < 600);
});

test('where the site says so the message server is polled by scripts, and nothing is lost or doubled', async () => {
  const [xiaoming, meiling] = await Promise.all([arrive('xiaoming'), arrive('meiling')]);
  await meiling.bar.online();
  await xiaoming.page.route('**/webim/online', async (route) => {
    const answer = await route.fetch();
    const json = await answer.json();
    await route.fulfill({ response: answer, json: { ...json, connection: { ...json.connection, jsonp: true } } });
  });
  await xiaoming.page.goto('about:blank'); // away from the page that polls in the other way
  /** @type {Set<string>} */
  const kinds = new Set();
  xiaoming.page.on('request', (request) => /\/packets\?/.test(request.url()) && kinds.add(request.resourceType()));
  await xiaoming.page.goto(`${house.url}/forum`);
  await xiaoming.bar.online();
  const [toMeiling, toXiaoming] = [await xiaoming.bar.chatWith('美玲'), await meiling.bar.chatWith('小明')];
  const said = Array.from({ length: 5 }, (_, at) => `第 ${at} 句 </script>\u2028`);
  for (const text of said) await toXiaoming.say(text);
  await toMeiling.log.getByText('第 4 句').waitFor();
  await toMeiling.say('收到');
  await toXiaoming.hears('收到');
  await toXiaoming.say('完');
  await toMeiling.hears('完');
  assert.equal((await toMeiling.said(/^第 \d 句/)).length, said.length);
  assert.deepEqual([...kinds], ['script']);
  assert.deepEqual(xiaoming.complaints, []);
});
