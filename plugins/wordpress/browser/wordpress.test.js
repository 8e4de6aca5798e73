// Two users of a real WordPress talk: the plugin, MariaDB, and the real message server.
//
// Owns: the site and the server of this test, and what a member of that site sees. Must not: look into the database.
//
// It runs in `plugins/with-database mariadb`. NEXTIM_BINARIES is the folder with `nextim`; SCREENSHOTS one for pictures.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { PATIENCE_MS, until } from '../../../tests/browser/support/eyes.js';
import { allLeave, launch, PASSWORD, Tab } from '../../../tests/browser/support/people.js';
import { answers, APIKEY, Programs } from '../../../tests/browser/support/programs.js';
import { freePort } from '../../../tests/browser/support/servers.js';

const TOOLS = join(dirname(fileURLToPath(import.meta.url)), '../tests');
const SETTINGS = '/wp-admin/options-general.php?page=nextim';
/** The ids of the users. */
const [ALICE, BOB] = ['2', '3'];
const BOBS_NICK = 'Bob "the" O\'Neil';

const programs = new Programs('wordpress');
const world = join(programs.folder, 'world');
/** @type {import('playwright-core').Browser} */
let browser;
let site = '';

/** Does something at the site, by WordPress's own functions. @param {string[]} args */
const wp = (...args) => execFileSync(join(world, 'wp'), args, { stdio: 'inherit' });

before(async () => {
  const [im, port] = [await freePort(), await freePort()];
  site = `http://127.0.0.1:${port}`;
  const address = `http://127.0.0.1:${im}`;
  const env = {
    ...process.env,
    WORLD_URL: site,
    WORLD_IM: address,
    WORLD_PUBLIC_URL: address,
    WORLD_DOMAIN: 'site',
    NEXTIM_APIKEY: APIKEY,
  };
  execFileSync(join(TOOLS, 'make'), [world], { env, stdio: 'inherit' });
  programs.start(join(world, 'serve'), [`${port}`], env);
  await programs.serve(im, 'site', `${site}/?nextim=undelivered`);
  await answers(`${site}/`);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  programs.end();
});

/** Nobody of one test is online in the next. */
beforeEach(() => wp('reset'));
afterEach(() => allLeave(browser));

/** Takes a picture, if pictures are wanted. @param {import('playwright-core').Page} page @param {string} name */
async function picture(page, name, fullPage = false) {
  const path = process.env.SCREENSHOTS && join(process.env.SCREENSHOTS, `wordpress-${name}.png`);
  if (path) await page.screenshot({ path, fullPage });
}

/** A member with a browser of their own, on the front page. @param {string} name @param {{width: number, height: number}} [viewport] */
async function member(name, viewport = { width: 1280, height: 800 }) {
  const context = await browser.newContext({ viewport, locale: 'en-US', reducedMotion: 'reduce' });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.goto(`${site}/wp-login.php`);
  // The form gives its first field the focus after a moment; a password that is filled in then would come to stand there.
  await page.locator('#user_login:focus').fill(name);
  await page.locator('#user_pass').fill(PASSWORD);
  await page.locator('#wp-submit').click();
  await page.waitForURL(`${site}/wp-admin/**`);
  await page.goto(`${site}/`);
  return { context, page, bar: new Tab(page) };
}

/** The id in the cookie of the bar. @param {import('playwright-core').BrowserContext} context */
const named = async (context) => (await context.cookies()).find(({ name }) => name === 'nextim_user')?.value;

test('two friends talk, also across a change of the page, and what was said while one was away comes once', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  assert.deepEqual([await named(alice.context), await named(bob.context)], [ALICE, BOB]);
  const said = "Hello <b>you</b> 🦊 שלום </script> \\ % '";
  const toBob = await alice.bar.chatWith(BOBS_NICK);
  await toBob.say(said);
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.hears(said);
  await toAlice.say('Hello back');
  await toBob.hears('Hello back');
  await picture(bob.page, 'front-1280');

  await alice.page.goto(`${site}/?s=another+page`);
  await toBob.hears('Hello back');
  await toAlice.say('On the next page');
  await toBob.hears('On the next page');
  assert.deepEqual([await toBob.times(said), await toBob.times('On the next page')], [1, 1]);

  await bob.page.goto('about:blank');
  await toBob.say('While you were away');
  await bob.page.goto(`${site}/`);
  await toAlice.hears('While you were away');
  assert.equal(await toAlice.times('While you were away'), 1);
});

test('it works on a phone', async () => {
  const alice = await member('alice', { width: 390, height: 844 });
  await alice.bar.button('Show chat bar').click();
  await (await alice.bar.contact(BOBS_NICK, 'Offline')).waitFor();
  await picture(alice.page, 'front-390');
  const wide = await alice.page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide}`);
});

test('a log-out at the site ends the chat of that browser, and the cookie goes', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  const other = await bob.context.newPage();
  await other.goto(`${site}/`);
  await new Tab(other).online();
  await (await alice.bar.contact(BOBS_NICK, 'Available')).waitFor();
  const link = await bob.page.locator('#wp-admin-bar-logout a').getAttribute('href');
  await bob.page.goto(link ?? '');
  await (await alice.bar.contact(BOBS_NICK, 'Offline')).waitFor();
  assert.equal(await named(bob.context), undefined);
  await new Tab(other).button(/^Contacts, \d+ online$/).waitFor({ state: 'detached' });
});

test('a room is for its members', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  const toRoom = await alice.bar.enter('Walkers');
  await toRoom.say('To the walkers');
  const room = await bob.bar.enter('Walkers');
  await room.hears('To the walkers');
  await alice.bar.panel('Rooms');
  assert.equal(await alice.page.getByText('Secret').count(), 0);
  wp('leave', BOB, '1');
  await toRoom.say('Among us');
  await bob.page.goto(`${site}/?s=another+page`);
  const rooms = await bob.bar.panel('Rooms');
  await rooms.getByText('Secret').waitFor();
  assert.equal(await rooms.getByText('Walkers').count(), 0);
});

test('a ban ends the chat, and the friends see it', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  const toBob = await alice.bar.chatWith(BOBS_NICK);
  await (await alice.bar.contact(BOBS_NICK, 'Available')).waitFor();
  wp('ban', BOB);
  await bob.bar.button(/^Contacts, \d+ online$/).waitFor({ state: 'detached' });
  await picture(bob.page, 'banned');
  await toBob.say('Are you there?');
  await alice.page.reload();
  await alice.bar.online();
  assert.equal(await (await alice.bar.contact(BOBS_NICK, 'Available')).count(), 0);
});

test('the end of a friendship hides the presence, and the next page has no such contact', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  await bob.bar.online();
  await (await alice.bar.contact(BOBS_NICK, 'Available')).waitFor();
  wp('unfriend', BOB, ALICE);
  await (await alice.bar.contact(BOBS_NICK, 'Available')).waitFor({ state: 'detached' });
  await alice.page.reload();
  await alice.bar.online();
  await (await alice.bar.contact('Carol')).waitFor();
  assert.equal(await (await alice.bar.contact(BOBS_NICK)).count(), 0);
});

test('a block holds, and its end lets messages through', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  const toBob = await alice.bar.chatWith(BOBS_NICK);
  const toAlice = await bob.bar.chatWith('Alice');
  await toBob.choose('Block');
  await toBob.window.getByText(`You have blocked ${BOBS_NICK}.`).waitFor();
  await toAlice.say('Are you there?');
  await toAlice.log.getByText('Alice does not take messages from you.').waitFor();
  await toBob.button('Unblock').click();
  await toBob.box.waitFor();
  await toAlice.button('Retry').click();
  await toBob.hears('Are you there?');
  assert.equal(await toBob.times('Are you there?'), 1);
});

test('an administrator saves the settings, and the test of them is green', async () => {
  const admin = await member('admin');
  await admin.page.goto(site + SETTINGS);
  await picture(admin.page, 'settings-1280', true);
  await admin.page.getByRole('button', { name: 'Save and test' }).click();
  await admin.page.getByRole('heading', { name: 'Test' }).waitFor();
  await picture(admin.page, 'test-1280', true);
  assert.equal(await admin.page.getByText('works', { exact: true }).count(), 4);
  await admin.page.setViewportSize({ width: 390, height: 844 });
  await picture(admin.page, 'test-390', true);
  const wide = await admin.page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide}`);
  await admin.page.getByLabel('Address', { exact: true }).fill('http://127.0.0.1:9');
  await admin.page.setViewportSize({ width: 1280, height: 800 });
  await admin.page.getByRole('button', { name: 'Save and test' }).click();
  await admin.page.getByText('The message server is not reached at http://127.0.0.1:9.').waitFor();
  await picture(admin.page, 'failed-1280', true);
  wp('activate');
});

test('a member makes a chat password in the profile, and revokes it', async () => {
  const { page } = await member('alice');
  await page.goto(`${site}/wp-admin/profile.php`);
  const section = page.locator('#nextim-chat-passwords');
  const device = section.getByLabel('New device');
  await section.getByText(`${ALICE}@login.example`).waitFor();
  // The field is no part of the profile's own form, which is not saved by it.
  await device.fill('Phone of <Alice>');
  await device.press('Enter');
  await section.getByText('Your new chat password').waitFor();
  const made = await section.locator('code').first().innerText();
  assert.match(made, /^[a-z2-9]{24}$/);
  assert.equal(await page.getByText('Profile updated.').count(), 0);
  assert.equal(await device.inputValue(), '');
  await section.scrollIntoViewIfNeeded();
  await picture(page, 'profile-1280');
  await device.fill('Desk');
  await section.getByRole('button', { name: 'Make a password' }).click();
  await section.getByRole('row', { name: /^Desk/ }).waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await section.scrollIntoViewIfNeeded();
  await picture(page, 'profile-390');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide}`);
  await section.getByRole('button', { name: 'Revoke the password of Phone of <Alice>' }).click();
  await section.getByText('The chat password is revoked.').waitFor();
  assert.equal(await section.getByRole('row', { name: /^Phone of/ }).count(), 0);
  assert.equal(await section.getByText(made).count(), 0);
  // The profile's own form still saves the profile.
  await page.getByLabel('Nickname (required)').press('Enter');
  await page.getByText('Profile updated.').waitFor();
  assert.equal(await section.getByRole('row', { name: /^Desk/ }).count(), 1);
});

test('when the plugin is deactivated, the chat of open pages ends, and nothing is lost', async () => {
  const [alice, bob] = [await member('alice'), await member('bob')];
  const toBob = await alice.bar.chatWith(BOBS_NICK);
  await toBob.say('Keep this');
  await (await bob.bar.chatWith('Alice')).hears('Keep this');
  wp('deactivate');
  await alice.bar.button(/^Contacts, \d+ online$/).waitFor({ state: 'detached' });
  await picture(alice.page, 'deactivated');
  await alice.page.reload();
  assert.equal(await alice.page.locator('script[src*="webim.js"]').count(), 0);
  wp('activate');
  await alice.page.reload();
  await (await alice.bar.chatWith(BOBS_NICK)).hears('Keep this');
  await until('bob is back', async () => (await bob.bar.button(/^Contacts, \d+ online$/).count()) > 0);
});
