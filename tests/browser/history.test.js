// Lines of the past.
//
// Owns: the history of chats, as it is read, cleared and downloaded. Must not: look into the database.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { boxOf, until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { holdBack } from './support/pages.js';
import { Person } from './support/people.js';

const house = openHouse();

/** The most lines that the site takes at once. */
const AT_ONCE = 18;

/**
 * Sends many lines quickly, by calls to the site. One that comes too soon after those of an earlier test waits.
 * @param {Person} person @param {string} type @param {string} to @param {string} about
 */
const sayMany = (person, type, to, about) =>
  person.page.evaluate(
    async ([kind, whom, what, count]) => {
      for (let n = 1; n <= Number(count); n += 1) {
        const body = new URLSearchParams({ type: String(kind), to: String(whom), body: `${what} ${n}` });
        for (;;) {
          const answer = await fetch('/webim/message', { method: 'POST', body });
          if (answer.ok) break;
          if (answer.status !== 429) throw new Error(await answer.text());
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
      }
    },
    [type, to, about, AT_ONCE],
  );

/** Scrolls up as far as it goes, when no more is on its way. @param {import('./support/people.js').Chat} chat */
async function scrollUp(chat) {
  await chat.window.locator('[role=log][aria-busy=false]').hover();
  await chat.log.page().mouse.wheel(0, -100_000);
}

/** @param {import('./support/people.js').Chat} chat */
const days = (chat) => chat.log.getByRole('heading');

test('older lines come when the user scrolls up, in order, and the view stays where it was', async () => {
  const [alice, bob] = await house.gather('alice', 'bob');
  await sayMany(alice, 'unicast', 'bob', 'From Alice');
  await sayMany(bob, 'unicast', 'alice', 'From Bob');
  const toBob = await alice.bar.chatWith('Bob');
  await alice.page.reload();
  await toBob.hears(`From Bob ${AT_ONCE}`);
  assert.ok(await toBob.log.getByText(`From Bob ${AT_ONCE}`, { exact: true }).isVisible());
  assert.equal(await toBob.times('Your rear wheel is ready.'), 0, 'only the newest are here');

  const first = toBob.log.getByText('From Bob 1', { exact: true });
  await scrollUp(toBob);
  await toBob.hears('Your rear wheel is ready.');
  await scrollUp(toBob);
  await toBob.log.getByText('No earlier messages').waitFor();
  assert.equal(await first.count(), 1);
  const lines = await toBob.log.locator('.bubble').allTextContents();
  const said = (/** @type {string} */ who) => Array.from({ length: AT_ONCE }, (_, n) => `From ${who} ${n + 1}`);
  assert.deepEqual(lines.slice(-2 * AT_ONCE), [...said('Alice'), ...said('Bob')]);
  assert.equal(lines[0], 'Your rear wheel is ready.');
  assert.equal(new Set(lines).size, lines.length, 'each is there once');
});

test('the line one reads does not move when older ones come in above it', async () => {
  const [xiaoming, meiling] = await house.gather('xiaoming', 'meiling');
  await sayMany(xiaoming, 'unicast', 'meiling', '甲');
  await sayMany(meiling, 'unicast', 'xiaoming', '乙');
  const release = await holdBack(xiaoming.page, /\/webim\/history\?.*before=/);
  const toMeiling = await xiaoming.bar.chatWith('美玲');
  await xiaoming.page.reload();
  await toMeiling.hears(`乙 ${AT_ONCE}`);
  await scrollUp(toMeiling);
  const read = toMeiling.log.getByText('甲 10', { exact: true });
  await toMeiling.log.getByText('Loading…').waitFor();
  const where = await boxOf(read);
  release();
  await toMeiling.hears('甲 1');
  await toMeiling.log.getByText('Loading…').waitFor({ state: 'detached' });
  const now = await boxOf(read);
  assert.ok(Math.abs(where.y - now.y) < 48, `from ${where.y} to ${now.y}`);
});

test("a room's history goes back too", async () => {
  const [alice, bob, carol] = await house.gather('alice', 'bob', 'carol');
  await sayMany(bob, 'multicast', '1', 'Bob walks');
  await sayMany(carol, 'multicast', '1', 'Carol walks');
  const room = await alice.bar.enter('Mountain walkers');
  await alice.page.reload();
  await room.hears(`Carol walks ${AT_ONCE}`);
  assert.equal(await room.times('Rain until ten, then sun.'), 0);
  await scrollUp(room);
  await room.hears('Rain until ten, then sun.');
});

test('a user at the first line before the newest page has come need not scroll again', async () => {
  const [carol, xiaoming, meiling] = await house.gather('carol', 'xiaoming', 'meiling');
  const release = await holdBack(carol.page, '**/webim/history?*');
  const room = await carol.bar.enter('摄影俱乐部');
  await sayMany(xiaoming, 'multicast', '3', '丙');
  await sayMany(meiling, 'multicast', '3', '丁');
  await room.hears(`丁 ${AT_ONCE}`);
  await room.log.hover();
  await room.log.page().mouse.wheel(0, -100_000);
  await room.button('To the newest message').waitFor();
  release();
  await room.log.getByText('No earlier messages').waitFor();
});

test('older lines that could not be loaded are asked for again when the user scrolls, and not before', async () => {
  const [alice, bob] = await house.gather('alice', 'bob');
  let [asked, isThere] = [0, false];
  await alice.page.route(/\/webim\/history\?.*before=/, (route) => {
    asked += 1;
    return isThere ? route.continue() : route.fulfill({ status: 500, json: {} });
  });
  const toBob = await alice.bar.chatWith('Bob');
  await scrollUp(toBob);
  await until('older ones were asked for', () => asked > 0);
  const toAlice = await bob.bar.chatWith('Alice');
  const hear = async (/** @type {string} */ text) => {
    await toAlice.say(text);
    await toBob.hears(text);
  };
  await hear('Still there?'); // by now the log has come to rest
  const before = asked;
  for (const text of ['Hello?', 'Well.']) await hear(text);
  assert.equal(asked, before);

  isThere = true;
  await toBob.log.page().mouse.wheel(0, 200);
  await until('the log has moved', () => toBob.log.evaluate((box) => box.scrollTop > 0));
  await scrollUp(toBob);
  await toBob.hears('Your rear wheel is ready.');
});

test('days stand above their lines', async () => {
  const [bob] = await house.gather('bob');
  const day = 24 * 3_600_000;
  await bob.page.route('**/webim/history?*', async (route) => {
    const answer = await route.fetch();
    const rows = /** @type {{timestamp: number}[]} */ (await answer.json());
    const shifted = rows.map((row, at) => ({
      ...row,
      timestamp: row.timestamp - (at < 1 ? 400 * day : at < 2 ? day : 0),
    }));
    await route.fulfill({ response: answer, json: shifted });
  });
  const chat = await bob.bar.enter('Bicycle kitchen');
  await chat.say('Anybody here?');
  await days(chat).getByText('Today').waitFor();
  for (const text of ['Really nobody?', 'Well then.']) {
    await chat.say(text);
    await chat.hears(text);
  }
  await chat.log.getByRole('img', { name: 'Sending' }).first().waitFor({ state: 'detached' });
  await chat.button('Close').click();
  await bob.bar.enter('Bicycle kitchen');
  await days(chat).nth(2).waitFor();
  const [long, ...near] = await days(chat).allTextContents();
  assert.match(long ?? '', /^[A-Z][a-z]+ \d{1,2}, \d{4}$/, 'long ago the year stands there');
  assert.deepEqual(near, ['Yesterday', 'Today']);
});

test('a history is cleared on my side only, after a second question', async () => {
  const [alice, bob] = await house.gather('alice', 'bob');
  const [toBob, toAlice] = [await alice.bar.chatWith('Bob'), await bob.bar.chatWith('Alice')];
  await toBob.say('Shall we forget this?');
  await toAlice.hears('Shall we forget this?');
  await toBob.choose('Clear history');
  const question = toBob.window.getByRole('group', { name: 'Clear it on your side?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'detached' });
  await toBob.hears('Shall we forget this?');

  await toBob.choose('Clear history');
  await question.getByRole('button', { name: 'Clear', exact: true }).click();
  await toBob.log.getByText('Say hello!').waitFor();
  await Promise.all([alice.page.reload(), bob.page.reload()]);
  await Promise.all([alice.bar.online(), bob.bar.online()]);
  await toBob.log.getByText('Say hello!').waitFor();
  await toAlice.hears('Shall we forget this?');
  await toAlice.say('I remember.');
  await toBob.hears('I remember.');
  assert.equal(await toBob.log.locator('.bubble').count(), 1);
});

test('a history that is downloaded is a page with all lines, and nothing in it runs', async () => {
  const [dave, bob] = await house.gather('dave', 'bob');
  const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  const toBob = await dave.bar.chatWith('Bob');
  await toBob.say(hostile);
  await (await bob.bar.chatWith('Dave')).say('你好 & "welcome"');
  await toBob.hears('你好 & "welcome"');
  const [download] = await Promise.all([dave.page.waitForEvent('download'), toBob.choose('Download history')]);
  assert.match(download.suggestedFilename(), /^histories-[\d-]+\.html$/);
  const file = await download.path();
  assert.match(await readFile(file, 'utf8'), /&#60;img src=x|&lt;img src=x/);
  assert.equal(new URL(dave.page.url()).origin, house.url, 'the page stays');

  const reader = await dave.context.newPage();
  await reader.setContent(await readFile(file, 'utf8'));
  await reader.getByText(hostile, { exact: true }).waitFor();
  await reader.getByText('你好 & "welcome"', { exact: true }).waitFor();
  assert.equal(await reader.title(), 'Bob');
  assert.equal(await reader.locator('img, script').count(), 0);
});
