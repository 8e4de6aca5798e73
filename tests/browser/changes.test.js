// What is seen of a line after it was said.
//
// Owns: its ticks, and what signals of the site make of it. Must not: look into the core; its own tests do.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { nobodyComplains } from './support/guest.js';
import { openHouse } from './support/house.js';
import { MessageServer } from './support/servers.js';

const house = openHouse({ server: {} });

/** Waits for the mark of the last line. @param {import('./support/people.js').Tab} tab @param {string} name */
const isMarked = (tab, name) =>
  until(`the last line is marked as ${name}`, async () => {
    return (await tab.chat('Bob').log.getByRole('img').last().getAttribute('aria-label')) === name;
  });

test('the second tick comes when the site says that a line has arrived, and not before', async () => {
  const [alice, bob] = await house.gather('alice', 'bob');
  const toBob = await alice.bar.chatWith('Bob');
  await toBob.say('to somebody who is here');
  await isMarked(alice.bar, 'Delivered');
  await bob.leave();
  await toBob.window.getByText('Bob is offline and will read this later.').waitFor();
  await toBob.say('to somebody who is away');
  await isMarked(alice.bar, 'Sent');
  const back = await house.arrive('bob');
  await back.bar.online();
  await (await back.bar.chatWith('Alice')).hears('to somebody who is away');
  await alice.page.reload();
  await alice.bar.online();
  await isMarked(alice.bar, 'Delivered');
  nobodyComplains(alice, back);
});

test('a line that the site has edited or deleted is drawn so at once', async () => {
  const [alice, bob] = await house.gather('alice', 'bob');
  const toBob = await alice.bar.chatWith('Bob');
  const toAlice = await bob.bar.chatWith('Alice');
  await toBob.say('helo');
  await toBob.say('a mistake');
  await toAlice.hears('a mistake');
  const lines = await bob.page.evaluate(async () => {
    const answer = await fetch('/webim/history?type=unicast&id=alice');
    return answer.json();
  });
  /** @param {string} name @param {string} body @param {object} data */
  async function signal(name, body, data) {
    const { id } = lines.find((/** @type {{body: string}} */ it) => it.body === body);
    const answer = await fetch(`${house.server.url}/signals`, {
      method: 'POST',
      body: new URLSearchParams({
        ...{ domain: 'test', apikey: MessageServer.key, from: 'alice', to: 'bob', name },
        data: JSON.stringify({ key: id, id, ...data }),
      }),
    });
    assert.equal(answer.status, 200);
  }
  await signal('edit', 'helo', { rev: 1, body: 'hello' });
  await signal('delete', 'a mistake', { rev: 1 });
  for (const chat of [toBob, toAlice]) {
    await chat.window.getByText('Message deleted').waitFor();
    await chat.hears('hello');
    assert.deepEqual(
      [await chat.window.getByText('helo').count(), await chat.window.getByText('a mistake').count()],
      [0, 0],
    );
  }
  nobodyComplains(alice, bob);
});
