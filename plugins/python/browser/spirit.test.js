// Two users of a real forum talk: django-spirit with django-friendship, the Python kit, and the real message server.
//
// Owns: the forum and the server of this test, and what a member of that forum sees. Must not: look into the database.
//
// PYTHON names an interpreter that has the packages. `plugins/with-database postgresql` gives the forum a database of
// PostgreSQL; without that it is SQLite. NEXTIM_BINARIES is the folder with `nextim`.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { boxOf, until } from '../../../tests/browser/support/eyes.js';
import { allLeave, launch, Tab } from '../../../tests/browser/support/people.js';
import { answers, APIKEY, Programs } from '../../../tests/browser/support/programs.js';
import { freePort } from '../../../tests/browser/support/servers.js';

const EXAMPLE = join(dirname(fileURLToPath(import.meta.url)), '../examples/django');
const PYTHON = process.env.PYTHON ?? 'python3';
const PASSWORD = 'demo1234';
/** The page for chat passwords where a site has no layout for it. */
const PLAIN = readFileSync(join(EXAMPLE, '../../nextim_site/page.html'), 'utf8');

const programs = new Programs('spirit');
/** @type {import('playwright-core').Browser} */
let browser;
let site = '';
let environment = process.env;

/** @param {string[]} args */
const world = (...args) =>
  execFileSync(PYTHON, [join(EXAMPLE, 'world.py'), ...args], { env: environment, stdio: 'inherit' });

before(async () => {
  const [im, port] = [await freePort(), await freePort()];
  site = `http://127.0.0.1:${port}`;
  environment = {
    ...process.env,
    FORUM_DIR: programs.folder,
    FORUM_PORT: String(port),
    FORUM_TEST: '1',
    NEXTIM_SERVER: `http://127.0.0.1:${im}`,
    NEXTIM_DOMAIN: 'forum.example',
    NEXTIM_XMPP: 'login.example',
    NEXTIM_APIKEY: APIKEY,
  };
  world('prepare');
  // It serves the files of styles itself, which a real forum leaves to its web server.
  const served = ['runserver', '--noreload', '--insecure', `127.0.0.1:${port}`];
  programs.start(PYTHON, [join(EXAMPLE, 'manage.py'), ...served], environment);
  await programs.serve(im, 'forum.example', `${site}/webim/undelivered`);
  await answers(`${site}/`);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  programs.end();
});

beforeEach(() => desk('reset'));

/** A page that did not say it leaves has not acknowledged its last lines: they would open chats in the next test. */
afterEach(() => allLeave(browser));

/** What an administrator or a page of the forum does. @param {string} act @param {Record<string, string>} fields */
async function desk(act, fields = {}) {
  const answer = await fetch(`${site}/desk/${act}`, { method: 'POST', body: new URLSearchParams(fields) });
  assert.equal(answer.status, 200, await answer.text());
}

/**
 * A member with a browser of their own, on the forum's front page.
 * @param {string} name
 * @param {import('playwright-core').BrowserContextOptions} more
 */
async function member(name, more = {}) {
  const usual = {
    viewport: { width: 1200, height: 800 },
    locale: 'en-US',
    reducedMotion: /** @type {const} */ ('reduce'),
  };
  const context = await browser.newContext({ ...usual, ...more });
  const page = await context.newPage();
  await page.goto(`${site}/user/login/`);
  await page.fill('input[name=username]', name);
  await page.fill('input[name=password]', PASSWORD);
  await page.locator('input[name=password]').press('Enter');
  await page.waitForURL(`${site}/user/**`);
  await page.goto(`${site}/`);
  return { context, page, bar: new Tab(page) };
}

/** How wide a page is. @param {import('playwright-core').Page} page */
const width = (page) => page.evaluate(() => document.documentElement.scrollWidth);

/** @param {import('playwright-core').BrowserContext} context */
const named = async (context) => (await context.cookies()).find(({ name }) => name === 'nextim_user')?.value;

test('two members talk, and what was said while one was away comes once', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  assert.deepEqual([await named(alice.context), await named(bob.context)], ['1', '2']);
  const said = 'Hello <b>you</b> 🦊 שלום </script>';
  const toBob = await alice.bar.chatWith('Bob');
  await toBob.say(said);
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.hears(said);
  await toAlice.say('Hello back');
  await toBob.hears('Hello back');

  await bob.page.goto('about:blank');
  await toBob.say('While you were away');
  await bob.page.goto(`${site}/`);
  const again = await bob.bar.chatWith('Alice');
  await again.hears('While you were away');
  assert.equal(await again.times('While you were away'), 1);
});

test('a log-out takes the pages of that browser offline, and the cookie', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  await (await alice.bar.contact('Bob', 'Available')).waitFor();
  await bob.page.goto(`${site}/user/logout/`);
  // Not a button of the bar, which may show a chat.
  const host = bob.page.locator('form:has([name=csrfmiddlewaretoken])');
  await host.locator('button, input[type=submit]').last().click();
  await until('the cookie is gone', async () => !(await named(bob.context)));
  await (await alice.bar.contact('Bob', 'Offline')).waitFor();
});

test('a room of a group is for its members', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  const toRoom = await alice.bar.enter('Walkers');
  await toRoom.say('To the walkers');
  const room = await bob.bar.enter('Walkers');
  await room.hears('To the walkers');
  await alice.bar.panel('Rooms');
  assert.equal(await alice.page.getByText('Secret').count(), 0);
});

test('a chat goes on when its member opens another page', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  const toBob = await alice.bar.chatWith('Bob');
  await toBob.say('Before the page');
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.hears('Before the page');
  const seen = await bob.bar.watch('Alice');
  await alice.page.goto(`${site}/user/2/bob/`);
  const still = await alice.bar.opened('Bob');
  await still.hears('Before the page');
  await toAlice.say('After it');
  await still.hears('After it');
  assert.equal(await still.times('After it'), 1);
  assert.deepEqual(
    (await seen.jsonValue()).filter((change) => change.includes('unavailable')),
    [],
    'nobody saw alice leave',
  );
});

test('who is no friend any more is not seen online, and no contact on the next page', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  await (await alice.bar.contact('Bob', 'Available')).waitFor();
  await (await bob.bar.contact('Alice', 'Available')).waitFor();
  await desk('unfriend', { one: '1', other: '2' });
  await (await alice.bar.contact('Bob', 'Offline')).waitFor();
  await (await bob.bar.contact('Alice', 'Offline')).waitFor();
  await alice.page.goto(`${site}/`);
  await (await alice.bar.contact('Carol')).waitFor();
  await until('Bob is no contact', async () => (await (await alice.bar.contact('Bob')).count()) === 0);
});

test('a member who is banned goes offline, and has no chat on the next page', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  await (await alice.bar.contact('Bob', 'Available')).waitFor();
  await (await bob.bar.contact('Alice', 'Available')).waitFor();
  await desk('ban', { one: '2' });
  await (await alice.bar.contact('Bob', 'Offline')).waitFor();
  await bob.page.goto(`${site}/`);
  await until('the cookie is gone', async () => !(await named(bob.context)));
  await keep(bob.page, 'guest');
  await until('there is no list of contacts', async () => (await bob.bar.button(/^Contacts/).count()) === 0);
});

test('on a phone the chat has the whole screen', async () => {
  const viewport = { width: 390, height: 740 };
  const alice = await member('alice', { viewport, hasTouch: true, isMobile: true });
  const bob = await member('bob');
  await keep(alice.page, 'phone-page');
  await alice.bar.button('Show chat bar').tap();
  await alice.bar.online();
  await alice.bar.button(/^Contacts/).tap();
  await alice.bar.region.getByRole('button', { name: /^Bob, Available/ }).tap();
  const toBob = await alice.bar.opened('Bob');
  await toBob.box.tap();
  await alice.page.keyboard.insertText('From the phone');
  await toBob.button('Send').tap();
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.hears('From the phone');
  await toAlice.say('From the desk');
  await toBob.hears('From the desk');
  await until('the chat covers the screen', async () => {
    const { width, height } = await boxOf(toBob.window);
    return width === viewport.width && height === viewport.height;
  });
  await keep(alice.page, 'phone');
  await keep(bob.page, 'desktop');
});

test('a member makes a chat password on a page of the forum, and revokes it', async () => {
  const { page, bar } = await member('alice');
  await bar.online();
  await bar.button('Menu').click();
  await page.getByRole('menuitem', { name: 'Chat passwords' }).click();
  await page.waitForURL(`${site}/webim/chat_passwords`);
  const device = page.getByLabel('Name of the device');
  await device.fill('<x>'.padEnd(40, 'x'));
  await device.press('Enter');
  await page.getByRole('heading', { name: 'Your new chat password' }).waitFor();
  const [address, made] = await page.locator('section code').allInnerTexts();
  assert.equal(address, '1@login.example');
  assert.match(made ?? '', /^[a-z2-9]{24}$/);
  await device.fill('Desk');
  await page.getByRole('button', { name: 'Make a password' }).click();
  const revoke = page.getByRole('button', { name: 'Revoke: Desk' });
  await revoke.waitFor();
  assert.equal(await page.getByText(String(made)).count(), 0);
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok((await width(page)) <= 390, 'in the layout of the forum');
  const content = await page.locator('.layout__article').innerHTML();
  await revoke.click();
  await revoke.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Revoke all' }).click();
  await page.getByText('No device has a chat password yet.').waitFor();
  await page.setContent(PLAIN.replaceAll('$title', '').replace('$content', () => content));
  assert.ok((await width(page)) <= 390, 'without a layout');
});

/** Keeps a picture of a page in the folder that SCREENSHOTS names. @param {import('playwright-core').Page} page @param {string} name */
async function keep(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `spirit-${name}.png`) });
}
