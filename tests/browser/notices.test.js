// Messages of the site.
//
// Owns: broadcasts, pushes of the forum, and the site's own notifications, as the bar shows them. Must not: test chats.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openHouse } from './support/house.js';
import { Person } from './support/people.js';

const house = openHouse();

/** The cards above the bar. @param {Person} person */
const cards = (person) =>
  person.bar.region.getByRole('status').filter({ has: person.page.getByRole('button', { name: 'Dismiss' }) });

/** The mouse upon them keeps them there, from when they come: by themselves they soon go. @param {Person} person */
const hold = (person) => cards(person).hover();

/** @param {Person} person @param {string} text */
async function broadcast(person, text) {
  await person.page.goto(`${person.site}/admin`);
  await person.page.getByLabel('To everybody who is online').fill(text);
  await person.page.getByRole('button', { name: 'Send', exact: true }).click();
  await person.page.getByRole('main').getByRole('status').waitFor();
}

/** @param {Person} person @param {string} thread @param {string} text */
async function reply(person, thread, text) {
  await person.page.goto(`${person.site}/forum`);
  await person.page.getByRole('link', { name: thread }).click();
  await person.page.getByLabel('Your reply').fill(text);
  await person.page.getByRole('button', { name: 'Post reply' }).click();
  await person.page.locator('article').filter({ hasText: text }).waitFor();
}

/** How many notices are new, as the bar's button says. @param {Person} person @param {number} count */
const news = (person, count) => person.bar.button(count ? `Notifications, ${count} new` : 'Notifications').waitFor();

test('an administrator’s broadcast reaches everybody online, in a card of its own look, and stays among the notifications', async () => {
  const [admin, carol, zoe] = await house.gather('admin', 'carol', 'zoe');
  await Promise.all([carol, zoe].map((person) => news(person, 0)));
  const held = [carol, zoe].map(hold);
  await Promise.all([broadcast(admin, 'Maintenance at noon: see https://example.com/noon'), ...held]);

  for (const person of [carol, zoe]) {
    const card = cards(person).locator('.card.broadcast');
    await card.getByText('Announcement', { exact: true }).waitFor();
    await card.getByText('Maintenance at noon: see').waitFor();
    await card.getByText('Admin', { exact: true }).waitFor();
    assert.equal(await card.getByRole('link').getAttribute('href'), 'https://example.com/noon');
    assert.equal(await person.bar.button(/^Admin/).count(), 0, 'it is no chat');
    await news(person, 1);
  }
  await cards(carol).getByRole('button', { name: 'Dismiss' }).click();
  await cards(carol).waitFor({ state: 'detached' });
  await news(carol, 1);
  const panel = await carol.bar.panel('Notifications');
  await panel.getByRole('list', { name: 'Announcements' }).getByText('Maintenance at noon: see').waitFor();
  await news(carol, 0);
  await carol.page.reload();
  await carol.bar.online();
  await news(carol, 0);
  await (await carol.bar.panel('Notifications')).getByText('Maintenance at noon: see').waitFor();
  await zoe.page.reload();
  await zoe.bar.online();
  await news(zoe, 1);
});

test('nobody but an administrator speaks to everybody', async () => {
  const [bob, carol] = await house.gather('bob', 'carol');
  const status = await bob.page.evaluate(async () => {
    const body = new URLSearchParams({ type: 'broadcast', body: 'Buy hubs' });
    return (await fetch('/webim/message', { method: 'POST', body })).status;
  });
  assert.equal(status, 403);
  // A later message is here, so the other will not come any more.
  await (await bob.bar.chatWith('Carol')).say('Did you see anything?');
  await carol.bar.chat('Bob').hears('Did you see anything?');
  assert.equal(await cards(carol).count(), 0);
  await news(carol, 0);
});

test('a post of the forum is pushed to its subscribers only, in a look of its own, with the way to it', async () => {
  const [alice, carol, dave] = await house.gather('alice', 'carol', 'dave');
  const panel = await alice.bar.panel('Notifications');
  await panel.getByRole('link', { name: /Welcome to the community/ }).waitFor();
  await reply(dave, 'Which camera for birds?', 'The one with a strap.');
  const card = panel.locator('.card.channel');
  await card.getByText('New in Forum').waitFor();
  await card.getByText('Dave in “Which camera for birds?”: The one with a strap.').waitFor();
  assert.equal(await panel.locator('.card.broadcast').count(), 0);
  assert.equal(await card.getByRole('link', { name: 'Open' }).getAttribute('href'), `${house.url}/forum`);

  // A later message is here, so the other will not come any more.
  await (await alice.bar.chatWith('Carol')).say('Did you see the post?');
  await carol.bar.chat('Alice').hears('Did you see the post?');
  assert.equal(await cards(carol).count(), 0);
  await news(carol, 0);
});

test('a subscriber gets the next post in a card, and no more after unsubscribing', async () => {
  const [meiling, bob] = await house.gather('meiling', 'bob');
  await meiling.page.goto(`${meiling.site}/forum`);
  await meiling.page.getByRole('button', { name: 'Subscribe', exact: true }).click();
  await meiling.page.getByRole('button', { name: 'Unsubscribe' }).waitFor();
  await meiling.bar.online();
  await Promise.all([reply(bob, 'Sunday walk: lake or ridge?', 'I vote for the lake.'), hold(meiling)]);
  const card = cards(meiling).locator('.card.channel');
  await card.getByText('Bob in “Sunday walk: lake or ridge?”: I vote for the lake.').waitFor();
  await card.getByText('New in Forum').waitFor();
  await news(meiling, 1);
  await card.getByRole('link', { name: 'Open' }).click();
  await meiling.page.waitForURL('**/forum');

  await meiling.page.getByRole('button', { name: 'Unsubscribe' }).click();
  await meiling.page.getByRole('button', { name: 'Subscribe', exact: true }).waitFor();
  await meiling.bar.online();
  await reply(bob, 'Sunday walk: lake or ridge?', 'Or the ridge.');
  const [xiaoming] = await house.gather('xiaoming');
  await (await xiaoming.bar.chatWith('美玲')).say('看到了吗？');
  await meiling.bar.chat('小明').hears('看到了吗？');
  const panel = await meiling.bar.panel('Notifications');
  await panel.getByText('I vote for the lake.').waitFor();
  assert.equal(await panel.getByText('Or the ridge.').count(), 0);
});

test('the site’s notes for a user are listed with links: a reply, a request, and its answer', async () => {
  const [alice, zoe] = await house.gather('alice', 'zoe');
  await reply(zoe, 'Welcome! Introduce yourself', 'Hi, I am Zoë.');
  const [admin] = await house.gather('admin');
  const ofAdmin = await admin.bar.panel('Notifications');
  await ofAdmin.getByRole('link', { name: 'Zoë Öztürk replied in “Welcome! Introduce yourself”' }).click();
  await admin.page.waitForURL(/\/forum\/1#post-\d+$/);

  await zoe.page.goto(`${zoe.site}/u/alice`);
  await zoe.page.getByRole('button', { name: 'Add friend Alice' }).click();
  await zoe.page.getByRole('button', { name: /Take the request back/ }).waitFor();
  const site = (await alice.bar.panel('Notifications')).getByRole('list', { name: 'From the site' });
  await site.getByRole('link', { name: 'Zoë Öztürk wants to be your friend' }).click();
  await alice.page.waitForURL('**/friends');
  await alice.page.getByRole('button', { name: 'Accept Zoë Öztürk' }).click();
  await alice.page.getByRole('button', { name: 'Unfriend Zoë Öztürk' }).waitFor();
  await (await alice.bar.contact('Zoë Öztürk', 'Available')).first().waitFor();
  await alice.bar.panel('Notifications');
  await site.getByRole('link', { name: /Dave wants/ }).waitFor();
  await site.getByRole('link', { name: /Zoë Öztürk wants/ }).waitFor({ state: 'detached' }); // the one that is answered

  await zoe.page.reload();
  await zoe.bar.online();
  await (await zoe.bar.panel('Notifications')).getByRole('link', { name: /Alice/ }).waitFor();
});

test('new notices are counted, of the site and pushed ones together', async () => {
  const [admin, bob] = await house.gather('admin', 'bob');
  // Looked at once: notices of before are not new any more.
  await bob.bar.panel('Notifications');
  await bob.bar.panel('Settings');
  await news(bob, 0);
  await broadcast(admin, 'First');
  await news(bob, 1);
  await broadcast(admin, 'Second');
  await news(bob, 2);
  const panel = await bob.bar.panel('Notifications');
  await news(bob, 0);
  const listed = panel
    .getByRole('list', { name: 'From the site' })
    .getByRole('listitem')
    .filter({ hasText: 'Welcome to the community!' });
  assert.match((await listed.getByRole('time').getAttribute('datetime')) ?? '', /^20\d\d-/, 'each says when it was');
  await bob.page.reload();
  await bob.bar.online();
  await (await bob.bar.panel('Notifications')).getByText('Welcome to the community!').waitFor();
  await bob.bar.panel('Settings');
  await news(bob, 0);
  await broadcast(admin, 'Third');
  await news(bob, 1);
});
