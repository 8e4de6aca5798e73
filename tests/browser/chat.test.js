// Two people meet and talk.
//
// Owns: lines between users, in both directions and in rooms. Must not: break a server or a network; other files do.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { heardOnce } from './support/people.js';

/** Here and in `appearance.test.js` the bar moves, as it mostly does for users. */
const house = openHouse({ people: { reducedMotion: 'no-preference' } });

/** @param {string[]} ids */
const arrive = (...ids) => Promise.all(ids.map((id) => house.arrive(id)));

/** So wide that a chat which opens by itself covers nothing of the site's pages. */
const WIDE = { viewport: { width: 1800, height: 900 } };

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
  for (const rel of ['noopener', 'noreferrer', 'nofollow'])
    assert.match((await link.getAttribute('rel')) ?? '', new RegExp(rel));
  assert.deepEqual([...alice.complaints, ...bob.complaints], []);
});

test('typing shows at the other side, and goes when the message is sent or the box is emptied', async () => {
  const [alice, bob] = await arrive('alice', 'bob');
  // With a clock that stands still the mark ends only by a message.
  await bob.page.clock.setFixedTime(Date.now());
  await bob.bar.online();
  const toAlice = await bob.bar.chatWith('Alice');
  const toBob = await alice.bar.chatWith('Bob');
  const typing = toAlice.log.getByText('Alice is typing…');
  /** @type {string[]} */
  const told = [];
  alice.page.on('request', (request) => {
    if (request.url().endsWith('/webim/status'))
      told.push(new URLSearchParams(request.postData() ?? '').get('show') ?? '');
  });

  await toBob.box.pressSequentially('Soon');
  await typing.waitFor();
  await toBob.box.press('Enter');
  await toAlice.hears('Soon');
  await typing.waitFor({ state: 'hidden' });

  await toBob.box.pressSequentially('N');
  await typing.waitFor();
  // The next key is sent again, so the emptied box was sent too, and the mark did not end by time.
  await toBob.box.press('Backspace');
  await toBob.box.pressSequentially('Well');
  await toBob.box.fill('');
  // The last message may still be on its way, and the mark be hidden by the one before it.
  await until('all was told', () => told.length === 6);
  await typing.waitFor({ state: 'hidden' });
  assert.deepEqual(told, ['typing', 'clear', 'typing', 'clear', 'typing', 'clear']);
});

test('typing ends six seconds after the last key, and after ten without a message about it', async () => {
  const [alice, bob] = await arrive('alice', 'bob');
  await Promise.all([alice, bob].map(({ page }) => page.clock.install()));
  await Promise.all([alice, bob].map(({ page }) => page.reload()));
  await Promise.all([alice.bar.online(), bob.bar.online()]);
  const [toBob, toAlice] = [await alice.bar.chatWith('Bob'), await bob.bar.chatWith('Alice')];
  const typing = toAlice.log.getByText('Alice is typing…');
  const told = (/** @type {string} */ show) =>
    alice.page.waitForRequest(
      (request) =>
        request.url().endsWith('/webim/status') && new URLSearchParams(request.postData() ?? '').get('show') === show,
    );

  const cleared = told('clear');
  await toBob.box.pressSequentially('S');
  await typing.waitFor();
  await alice.page.clock.fastForward(6000);
  await cleared;
  await typing.waitFor({ state: 'hidden' });

  await alice.page.route('**/webim/status', (route) =>
    /clear/.test(route.request().postData() ?? '') ? route.abort() : route.continue(),
  );
  await toBob.box.pressSequentially('o');
  await typing.waitFor();
  await bob.page.clock.fastForward(10_000);
  await typing.waitFor({ state: 'hidden' });
});

test('a line that is too long for the site fails with the site’s reason', async () => {
  const [alice, bob] = await arrive('alice', 'bob');
  const toBob = await alice.bar.chatWith('Bob');
  await alice.page.route('**/webim/message', async (route) => {
    const params = new URLSearchParams(route.request().postData() ?? '');
    params.set('body', 'x'.repeat(32_769));
    await route.continue({ postData: `${params}` });
  });
  await toBob.say('It grows on its way');
  await toBob.log.getByText('This message is too long.').waitFor();
  await alice.page.unroute('**/webim/message');
  await toBob.button('Retry').click();
  await heardOnce([toBob, await bob.bar.chatWith('Alice')], ['It grows on its way']);
});

test('a line to somebody offline is announced as such, and arrives once when that user comes', async () => {
  const [xiaoming] = await arrive('xiaoming');
  const toMeiling = await xiaoming.bar.chatWith('美玲');
  await toMeiling.window.getByText('美玲 is offline and will read this later.').waitFor();
  await toMeiling.say('明天见');
  await toMeiling.log.getByRole('img', { name: 'Sent', exact: true }).waitFor();

  const [meiling] = await arrive('meiling');
  await meiling.bar.button(/^小明/).waitFor();
  await meiling.bar.chat('小明').hears('明天见');
  await meiling.page.reload();
  await meiling.bar.online();
  await meiling.bar.chat('小明').hears('明天见');
  await toMeiling.window.getByText('美玲 is offline').waitFor({ state: 'hidden' });
  await toMeiling.say('欢迎');
  await meiling.bar.chat('小明').hears('欢迎');
  assert.equal(await meiling.bar.chat('小明').times('明天见'), 1);
  await meiling.leave();

  const [again] = await arrive('meiling');
  await again.bar.online();
  assert.equal(await again.bar.button(/^小明/).count(), 0, 'what was read is not new');
  const back = await again.bar.chatWith('小明');
  await heardOnce([back, toMeiling], ['明天见', '欢迎']);
});

test('a message to somebody who has blocked me fails with the reason, can be retried, and discarded', async () => {
  const [bob, carol] = await arrive('bob', 'carol');
  const toBob = await carol.bar.chatWith('Bob');
  const toCarol = await bob.bar.chatWith('Carol');
  await toCarol.choose('Block');
  await toCarol.window.getByText('You have blocked Carol.').waitFor();

  const refused = toBob.log.getByText('Bob does not take messages from you.');
  await toBob.say('Are you there?');
  await refused.waitFor();
  await toBob.say('Hello?');
  await refused.nth(1).waitFor();
  const later = toBob.window.getByText('Bob is offline and will read this later.');
  await (await carol.bar.contact('Bob', 'Offline')).waitFor();
  assert.equal(await later.count(), 0, 'it is said once, and not otherwise');
  await toBob.button('Discard').last().click();
  await toBob.log.getByText('Hello?').waitFor({ state: 'detached' });

  await toCarol.button('Unblock').click();
  await toCarol.box.waitFor();
  await toBob.button('Retry').click();
  await refused.waitFor({ state: 'detached' });
  await heardOnce([toBob, toCarol], ['Are you there?']);
  assert.equal(await toCarol.times('Hello?'), 0);
});

test('a message that is too long is not sent, and nothing of it is lost', async () => {
  const [alice, bob] = await arrive('alice', 'bob');
  const toBob = await alice.bar.chatWith('Bob');
  const [long, longest] = ['長'.repeat(10_923), `${'長'.repeat(10_922)}!!`];
  await toBob.box.fill(long);
  await toBob.window.getByText('Too long: 32,769 of 32,768 bytes').waitFor();
  assert.ok(await toBob.button('Send').isDisabled());
  assert.equal(await toBob.box.inputValue(), long);
  await toBob.box.press('Enter');
  await toBob.say(longest);
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.hears(longest);
  assert.equal(await toAlice.times(long), 0);
});

test('bold and colour arrive', async () => {
  const [alice, bob] = await arrive('alice', 'bob');
  const toBob = await alice.bar.chatWith('Bob');
  await toBob.button('Formatting').click();
  const tools = toBob.window.getByRole('toolbar', { name: 'Formatting' });
  await tools.getByRole('button', { name: 'Bold' }).click();
  await tools.getByRole('button', { name: 'Colour 4' }).click();
  await toBob.say('Green and bold');
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.hears('Green and bold');
  const look = await lookOf(toAlice, 'Green and bold');
  assert.equal(look.fontWeight, '700');
  assert.match(look.color, /^rgb\((\d{1,2}), (1\d\d), (\d{1,2})\)$/, 'it is green');
});

test('a hostile style does nothing, even if the site lets it through', async () => {
  const [alice, bob] = await arrive('alice', 'bob');
  await Promise.all([alice.bar.online(), bob.bar.online()]);
  const style =
    'position:fixed;inset:0;background:url(//evil.example/);font-size:400px;color:#fff;display:none;z-index:9';
  const toBob = await alice.bar.chatWith('Bob');
  await toBob.say('Plainly');
  await bob.page.route('**/webim/history?*', async (route) => {
    const answer = await route.fetch();
    const rows = /** @type {object[]} */ (await answer.json());
    await route.fulfill({ response: answer, json: rows.map((row) => ({ ...row, style })) });
  });
  await bob.page.reload();
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.hears('Your rear wheel is ready.');
  const look = await lookOf(toAlice, 'Your rear wheel is ready.');
  assert.equal(look.position, 'static');
  assert.doesNotMatch(look.background, /url/);
  assert.notEqual(look.display, 'none');
  assert.ok(Number.parseFloat(look.fontSize) <= 22, look.fontSize);
  assert.notEqual(look.color, 'rgb(255, 255, 255)', 'white on white cannot be read');
  assert.deepEqual(bob.complaints, []);
});

test('whatever users call themselves, their groups and their threads, it is text wherever it is shown', async () => {
  const [dave, bob, admin] = await Promise.all(['dave', 'bob', 'admin'].map((id) => house.arrive(id, WIDE)));
  const evil = '<img src=x onerror=alert(1)>';
  await dave.page.goto(`${dave.site}/u/dave`);
  await dave.page.getByLabel('Shown name').fill(evil);
  await dave.page.getByRole('button', { name: 'Save' }).click();
  await dave.page.getByRole('heading', { name: evil }).waitFor();
  await dave.page.goto(`${dave.site}/groups`);
  await dave.page.getByText('Start a group').click();
  await dave.page.getByLabel('Name').fill(`Room ${evil}`);
  await dave.page.getByRole('button', { name: 'Create group' }).click();
  await dave.page.getByRole('heading', { name: `Room ${evil}` }).waitFor();
  await bob.page.goto(`${bob.site}/groups`);
  await bob.page.getByRole('link', { name: `Room ${evil}` }).click();
  await bob.page.getByRole('button', { name: /^Join/ }).click();
  await bob.page.getByRole('button', { name: /^Leave/ }).waitFor();
  await Promise.all([bob.bar.online(), dave.bar.online()]);

  const { region } = bob.bar;
  const contacts = await bob.bar.panel('Contacts');
  await contacts.getByText(evil, { exact: true }).waitFor();
  const rooms = await bob.bar.panel('Rooms');
  await rooms.getByText(`Room ${evil}`, { exact: true }).click();
  await (await dave.bar.chatWith('Bob')).say(`${evil} javascript:alert(1) https://example.com/"onclick="alert(1)`);
  await bob.bar.button(/^<img .*\d unread/).click();
  const chat = bob.bar.chat(evil);
  await chat.log.getByRole('link', { name: 'https://example.com/', exact: true }).waitFor();
  assert.equal(await chat.log.getByRole('link').count(), 1);
  await dave.page.goto(`${dave.site}/forum`);
  await dave.page.getByText('Start a thread').click();
  await dave.page.getByLabel('Title').fill(`Thread ${evil}`);
  await dave.page.getByLabel('Text').fill(evil);
  await dave.page.getByRole('button', { name: 'Post', exact: true }).click();
  await region.getByText(`${evil} in “Thread ${evil}”: ${evil}`).first().waitFor();
  await admin.page.goto(`${admin.site}/admin`);
  await admin.page.getByLabel('To everybody who is online').fill(`All: ${evil} javascript:alert(2)`);
  await admin.page.getByRole('button', { name: 'Send', exact: true }).click();
  await region.getByText(`All: ${evil} javascript:alert(2)`).first().waitFor();
  await dave.page.goto(`${dave.site}/u/admin`);
  await dave.page.getByRole('button', { name: /^Add friend/ }).click();
  await dave.page.getByRole('button', { name: /^Take the request back/ }).waitFor();
  const notices = await admin.bar.panel('Notifications');
  await notices.getByRole('link', { name: `${evil} wants to be your friend` }).waitFor();

  for (const person of [bob, admin, dave]) {
    await person.bar.online();
    assert.equal(await person.bar.region.locator('[src=x], [onerror], [onclick]').count(), 0);
    assert.deepEqual(person.complaints, []);
  }
});

test('links that would run are no links, even if the site gives them', async () => {
  const alice = await house.arrive('alice');
  const url = 'javascript:document.title="hit"';
  await alice.page.route('**/webim/online', async (route) => {
    const answer = await route.fetch();
    const opened = await answer.json();
    for (const one of [opened.user, ...opened.buddies, ...Object.values(opened.rooms), ...opened.channels])
      one.url = url;
    opened.menu.push({ title: 'Harmless', url, shortcut: true }, { title: 'Harmful', url });
    await route.fulfill({ response: answer, json: opened });
  });
  await alice.page.route('**/webim/notifications?*', (route) =>
    route.fulfill({ json: [{ text: 'Click here', link: url }] }),
  );
  await alice.page.reload();
  await alice.bar.online();
  const notices = await alice.bar.panel('Notifications');
  await notices.getByText('Click here').click();
  const toBob = await alice.bar.chatWith('Bob');
  await toBob.window.getByRole('heading', { name: 'Bob' }).click();
  const contacts = await alice.bar.panel('Contacts');
  await contacts.getByRole('button', { name: 'Options for Bob' }).click();
  await alice.page.getByRole('menuitem', { name: 'Send a message' }).waitFor();
  assert.equal(await alice.page.getByRole('menuitem', { name: 'Profile' }).count(), 0);
  await alice.page.keyboard.press('Escape');
  await (await alice.bar.enter('Mountain walkers')).window.getByRole('heading', { name: 'Mountain walkers' }).click();
  await alice.bar.button('Menu').click();
  await alice.page.getByRole('menuitem', { name: 'Groups' }).waitFor();
  assert.equal(await alice.bar.region.getByText(/Harm/).count(), 0);
  assert.equal(await alice.bar.region.locator('a[href^="javascript"]').count(), 0);
  assert.notEqual(await alice.page.title(), 'hit');
  assert.deepEqual(alice.complaints, []);
});

/** How a line looks; one that the history has just replaced looks like nothing. @param {import('./support/people.js').Chat} chat @param {string} text */
function lookOf(chat, text) {
  return until(`“${text}” is drawn`, () =>
    chat.log.getByText(text, { exact: true }).evaluate((line) => {
      const { fontWeight, fontSize, color, position, background, display } = getComputedStyle(line);
      return display && { fontWeight, fontSize, color, position, background, display };
    }),
  );
}
