// Users who do not want to be disturbed.
//
// Owns: that nothing opens, sounds or notifies then, and that nothing is lost by it. Must not: look at the bars of others.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { Person } from './support/people.js';
import { hide, noted, standIn } from './support/stubs.js';

const house = openHouse();

/** Chooses a presence. @param {Person} person @param {string} show */
async function show(person, show) {
  const panel = await person.bar.panel('Contacts');
  await panel.getByRole('button', { name: /^Your presence/ }).click();
  await person.page.getByRole('menuitemradio', { name: show, exact: true }).click();
  await panel.getByRole('button', { name: `Your presence: ${show}`, exact: true }).waitFor();
}

test('on do not disturb nothing opens, sounds or notifies, and everything is counted', async () => {
  const [alice, bob, admin] = await Promise.all([
    house.arrive('alice', { init: standIn }),
    house.arrive('bob'),
    house.arrive('admin', { path: '/admin' }),
  ]);
  await Promise.all([alice.bar.online(), bob.bar.online()]);
  const { page, bar } = alice;
  await (await bar.panel('Settings')).getByRole('switch', { name: 'Desktop notifications' }).check();
  await until('it may notify', async () => (await noted(page)).asked > 0);
  await show(alice, 'Do not disturb');
  const toAlice = await bob.bar.chatWith('Alice');

  await toAlice.say('seen, but not to be disturbed by');
  await bar.button('Bob, 1 unread').waitFor();
  assert.equal(await bar.chat('Bob').window.count(), 0, 'no window opens');
  await admin.page.getByLabel('To everybody who is online').fill('Fire drill at noon');
  await admin.page.getByRole('button', { name: 'Send', exact: true }).click();
  await bar.button(/^Notifications, [1-9]\d* new$/).waitFor();
  assert.equal(await bar.region.getByRole('status').getByText('Fire drill at noon').count(), 0, 'nor a card');
  await hide(page);
  await toAlice.say('while you look elsewhere');
  await bar.button('Bob, 2 unread').waitFor();

  await hide(page, false);
  await show(alice, 'Available');
  await hide(page);
  await toAlice.say('now');
  // Notifications come in order: those of the lines before would have come before this.
  await until('it notifies', async () => (await noted(page)).notes.length > 0);
  assert.deepEqual(
    (await noted(page)).notes.map((note) => note.body),
    ['now'],
  );
  assert.equal((await noted(page)).tones, 2, 'one sound has two tones');
  await hide(page, false);
  await (await bar.chatWith('Bob')).hears('seen, but not to be disturbed by');
});
