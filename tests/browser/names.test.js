// Names of users on pages of a site.
//
// Owns: ids that look like something else, and a page's word for its own user. Must not: test how links are found.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openHouse } from './support/house.js';
import { serve, scriptTag } from './support/pages.js';
import { Person, Tab } from './support/people.js';

const house = openHouse();

/** Ids that a site may give its users. */
const WORDS = ['null', 'undefined', '__proto__', 'constructor', '[GM]Bob', '007'];

/** The site's answer to `online` is another from now on. @param {Person} person @param {(answer: any) => void} change */
function rewrite(person, change) {
  return person.page.route('**/webim/online', async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    change(answer);
    await route.fulfill({ response, json: answer });
  });
}

test('an element that names an id is no link to the user whose uid that is', async () => {
  const carol = await house.known('carol');
  const { page } = carol;
  const tag = await scriptTag(page, house.url);
  await rewrite(carol, ({ buddies }) =>
    buddies.push({ id: '4', uid: '900', nick: 'Four', presence: 'online', show: 'available', group: 'stranger' }),
  );
  const body =
    '<p><b data-webim-user="2">two</b> <b data-webim-user="4">four</b> <b data-webim-user="bob">bob</b> <a href="/space.php?uid=4">4</a></p>';
  await serve(page, house.url, `<body>${body}${tag}</body>`);
  await new Tab(page).online();
  const beside = (/** @type {string} */ selector) => page.locator(`${selector} + nextim-presence`).getByRole('button');
  await beside('[data-webim-user="bob"]').waitFor();
  assert.match((await beside('a').getAttribute('aria-label')) ?? '', /^Chat with Dave/, 'in a link it is a uid');
  await beside('[data-webim-user="4"]').click();
  await carol.bar.chat('Four').window.waitFor();
  assert.equal(await beside('[data-webim-user="2"]').count(), 0, 'nobody has this id');
});

test('users whose ids are words of programs are users like others', async () => {
  const alice = await house.known('alice');
  const { page } = alice;
  await rewrite(alice, (answer) => {
    answer.user.id = 'null';
    answer.buddies = WORDS.slice(1).map((id) => ({
      id,
      nick: `<${id}>`,
      presence: 'online',
      show: 'constructor',
      group: 'friend',
    }));
  });
  /** @type {string[]} */
  const receivers = [];
  await page.route('**/webim/message', (route) => {
    receivers.push(new URLSearchParams(route.request().postData() ?? '').get('to') ?? '');
    return route.fulfill({ json: { status: 'ok', id: String(9e6 + receivers.length) } });
  });
  await page.goto(house.url);
  await alice.bar.online();
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).NextIM.user.id), 'null');
  for (const id of WORDS.slice(1)) {
    const chat = await alice.bar.chatWith(`<${id}>`);
    await chat.say(`to ${id}`);
    await chat.log.getByRole('img', { name: 'Sent' }).waitFor();
  }
  assert.deepEqual(receivers, WORDS.slice(1));
  assert.deepEqual(alice.complaints, []);
});

test('a page from a cache, made for another user, deletes no draft', async () => {
  const bob = await house.arrive('bob');
  const { page } = bob;
  const tag = await scriptTag(page, house.url);
  const chat = await bob.bar.chatWith('Alice');
  await chat.box.fill('half a thought');
  for (const user of ['carol', '', 'undefined']) {
    await serve(page, house.url, `<body>${tag.replace('data-user="bob"', `data-user="${user}"`)}</body>`);
    // On a page without a user the bar asks the site nothing.
    if (user) await bob.bar.online();
    else await bob.bar.button('Sign in to chat').waitFor();
    await page.goto(`${house.url}/forum`);
    await bob.bar.online();
    await chat.window.waitFor();
    assert.equal(await chat.box.inputValue(), 'half a thought', `made for “${user}”`);
  }
});
