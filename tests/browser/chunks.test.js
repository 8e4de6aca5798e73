// What the bar loads when something is opened.
//
// Owns: chunks that are late, that cannot be had, and that the server has of another build only. Must not: measure how
// large they are; the build does.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { focusName, focused, until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { holdBack, scriptTag, serve } from './support/pages.js';
import { Person } from './support/people.js';

const CHUNK = /\/webim\.[0-9a-f]{16}\.(opened|chat|panels|zh)\.js(\?\d+)?$/;
const OPENED = /\.opened\.js(\?\d+)?$/;
const CHAT = /\.chat\.js(\?\d+)?$/;
const PANELS = /\.panels\.js(\?\d+)?$/;
const WORDS = /\.zh\.js(\?\d+)?$/;
const SCRIPT = /\/webim\.js$/;
const BUILD = /webim\.([0-9a-f]{16})\./;
const OTHER_BUILD = '0123456789abcdef';

// It looks to the browser as if answers that a test has changed came from elsewhere, from where it lets no page reach
// this machine.
const house = openHouse();

/** @param {string} id */
const arrive = (id) => house.arrive(id);

/** The names of the files of the bar that a page asks for, from now on. @param {Person} person */
function asked(person) {
  /** @type {string[]} */
  const names = [];
  person.page.on(
    'request',
    (request) =>
      /\/webim\.[^/]*$/.test(request.url()) &&
      names.push(new URL(request.url()).pathname.replace(/\.[0-9a-f]{16}\./, '.')),
  );
  return names;
}

/** The server's build, as a page's script has named it. */
let build = '';

/** The page's script as another build would be: it asks for chunks that the server does not have. @param {import('playwright-core').Route} route */
async function asOtherBuild(route) {
  const answer = await route.fetch();
  const text = await answer.text();
  [, build = ''] = BUILD.exec(text) ?? [];
  assert.notEqual(build, '');
  await route.fulfill({ response: answer, body: text.replaceAll(build, OTHER_BUILD) });
}

/** A chunk of the other build, where the page asks for one. @param {import('playwright-core').Route} route */
async function ofOtherBuild(route) {
  const url = route.request().url();
  if (!url.includes(OTHER_BUILD)) return route.fallback();
  const answer = await route.fetch({ url: url.replace(OTHER_BUILD, build) });
  return route.fulfill({ response: answer, body: (await answer.text()).replace(build, OTHER_BUILD) });
}

test('arrow keys that come before the bar knows where they lead move the focus in their order', async () => {
  const alice = await arrive('alice');
  const { page, bar } = alice;
  const release = await holdBack(page, OPENED);
  await page.reload();
  await bar.online();
  const asked = page.waitForRequest(OPENED);
  await bar.button(/^Notifications/).focus();
  await asked;
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowLeft']) await page.keyboard.press(key);
  await focused(bar.button(/^Notifications/));
  release();
  await focused(bar.button(/^Contacts/));
});

test('a page loads one file, one more where links to users stand in it, and what is opened when it is opened', async () => {
  const alice = await arrive('alice');
  await alice.bar.online();
  await alice.page.mouse.move(1, 1);
  const names = asked(alice);
  await alice.page.goto(`${house.url}/forum`);
  await alice.bar.online();
  await until('the marks have come', () => names.length > 1);
  assert.deepEqual(names, ['/webim.js', '/webim.strangers.js']);
  // What it kept of users met elsewhere would be asked for.
  const tag = await scriptTag(alice.page, house.url);
  names.length = 0;
  await serve(alice.page, house.url, `<head><script>localStorage.clear();</script></head><body>${tag}</body>`);
  await alice.bar.online();
  assert.deepEqual(names, ['/webim.js']);
  await alice.bar.chatWith('Bob');
  assert.deepEqual(names.toSorted(), ['/webim.chat.js', '/webim.js', '/webim.opened.js', '/webim.panels.js']);
  // Where a chat is open its window is not waited for, and panels are not loaded for it.
  names.length = 0;
  await alice.page.mouse.move(1, 1);
  await alice.page.goto(`${house.url}/groups`);
  await alice.bar.chat('Bob').box.waitFor();
  assert.deepEqual(names.toSorted(), ['/webim.chat.js', '/webim.js', '/webim.opened.js']);
});

test('a click on a chat before its window can be drawn: it opens, says so, and is written in when it can', async () => {
  const bob = await arrive('bob');
  await bob.bar.online();
  const release = await holdBack(bob.page, CHAT);
  const chat = await bob.bar.chatWith('Alice');
  await chat.window.getByText('Loading…').waitFor();
  assert.equal(await chat.box.count(), 0);
  release();
  await focused(chat.box);
  await chat.say('there you are');
  await chat.hears('there you are');
});

test('who types in the page meanwhile keeps the focus when the window comes', async () => {
  const bob = await arrive('bob');
  await bob.bar.online();
  const release = await holdBack(bob.page, CHAT);
  const chat = await bob.bar.chatWith('Alice');
  await chat.window.getByText('Loading…').waitFor();
  await bob.page.evaluate(() => {
    document.body.insertAdjacentHTML('afterbegin', '<input aria-label="of the page">');
    /** @type {HTMLElement} */ (document.querySelector('[aria-label="of the page"]')).focus();
  });
  release();
  await chat.box.waitFor();
  assert.equal(await focusName(bob.page), 'of the page');
});

test('a panel that cannot be loaded says so, is tried again by itself and on demand, and then comes', async () => {
  const carol = await arrive('carol');
  await carol.bar.online();
  await carol.page.route(CHUNK, (route) => route.abort());
  const panel = await carol.bar.panel('Contacts');
  await panel.getByText('This could not be loaded.').waitFor();
  await carol.page.waitForEvent('requestfailed', (request) => PANELS.test(request.url())); // by itself
  await carol.page.unroute(CHUNK);
  await panel
    .getByRole('button', { name: 'Try again' })
    .click({ noWaitAfter: true })
    .catch(() => undefined); // it may have come already
  await panel.getByRole('searchbox').waitFor();
  await carol.bar.chatWith('Alice').then((chat) => chat.box.waitFor());
  assert.deepEqual(carol.complaints, []);
});

/** What draws the rest is refused from now on, until it is let through. @param {Person} person @param {RegExp} chunk @returns {Promise<() => void>} */
async function refuse(person, chunk) {
  let isRefused = true;
  await person.page.route(chunk, (route) => (isRefused ? route.abort() : route.continue()));
  return () => void (isRefused = false);
}

test('“Try again” in the place of a panel leaves the panel open, and a press elsewhere closes it, whatever the page calls its own', async () => {
  const carol = await arrive('carol');
  await carol.bar.online();
  const allow = await refuse(carol, PANELS);
  for (const name of ['Rooms', 'Notifications', 'Settings']) {
    const panel = await carol.bar.panel(name);
    await panel.getByRole('button', { name: 'Try again' }).click();
    // Drawn once more, it is there still.
    await carol.page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
    assert.equal(await panel.count(), 1, name);
  }
  const settings = await carol.bar.panel('Settings');
  allow();
  await settings.getByRole('combobox').first().waitFor();
  await carol.page.evaluate(() =>
    document.body.insertAdjacentHTML('afterbegin', '<p class="panel bar" id="panel">of the page</p>'),
  );
  await carol.page.getByText('of the page', { exact: true }).click();
  await settings.waitFor({ state: 'detached' });
});

test('Escape in the place of a chat puts the chat away, and not the contacts beside it', async () => {
  const carol = await arrive('carol');
  await carol.bar.online();
  await refuse(carol, CHAT);
  const chat = await carol.bar.chatWith('Alice');
  await chat.window.getByRole('button', { name: 'Try again' }).focus();
  await carol.page.keyboard.press('Escape');
  await chat.window.waitFor({ state: 'detached' });
  assert.equal(await (await carol.bar.contact('Alice')).count(), 1);
  await carol.bar.button('Alice').and(carol.page.locator('[aria-expanded="false"]')).waitFor();
});

test('on a phone what stands in the place of a panel, or of a chat, can be closed', async () => {
  const person = await house.arrive('carol', { viewport: { width: 375, height: 667 }, hasTouch: true, isMobile: true });
  // What lies over the bar has come, what would be drawn there has not.
  await refuse(person, PANELS);
  await person.bar.button('Show chat bar').tap();
  await person.bar.online();
  await person.page.evaluate(() => /** @type {any} */ (window).NextIM.open('bob'));
  const chat = person.bar.chat('Bob');
  await chat.window.getByRole('button', { name: 'Back' }).tap();
  await person.bar.button(/^Rooms/).tap();
  const rooms = person.bar.region.getByRole('region', { name: 'Rooms', exact: true });
  await rooms.getByRole('button', { name: 'Close' }).tap();
  await rooms.waitFor({ state: 'detached' });
  await person.bar.button(/^Rooms/).waitFor();

  await person.page.unroute(PANELS);
  await refuse(person, CHAT);
  await person.page.reload();
  await person.bar.online();
  await person.page.evaluate(() => /** @type {any} */ (window).NextIM.open('bob'));
  await chat.window.getByRole('button', { name: 'Close' }).tap();
  await chat.window.waitFor({ state: 'detached' });
});

test('a menu and a card whose drawing cannot be loaded say so, and then come', async () => {
  const [admin, bob] = await Promise.all([arrive('admin'), arrive('bob')]);
  const allow = await refuse(bob, PANELS);
  await bob.bar.online();
  await bob.page.evaluate(() => /** @type {any} */ (window).NextIM.open('alice'));
  const { window: chat } = bob.bar.chat('Alice');
  await chat.getByRole('button', { name: 'Options' }).click();
  const menu = bob.bar.region.getByRole('region', { name: 'Menu', exact: true });
  await menu.getByRole('button', { name: 'Try again' }).click();
  await bob.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await menu.getByText('This could not be loaded.').waitFor();
  await bob.page.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });

  await admin.page.goto(`${house.url}/admin`);
  await admin.page.getByLabel('To everybody who is online').fill('The bridge is closed');
  await admin.page.getByRole('button', { name: 'Send', exact: true }).click();
  await bob.bar.region
    .getByRole('region', { name: 'Notifications', exact: true })
    .getByText('This could not be loaded.')
    .waitFor();
  allow();
  await bob.bar.region.getByRole('status').getByText('The bridge is closed').waitFor();
  await chat.getByRole('button', { name: 'Options' }).click();
  await bob.bar.region.getByRole('menuitem', { name: 'Clear history' }).waitFor();
});

test('words of a language that come late are the words of all that was drawn without them', async () => {
  const bob = await arrive('bob');
  const { page, bar } = bob;
  const tag = await scriptTag(page, house.url);
  const allow = await refuse(bob, WORDS);
  await serve(page, house.url, `<body>${tag.replace('<script ', '<script data-lang="zh-CN" ')}</body>`);
  await bar.online();
  const chat = await bar.chatWith('Alice');
  await chat.say('in which language?');
  await chat.log.getByRole('img', { name: 'Sent' }).last().waitFor();
  allow();
  const region = page.getByRole('region', { name: '聊天', exact: true });
  await region
    .getByRole('region', { name: '联系人' })
    .getByRole('button', { name: /^Alice.*(在线|离线)/ })
    .first()
    .waitFor();
  await region.getByRole('log').getByRole('img', { name: '已发送' }).last().waitFor();
  assert.equal(await region.getByRole('img', { name: 'Sent' }).count(), 0);
});

test('a card above the bar waits for what draws it', async () => {
  const [admin, dave] = await Promise.all([arrive('admin'), arrive('dave')]);
  await dave.bar.online();
  await dave.page.mouse.move(1, 1);
  const release = await holdBack(dave.page, PANELS);
  await admin.page.goto(`${house.url}/admin`);
  await admin.page.getByLabel('To everybody who is online').fill('The harbour is closed');
  await admin.page.getByRole('button', { name: 'Send', exact: true }).click();
  await dave.bar.button(/^Notifications, \d+ new/).waitFor();
  release();
  await dave.bar.region.getByRole('status').getByText('The harbour is closed').waitFor();
});

test('the server has another build by now: its script takes the page over, with all that was open, and nobody sees it', async () => {
  const [alice, bob] = await Promise.all([arrive('alice'), arrive('bob')]);
  await bob.bar.online();
  await alice.page.route(SCRIPT, asOtherBuild, { times: 1 });
  // Of the older build the page has got this much.
  await alice.page.route(CHAT, ofOtherBuild);
  const theirs = await bob.bar.chatWith('Alice');
  await theirs.box.waitFor();
  await alice.bar.online();
  const changes = await bob.bar.watch('Alice');

  const names = asked(alice);
  await alice.page.goto(`${house.url}/forum`);
  await alice.bar.online();
  await alice.page.evaluate(() => {
    const { NextIM: im } = /** @type {any} */ (window);
    Object.assign(window, { held: im, heard: [] });
    im.on('message', (/** @type {any} */ { body }) => /** @type {any} */ (window).heard.push(body));
    im.menu([{ title: 'Of the page', url: '/of-the-page', shortcut: true }]);
    im.open('bob');
  });
  const mine = alice.bar.chat('Bob');
  await mine.box.fill('half a sen');
  await alice.bar.panel('Contacts');
  await alice.bar.region.getByRole('searchbox').waitFor();
  await alice.bar.online();
  assert.equal(await mine.box.inputValue(), 'half a sen');
  assert.equal(await alice.page.locator('nextim-bar').count(), 1);
  await alice.bar.region.getByRole('link', { name: 'Of the page' }).waitFor();
  // By the page, past the cache, and by the new tag.
  assert.deepEqual(names.filter((name) => name === '/webim.js').length, 3);
  await theirs.say('are you still there?');
  await mine.hears('are you still there?');
  await mine.say('yes');
  await theirs.hears('yes');
  assert.deepEqual(
    await alice.page.evaluate(() => {
      const { NextIM, held, heard } = /** @type {any} */ (window);
      return [NextIM === held, held.state, heard.filter((/** @type {string} */ body) => body.endsWith('?'))];
    }),
    [true, 'online', ['are you still there?']],
  );
  // Others have left, those of earlier tests.
  assert.deepEqual(
    (await changes.jsonValue()).filter((change) => /^alice offline|Alice, [^;]*Offline/.test(change)),
    [],
  );
  assert.deepEqual(alice.complaints, []);
});

test('two servers of two builds: the script is fetched once more, and the page is not sent to and fro', async () => {
  const bob = await arrive('bob');
  await bob.bar.online();
  await bob.page.goto('about:blank');
  const names = asked(bob);
  // The script is always of the build that the other server has no chunks of.
  await bob.page.route(SCRIPT, asOtherBuild);
  await bob.page.goto(`${house.url}/forum`);
  await bob.bar.online();
  const panel = await bob.bar.panel('Contacts');
  await panel.getByText('This could not be loaded.').waitFor();
  const tries = () => names.filter((name) => name === '/webim.panels.js').length;
  await until('it was tried often', () => tries() >= 4);
  // By the page and, for all that could not be loaded at that time, once past the cache.
  assert.deepEqual(names.filter((name) => name === '/webim.js').length, 2);
  assert.equal(await bob.page.locator('nextim-bar').count(), 1);
  assert.equal(await bob.bar.region.getByText(/^Trying again/).count(), 0);
});

test('a chunk of another build in the place of ours is not run', async () => {
  const dave = await arrive('dave');
  await dave.bar.online();
  await dave.page.route(PANELS, async (route) => {
    const answer = await route.fetch();
    const text = await answer.text();
    const body = text.replace(/build="[0-9a-f]{16}"/, `build="${OTHER_BUILD}"`).replace('=>{', '=>{window.ran=true;');
    assert.ok(body.includes('window.ran'));
    await route.fulfill({ response: answer, body });
  });
  const panel = await dave.bar.panel('Contacts');
  await panel.getByText('This could not be loaded.').waitFor();
  assert.equal(await dave.page.evaluate(() => 'ran' in window), false);
  await dave.page.unrouteAll({ behavior: 'wait' });
  await panel.getByRole('searchbox').waitFor();
});
