// Log-ins in several browsers.
//
// Owns: the bar after a log-out, after a new password, and on a visit without a log-in. Must not: test the site's own pages.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openHouse } from './support/house.js';
import { PASSWORD } from './support/people.js';

const house = openHouse();

const GONE = 'The site has ended the chat';

test('a log-out in one browser leaves the other online', async () => {
  const [desk, phone, bob] = await house.gather('alice', 'alice', 'bob');
  const toBob = await phone.bar.chatWith('Bob');
  await desk.page.getByRole('button', { name: 'Log out' }).click();
  await desk.bar.button('Sign in to chat').waitFor();
  await toBob.say('I am still here');
  await bob.bar.chat('Alice').hears('I am still here');
  await bob.bar.chat('Alice').say('So I see');
  await toBob.hears('So I see');
  await (await bob.bar.contact('Alice', 'Available')).waitFor();
  assert.equal(await phone.bar.region.getByText(GONE).count(), 0);
});

test('a session that a new password ended is asked about once: a browser with the cookie goes on, others sign in', async () => {
  const [here, there] = await house.gather('dave', 'dave');
  const second = await here.tab(`/u/dave`);
  await second.online();
  /** @type {string[]} */
  const asked = [];
  there.page.on('request', (request) => request.url().endsWith('/webim/online') && asked.push(request.url()));
  await second.page.getByLabel('Present password').fill(PASSWORD);
  await second.page.getByLabel('New password').fill('something longer');
  await second.page.getByRole('button', { name: 'Change password' }).click();
  await second.page.getByText('Your password is changed.').waitFor();
  await there.bar.button('Sign in to chat').waitFor();
  assert.equal(asked.length, 1);
  await Promise.all([here.bar.online(), second.online()]);
  for (const tab of [here.bar, second, there.bar]) assert.equal(await tab.region.getByText(GONE).count(), 0);
});

test('a page on which nobody is logged in asks the site nothing, and logs no error', async () => {
  const { page, bar } = await house.stranger();
  /** @type {string[]} */
  const seen = [];
  page.on('console', (said) => seen.push(said.text()));
  page.on('request', (request) => /\/webim\/|\/packets/.test(request.url()) && seen.push(request.url()));
  for (const path of ['/', '/forum', '/members']) {
    await page.goto(house.url + path);
    await bar.button('Sign in to chat').waitFor();
  }
  assert.deepEqual(seen, []);

  await bar.button('Sign in to chat').click();
  await bar.region.getByLabel('Username').fill('carol');
  await bar.region.getByLabel('Password').fill(PASSWORD);
  await bar.region.getByRole('button', { name: 'Sign in', exact: true }).click();
  await bar.online();
});
