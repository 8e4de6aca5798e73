// Users whose links stand in a page.
//
// Owns: the marks beside these links. Must not: test the site's own links.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { Person } from './support/people.js';

// Others see at once who leaves: no test here is about a change of page.
const house = openHouse({ server: { lingerMs: 500 } });

/** Lets a minute and a half pass on a page whose clock was installed. @param {import('playwright-core').Page} page */
async function aMinuteLater(page) {
  for (let half = 0; half < 3; half += 1) await page.clock.fastForward(30_000);
}

/** Somebody whose bar runs only where the address asks for it, and who is offline until then. @param {string} id */
async function arriveUnseen(id) {
  const person = await house.arrive(id, {
    init: () => {
      if (location.hash !== '#chat') Object.assign(window, { NextIM: { on() {} } });
    },
  });
  await person.context.clock.install();
  return person;
}

/** Waits until the site says that a user is offline. @param {Person} person that asks @param {string} id */
const untilGone = (person, id) =>
  until(`${id} is gone`, () =>
    person.page.evaluate(async (user) => {
      const answer = await fetch(`/webim/buddies?ids=${user}`);
      return (await answer.json())[0].presence === 'offline';
    }, id),
  );

/** The mark beside a user's link. @param {import('playwright-core').Locator} place @param {string} nick @param {string} show */
const mark = (place, nick, show) => place.getByRole('button', { name: `Chat with ${nick} (${show})`, exact: true });

/** Goes to another page. @param {Person} person @param {string} path */
async function visit(person, path) {
  await person.page.goto(person.site + path);
  await person.bar.online();
  return person.page.getByRole('main');
}

for (const { what, path, link } of [
  { what: 'the forum', path: '/forum/3', link: 'a[href="/space.php?uid=5"]' },
  { what: 'the members', path: '/members', link: 'a[href="/space-uid-5.html"]' },
  { what: 'a group', path: '/groups/2', link: 'a[href="/home.php?mod=space&uid=5"]' },
  { what: 'a profile', path: '/u/xiaoming', link: '[data-webim-user=xiaoming]' },
]) {
  test(`in ${what} a mark beside a link follows the user's presence, and opens a chat`, async () => {
    // Carol and 小明 are no friends: the presence is known only through the page.
    const [carol] = await house.gather('carol');
    const main = await visit(carol, path);
    await mark(main, '小明', 'offline').first().waitFor();
    assert.ok(await main.locator(`${link} + nextim-presence`).first().isVisible(), 'it stands right beside the link');
    assert.equal(
      await main.locator(`${link} + nextim-presence`).count(),
      await main.locator(link).count(),
      'each link has its own',
    );

    const [xiaoming] = await house.gather('xiaoming');
    await mark(main, '小明', 'available').first().click();
    await carol.bar.chat('小明').say(`打扰一下：${path}`);
    await xiaoming.bar.chat('Carol').hears(`打扰一下：${path}`);
    assert.equal(new URL(carol.page.url()).pathname, path, 'the page has not gone to the link');

    await xiaoming.leave();
    await mark(main, '小明', 'offline').first().waitFor();
    assert.deepEqual(carol.complaints, []);
  });
}

test('friends are marked too', async () => {
  const [bob, dave] = await house.gather('bob', 'dave');
  const main = await visit(bob, '/friends');
  await mark(main, 'Dave', 'available').first().waitFor();
  await mark(main, 'Carol', 'offline').first().waitFor();
  const panel = await dave.bar.panel('Contacts');
  await panel.getByRole('button', { name: /^Your presence/ }).click();
  await dave.page.getByRole('menuitemradio', { name: 'Do not disturb' }).click();
  await mark(main, 'Dave', 'do not disturb').first().waitFor();
});

test('a second tab has marks for users of its own page', async () => {
  const [meiling] = await house.gather('meiling');
  await meiling.context.clock.install();
  const tab = await meiling.tab('/members');
  const main = tab.page.getByRole('main');
  await mark(main, 'Dave', 'offline').waitFor();
  const [dave] = await house.gather('dave');
  await meiling.page.bringToFront();
  await aMinuteLater(tab.page);
  await mark(main, 'Dave', 'available').waitFor();
  await mark(main, 'Dave', 'available').click();
  await tab.chat('Dave').say('你好');
  await dave.bar.chat('美玲').hears('你好');
});

test('a stranger comes, and goes, on pages that do not name the viewer', async () => {
  const [carol, zoe] = await Promise.all([arriveUnseen('carol'), arriveUnseen('zoe')]);
  const main = await visit(carol, '/u/zoe#chat');
  await mark(main, 'Zoë Öztürk', 'offline').first().waitFor();
  await visit(zoe, '/notifications#chat');
  assert.equal(await zoe.page.locator('[href*="uid=3"], [href*="uid-3"], [data-webim-user=carol]').count(), 0);
  await aMinuteLater(carol.page);
  await mark(main, 'Zoë Öztürk', 'available').first().waitFor();
  await zoe.page.goto('about:blank');
  await untilGone(carol, 'zoe');
  await aMinuteLater(carol.page);
  await mark(main, 'Zoë Öztürk', 'offline').first().waitFor();
});

test('a line to a stranger who is offline waits, and the window shows it', async () => {
  const [carol, zoe] = await Promise.all([arriveUnseen('carol'), arriveUnseen('zoe')]);
  await visit(carol, '/notifications#chat');
  await carol.page.evaluate(() => /** @type {any} */ (window).NextIM.open('zoe'));
  const chat = carol.bar.chat('Zoë Öztürk');
  const away = chat.window.getByText('Zoë Öztürk is offline and will read this later.');
  await away.waitFor();

  await visit(zoe, '/notifications#chat');
  await chat.button('Minimise').click();
  await carol.bar.button('Zoë Öztürk').click();
  await away.waitFor({ state: 'detached' });
  await chat.say('now that you are here');
  await zoe.bar.chat('Carol').hears('now that you are here');

  await zoe.page.goto('about:blank');
  await untilGone(carol, 'zoe');
  await aMinuteLater(carol.page);
  await away.waitFor();
  await chat.say('after you went');
  await chat.log.getByRole('img', { name: 'Sent', exact: true }).waitFor();
});

test('a page without end: marks beside the links that come, however many', async () => {
  // At once on a page without users: those of another page would be known.
  const carol = await house.arrive('carol', { path: '/notifications' });
  await carol.bar.online();
  const main = carol.page.getByRole('main');
  const asking = carol.page.waitForRequest((request) => /buddies\?.*1249/.test(decodeURIComponent(request.url())));
  // More users than are asked for at once; all but the last are known to nobody.
  await carol.page.evaluate(() => {
    const list = document.createElement('div');
    for (let uid = 1000; uid < 1250; uid += 1)
      list.append(
        Object.assign(document.createElement('a'), { href: `/space.php?uid=${uid}`, textContent: `User ${uid} ` }),
      );
    document.querySelector('main')?.append(list);
  });
  assert.ok((await (await asking).response())?.ok());
  await carol.page.evaluate(() =>
    document
      .querySelector('main')
      ?.append(Object.assign(document.createElement('a'), { href: '/space.php?uid=8', textContent: 'Zoë' })),
  );
  await mark(main, 'Zoë Öztürk', 'offline').waitFor();
});

test('no mark stands beside links to myself, nor in the bar', async () => {
  const [alice, bob] = await house.gather('alice', 'bob');
  const main = await visit(alice, '/forum/1');
  await mark(main, 'Bob', 'available').first().waitFor();
  assert.ok((await main.locator('a[href="/space.php?uid=1"]').count()) > 0, 'there is a link to myself');
  assert.equal(await main.getByRole('button', { name: /^Chat with Alice/ }).count(), 0);

  await (await bob.bar.chatWith('Alice')).say(`Me: ${house.url}/space.php?uid=2`);
  const toBob = alice.bar.chat('Bob');
  await toBob.log.getByRole('link', { name: /space\.php\?uid=2$/ }).waitFor();
  await alice.bar.panel('Contacts');
  await alice.page.evaluate(() =>
    document
      .querySelector('main')
      ?.append(Object.assign(document.createElement('a'), { href: '/space.php?uid=3', textContent: 'Carol' })),
  );
  await mark(main, 'Carol', 'offline').waitFor();
  assert.equal(await alice.bar.region.locator('nextim-presence').count(), 0);
});
