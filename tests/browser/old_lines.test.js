// Lines that come again.
//
// Owns: that lines of before are not new in a browser without a memory of them. Must not: test new lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { heard, listen } from './support/heard.js';
import { openHouse } from './support/house.js';

const house = openHouse({ server: {} });

/** @param {string} id */
async function arrive(id) {
  const person = await house.arrive(id, { init: listen });
  await person.bar.online();
  return person;
}

/** No line of before is new. @param {import('./support/people.js').Person} alice */
async function seesNothingOld(alice) {
  await alice.bar.online();
  await alice.bar.button('Carol').waitFor();
  assert.equal(await alice.bar.button('Close chat with Bob').count(), 0, 'no tab has opened');
  assert.equal(await alice.bar.region.getByRole('status').getByText('It was yesterday').count(), 0);
  const panel = await alice.bar.panel('Notifications');
  assert.equal(await panel.getByText('It was yesterday').count(), 0, 'a broadcast is not shown again');
  await alice.bar.panel('Settings');
}

test('in a new browser neither a change of page nor a restart of the message server makes old lines new', async () => {
  const [alice, bob, carol, admin] = await Promise.all(['alice', 'bob', 'carol', 'admin'].map(arrive));
  const [toAlice, toBob] = [await bob.bar.chatWith('Alice'), await alice.bar.chatWith('Bob')];
  for (const text of ['one', 'two', 'three']) {
    await toAlice.say(text);
    await toBob.hears(text);
  }
  await admin.page.goto(`${house.url}/admin`);
  await admin.page.getByLabel('To everybody who is online').fill('It was yesterday');
  await admin.page.getByRole('button', { name: 'Send', exact: true }).click();
  await alice.bar.region.getByRole('status').getByText('It was yesterday').waitFor();
  await alice.leave();

  const again = await arrive('alice');
  await (await carol.bar.chatWith('Alice')).say('the first that comes here');
  await (await again.bar.chatWith('Carol')).hears('the first that comes here');
  await again.page.reload();
  await seesNothingOld(again);
  assert.deepEqual(await heard(again), []);

  await house.server.kill();
  await again.bar.region.getByText('The message server cannot be reached').waitFor();
  await house.server.again();
  await seesNothingOld(again);
  assert.deepEqual(await heard(again), []);
});
