// The bar while something is broken, and afterwards.
//
// Owns: servers that crash, restart and hang, sessions that end, networks that go. Must not: count a line as
// sent before the other side shows it, once.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

import { PATIENCE_MS, until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { PASSWORD, Person, heardOnce } from './support/people.js';

const house = openHouse({ server: {} });

let talks = 0;

/** Two people write to one another, with words of their own. @param {Person} one @param {string} oneNick @param {Person} other @param {string} otherNick */
async function talk(one, oneNick, other, otherNick) {
  const [hello, hi] = [`hello ${(talks += 1)}`, `hi ${talks}`];
  const chats = [await one.bar.chatWith(otherNick), await other.bar.chatWith(oneNick)];
  await chats[0].say(hello);
  await chats[1].say(hi);
  await heardOnce(chats, [hello, hi]);
  return { chats, hello, hi };
}

for (const [how, end] of /** @type {const} */ ([
  ['crashes', 'kill'],
  ['is stopped', 'end'],
])) {
  test(`the message server ${how}: the bar shows it, and when the server is back everybody is online, with the lines of the meantime`, async () => {
    const [alice, bob] = await house.gather('alice', 'bob');
    const { chats, hello, hi } = await talk(alice, 'Alice', bob, 'Bob');
    await house.server[end]();
    for (const { bar } of [alice, bob]) {
      await bar.region.getByText('The message server cannot be reached').waitFor();
      await bar.region.getByText(/^Trying again in \d+ sec/).waitFor();
      await bar.button('Try again').waitFor();
    }
    // The site takes these lines.
    const [first, second, third] = [`are you there (${how})?`, `can you hear me (${how})?`, `there we are (${how})`];
    await chats[0].say(first);
    await chats[0].window.getByRole('img', { name: 'Sent' }).last().waitFor();
    await chats[1].say(second);
    await house.server.again();
    await Promise.all([alice.bar.online(), bob.bar.online()]);
    assert.ok(!(await alice.bar.region.getByText('The message server cannot be reached').isVisible()));
    await chats[1].say(third);
    await heardOnce(chats, [first, second, third, hello, hi]);
  });
}

test('a site that starts without its message server serves its pages, and the chat comes with the server', async () => {
  const [carol] = await house.gather('carol');
  await house.server.kill();
  await house.community.kill();
  await house.community.again();
  await carol.page.goto(`${house.url}/forum`);
  await carol.page.getByRole('heading', { name: 'Forum' }).first().waitFor();
  await carol.bar.region.getByText('The message server cannot be reached').waitFor();
  await house.server.again();
  await carol.bar.online();
});

test('the site is down: a line fails, and Retry sends it once', async () => {
  const [bob, dave] = await house.gather('bob', 'dave');
  const { chats } = await talk(bob, 'Bob', dave, 'Dave');
  await house.community.kill();
  await chats[0].say('is anybody there');
  await chats[0].log.getByText('Not sent').waitFor();
  await house.community.again();
  await chats[0].button('Retry').click();
  await chats[0].log.getByText('Not sent').waitFor({ state: 'detached' });
  await heardOnce(chats, ['is anybody there']);
  await dave.page.goto(`${house.url}/forum`);
  await dave.bar.online();
  await heardOnce(chats, ['is anybody there']);
});

test('the database is locked by another program: the sender sees why, and nothing that was accepted is lost', async () => {
  const [meiling, xiaoming] = await house.gather('meiling', 'xiaoming');
  const { chats } = await talk(meiling, '美玲', xiaoming, '小明');
  const locker = spawn('sqlite3', ['-batch', house.community.file], { stdio: ['pipe', 'pipe', 'inherit'] });
  locker.stdin.write("BEGIN IMMEDIATE;\nSELECT 'locked';\n");
  assert.match(`${(await once(locker.stdout, 'data'))[0]}`, /locked/);
  await chats[0].say('write this down');
  await chats[0].log.getByText('The site is busy. Nothing was saved; please try again.').waitFor();
  assert.equal(await chats[1].times('write this down'), 0);
  locker.stdin.end('COMMIT;\n');
  await once(locker, 'close');
  await chats[0].button('Retry').click();
  await heardOnce(chats, ['write this down']);
});

test('the disk is full: the sender sees it, accepted lines are still there, and with room again the rest goes', async () => {
  const [alice, xiaoming] = await house.gather('alice', 'xiaoming');
  const { chats, hello, hi } = await talk(alice, 'Alice', xiaoming, '小明');
  await house.community.kill();
  await house.community.again(house.community.kib() + 100);
  const refused = chats[0].log.getByText(/Nothing was saved/);
  const texts = Array.from({ length: 6 }, (_, at) => `${at} ${'long '.repeat(6000)}`.trim());
  for (const text of texts) await chats[0].say(text);
  await refused.last().waitFor();
  await xiaoming.page.reload();
  for (const text of [hello, hi]) await chats[1].hears(text);
  await house.community.kill();
  await house.community.again();
  // Some lines had no answer at all: the site was gone by then.
  const retry = chats[0].button('Retry');
  await until('nothing is left to send', async () => {
    // A button of a line that is already sent again may still be drawn. A click that waits would wait for it in vain.
    await retry.evaluateAll(([first]) => /** @type {HTMLElement | undefined} */ (first)?.click());
    return !(await retry.count()) && !(await chats[0].log.getByRole('img', { name: 'Sending' }).count());
  });
  await heardOnce(chats, [hello, hi, ...texts]);
});

test('the session at the site ends: the bar asks to sign in, and goes on from there', async () => {
  const [alice, carol] = await house.gather('alice', 'carol');
  const { chats, hello } = await talk(alice, 'Alice', carol, 'Carol');
  // The typing goes out first: otherwise its answer would end the session, and the text would stay a draft.
  const typing = alice.page.waitForRequest(
    (request) => /\/webim\/status$/.test(request.url()) && /show=typing/.test(request.postData() ?? ''),
  );
  await chats[0].box.fill('one more');
  await (await typing).response();
  await alice.context.clearCookies();
  await chats[0].say('one more thing');
  await alice.bar.button('Sign in to chat').waitFor();
  assert.ok(!(await alice.bar.region.getByText(hello).isVisible()), 'nothing is shown any more');

  const box = await alice.bar.panel('Sign in to chat');
  await box.getByLabel('Username').fill('alice');
  await box.getByLabel('Password').fill('wrong');
  await box.getByRole('button', { name: 'Sign in' }).click();
  await box.getByText('Wrong username or password.').waitFor();
  await box.getByLabel('Username').fill('alice');
  await box.getByLabel('Password').fill(PASSWORD);
  await box.getByRole('button', { name: 'Sign in' }).click();
  await alice.bar.online();
  if (!(await chats[0].window.isVisible())) await alice.bar.chatWith('Carol');
  await chats[0].button('Retry').click();
  await heardOnce(chats, ['one more thing']);
});

test('logging out ends the chat in all tabs, and the next user there sees nothing of it', async () => {
  const [dave, bob] = await house.gather('dave', 'bob');
  const { chats } = await talk(dave, 'Dave', bob, 'Bob');
  await chats[1].say('between you and me');
  await chats[0].hears('between you and me');
  const second = await (await dave.tab('/forum')).online();
  await second.page.getByRole('button', { name: 'Log out' }).click();
  for (const tab of [dave.bar, second]) {
    await tab.button('Sign in to chat').waitFor();
    assert.ok(!(await tab.region.getByText('between you and me').isVisible()));
  }
  await (await bob.bar.contact('Dave', 'Offline')).waitFor();

  const next = Object.assign(new Person(house.url, 'meiling'), { context: dave.context, page: second.page });
  await next.logInByForm();
  for (const tab of [second, dave.bar]) {
    if (tab === dave.bar) await tab.page.goto(`${house.url}/groups`);
    await tab.online();
    await (await tab.contact('小明')).waitFor();
    assert.equal(await tab.button('Close chat with Bob').count(), 0);
    assert.equal(await tab.region.getByText('between you and me').count(), 0);
  }
  const kept = JSON.stringify(await dave.context.storageState());
  assert.ok(!kept.includes('between you and me'), 'nor does the browser keep it');
});

test('the network goes and comes back', async () => {
  const [carol, meiling] = await house.gather('carol', 'meiling');
  const { chats } = await talk(carol, 'Carol', meiling, '美玲');
  await carol.context.setOffline(true);
  await carol.bar.region.getByText('No network connection').waitFor();
  await chats[0].say('into the void');
  await chats[0].log.getByText('Not sent').waitFor();
  await chats[1].say('lost you');
  await carol.context.setOffline(false);
  await carol.bar.online();
  await chats[0].button('Retry').click();
  await heardOnce(chats, ['lost you', 'into the void']);
});

test('another window takes the connection over: this one says so, and takes it back when asked', async () => {
  const [xiaoming, bob] = await house.gather('xiaoming', 'bob');
  const [poll] = await Promise.all([
    xiaoming.context.waitForEvent('request', {
      predicate: (request) => /\/packets\?/.test(request.url()),
      timeout: PATIENCE_MS,
    }),
    xiaoming.page.reload(),
  ]);
  // The page's own stream may reach the server after ours, or be answered and asked again: then ours is the replaced one.
  let taken = false;
  const other = new AbortController();
  const stolen = (async () => {
    while (!taken) await fetch(poll.url(), { signal: other.signal }).then((answer) => answer.text());
  })().catch(() => undefined);
  await xiaoming.bar.region.getByText('Connected in another window').waitFor();
  taken = true;
  await xiaoming.bar.button('Connect').click();
  await xiaoming.bar.online();
  other.abort();
  await stolen;
  const { chats, hello } = await talk(xiaoming, '小明', bob, 'Bob');
  await heardOnce(chats, [hello]);
});
