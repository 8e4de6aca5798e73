// More lines at once than the site takes.
//
// Owns: the window's text about it, and the order of arrival. Must not: count seconds.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { Person } from './support/people.js';

const house = openHouse();

/** The site counts each line of this length for three, so a few at once are too many. */
const BURST = Array.from({ length: 12 }, (_, at) => `line ${at + 1} ${'大'.repeat(8000)}`);

/**
 * Sends all of it at once, by a script. One line in the middle is refused in any case: on a machine that takes long for
 * each, there would never be too many.
 * @param {Person} person @param {string} to
 */
async function burst(person, to) {
  let sent = 0;
  await person.page.route('**/webim/message', (route) => {
    sent += 1;
    if (sent !== 4) return route.continue();
    const json = { error: 'You are writing too fast. Please wait a moment.', status: 429 };
    return route.fulfill({ status: 429, headers: { 'Retry-After': '5' }, json });
  });
  await /** @type {any} */ (person.page).evaluate(
    (/** @type {[string, string[]]} */ [id, said]) =>
      said.forEach((line) => /** @type {any} */ (window).NextIM.send(id, line)),
    [to, BURST],
  );
}

/** The lines of the burst that stand in a chat, in order. @param {import('./support/people.js').Chat} chat */
const lines = async (chat) => (await chat.said(/^line \d+ /)).map((text) => Number(/\d+/.exec(text)?.[0]));
const ALL = BURST.map((_, at) => at + 1);

/** @param {import('./support/people.js').Chat} chat */
const whole = (chat) => chat.log.getByText(/^line 12 /).waitFor();

test('a burst waits as the site asks, says so, and arrives whole and in order', async () => {
  const [dave, bob] = await house.gather('dave', 'bob');
  const [toBob, toDave] = [await dave.bar.chatWith('Bob'), await bob.bar.chatWith('Dave')];
  await burst(dave, 'bob');
  await toBob.window.getByText('Too many messages at once.').waitFor();
  await toBob.window.getByText(/^Trying again in \d+ seconds?$/).waitFor();
  await whole(toDave);
  assert.deepEqual(await lines(toDave), ALL, 'the other side has no gaps');
  await toBob.log.getByRole('img', { name: 'Sending' }).waitFor({ state: 'detached' });
  assert.deepEqual(await lines(toBob), ALL);
  assert.equal(await toBob.button('Retry').count(), 0, 'nothing has failed');
  await toBob.window.getByText('Too many messages at once.').waitFor({ state: 'detached' });
});

test('a burst goes on in order on the next page', async () => {
  const [xiaoming, meiling] = await house.gather('xiaoming', 'meiling');
  const toMeiling = await xiaoming.bar.chatWith('美玲');
  const toXiaoming = await meiling.bar.chatWith('小明');
  await burst(xiaoming, 'meiling');
  await toMeiling.window.getByText('Too many messages at once.').waitFor();
  await xiaoming.page.goto(`${house.url}/forum`);
  await whole(toXiaoming);
  assert.deepEqual(await lines(toXiaoming), ALL);
  await whole(xiaoming.bar.chat('美玲'));
  assert.deepEqual(await lines(xiaoming.bar.chat('美玲')), ALL);
});

test('a line that failed keeps its place, and all of them are sent again in their order', async () => {
  const [alice, carol] = await house.gather('alice', 'carol');
  const [toCarol, toAlice] = [await alice.bar.chatWith('Carol'), await carol.bar.chatWith('Alice')];
  const lost = ['two', 'three', 'five'];
  await alice.page.route('**/webim/message', (route) => {
    const body = new URLSearchParams(route.request().postData() ?? '').get('body') ?? '';
    return lost.includes(body) ? route.fulfill({ status: 500, body: 'oops' }) : route.continue();
  });
  const said = ['one', 'two', 'three', 'four', 'five', 'six'];
  for (const text of said) await toCarol.say(text);
  await toAlice.hears('six');
  await toCarol.window.getByText('3 messages were not sent.').waitFor();
  await toCarol.log.getByRole('img', { name: 'Sending' }).waitFor({ state: 'detached' });
  // A line that the site has taken is drawn again in its place.
  const inOrder = async () => (await toCarol.said(/^(one|two|three|four|five|six)$/)).join(' ') === said.join(' ');
  await until('all lines stand in their order', inOrder);

  await alice.page.unroute('**/webim/message');
  await toCarol.button('Send all again').click();
  await toCarol.window.getByText('messages were not sent').waitFor({ state: 'detached' });
  await toAlice.hears('five');
  assert.deepEqual(await toAlice.said(/^(one|two|three|four|five|six)$/), ['one', 'four', 'six', ...lost]);
});
