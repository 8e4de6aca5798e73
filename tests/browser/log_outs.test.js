// Log-ins in several browsers.
//
// Owns: the bar after a log-out, after a new password, and on a visit without a log-in; that what was read before is not
// new after it. Must not: test the site's own pages.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { heard, listen } from './support/heard.js';
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

// The message server returns to this site what was not acknowledged before the user's only log-in ended, so each test has
// a user of its own.
for (const { where, id, nick, friend, leads } of [
  { where: 'the tab that leads', id: 'xiaoming', nick: '小明', friend: 'Alice', leads: true },
  { where: 'another tab', id: 'meiling', nick: '美玲', friend: 'Carol', leads: false },
]) {
  test(`what was read before a log-out in ${where} is not new in a new browser`, async () => {
    const [reader, writer] = await house.gather(id, friend.toLowerCase());
    const bar = leads ? reader.bar : await reader.tab('/');
    await bar.online();
    const chat = await writer.bar.chatWith(nick);
    await chat.say('read, and then logged out');
    await bar.chat(friend).hears('read, and then logged out');
    await bar.page.getByRole('button', { name: 'Log out' }).click();
    await bar.page.getByRole('link', { name: 'Log in' }).first().waitFor();
    await reader.leave();

    const again = await house.arrive(id, { init: listen });
    await again.bar.online();
    await chat.say('the first that comes here');
    await again.bar.chat(friend).hears('the first that comes here');
    assert.deepEqual(await heard(again), ['the first that comes here']);
  });
}
