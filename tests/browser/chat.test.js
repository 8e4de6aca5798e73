// Two people meet and talk.
//
// Owns: what is said between users, in both directions and in rooms. Must not: look at what happens when something
// breaks; other files do.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Person, launch } from './support/people.js';
import { Community } from './support/servers.js';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Community} */
let community;

before(async () => {
  [browser, community] = await Promise.all([launch(), Community.start()]);
});
after(async () => {
  await browser?.close();
  await community?.end();
});

/** @param {string[]} ids */
const arrive = (...ids) => Promise.all(ids.map((id) => Person.arrive(browser, community.url, id)));

test('two who log in see each other come online, and chat with emoji, markup and a link', async () => {
  const [alice] = await arrive('alice');
  await (await alice.bar.contact('Bob', 'Offline')).waitFor();
  const [bob] = await arrive('bob');
  await (await alice.bar.contact('Bob', 'Available')).waitFor();
  await (await bob.bar.contact('Alice', 'Available')).waitFor();

  const said = 'Look <b>here</b> 😀 你好 & "there"';
  const toBob = await alice.bar.chatWith('Bob');
  await toBob.say(said);
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.hears(said);
  assert.equal(await toAlice.log.locator('b').count(), 0, 'markup is text');
  await toAlice.say('see https://example.com/a?b=c.');
  const link = toBob.log.getByRole('link', { name: 'https://example.com/a?b=c' });
  assert.equal(await link.getAttribute('href'), 'https://example.com/a?b=c');
  for (const rel of ['noopener', 'noreferrer', 'nofollow']) assert.match((await link.getAttribute('rel')) ?? '', new RegExp(rel));
  assert.deepEqual([...alice.complaints, ...bob.complaints], []);
  await Promise.all([alice.leave(), bob.leave()]);
});
