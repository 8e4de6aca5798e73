// Pages that are no secure context, and pages of another origin.
//
// Owns: that the chat works where the browser has no Web Locks, and where the site is reached by scripts alone. Must not:
// test features that are the same everywhere.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { PASSWORD, Person, heardOnce } from './support/people.js';
import { Community, freePort } from './support/servers.js';

// Only this machine's numbers are secure without https; names are not.
const house = openHouse({
  browser: { args: ['--host-resolver-rules=MAP *.test 127.0.0.1'] },
  server: {},
  hasSite: false,
});

/** The page that asked for packets last. @param {Person} person */
function leaderOf(person) {
  /** @type {{page?: import('playwright-core').Page}} */
  const last = {};
  person.context.on('request', (request) => {
    if (/\/packets\?/.test(request.url())) last.page = request.frame().page();
  });
  return last;
}

test('on plain http the tabs elect one of them, and another when it goes', async () => {
  const named = (/** @type {string} */ url, /** @type {string} */ host) => url.replace('127.0.0.1', host);
  const community = await Community.start({
    im: house.server.url,
    args: ['--im-public', named(house.server.url, 'im.test')],
  });
  const site = named(community.url, 'community.test');
  const [alice, bob] = await Promise.all(['alice', 'bob'].map((id) => Person.come(house.browser, site, id)));
  const leader = leaderOf(alice);
  await Promise.all([alice, bob].map((person) => person.logInByForm())); // a request of the test finds no such name
  let tabs = [await alice.bar.online()];
  assert.deepEqual(await alice.page.evaluate(() => [isSecureContext, typeof navigator.locks]), [false, 'undefined']);
  while (tabs.length < 4) tabs.push(await (await alice.tab('/forum')).online());
  for (const tab of tabs) await tab.chatWith('Bob');
  const toAlice = await bob.bar.chatWith('Alice');

  const said = [];
  while (tabs.length > 1) {
    said.push(`to ${tabs.length} tabs`);
    await toAlice.say(`to ${tabs.length} tabs`);
    for (const tab of tabs) {
      await tab.chat('Bob').hears(`to ${tabs.length} tabs`);
      assert.deepEqual(await tab.chat('Bob').said(/^to \d tabs$/), said);
    }
    // A closed tab's last poll may be seen after the next one's first.
    const led = await until('one of the open tabs leads', () => tabs.find((tab) => tab.page === leader.page));
    tabs = tabs.filter((tab) => tab !== led);
    await led.page.close();
  }
  await tabs[0].chat('Bob').say('the last one');
  await toAlice.hears('the last one');
  await heardOnce([toAlice, tabs[0].chat('Bob')], ['the last one']);
  assert.deepEqual([...alice.complaints, ...bob.complaints], []);
  await community.end();
});

/** A site whose plugin a page of another origin uses by scripts, and somebody on that page. @param {string} attributes of the script's tag */
async function elsewhere(attributes) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const page = `<!doctype html><html lang="en"><title>Elsewhere</title><h1>Elsewhere</h1>
    <script src="${house.server.url}/webim.js" data-site="${url}/webim" ${attributes} defer></script>`;
  const server = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(page)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const origin = `http://127.0.0.1:${address.port}`;
  const community = await Community.start({
    im: house.server.url,
    args: ['--listen', `127.0.0.1:${port}`, '--url', url, '--jsonp-origin', origin],
  });
  const { context, bar: visitor } = await house.stranger();
  await visitor.page.goto(origin);
  const end = async () => {
    await context.close();
    await community.end();
    server.close();
  };
  return { community, context, visitor, origin, end };
}

/** Signs in by the bar's own form. @param {import('./support/people.js').Tab} visitor @param {string} name */
async function signIn(visitor, name) {
  const box = await visitor.panel('Sign in to chat');
  await box.getByLabel('Username').fill(name);
  await box.getByLabel('Password').fill(PASSWORD);
  await box.getByRole('button', { name: 'Sign in' }).click();
  await visitor.online();
}

test('a page of another origin logs in and chats by scripts alone', async () => {
  const { community, visitor, origin, end } = await elsewhere('data-jsonp');
  const carol = await Person.arrive(house.browser, community.url, 'carol');
  await carol.bar.online();
  await signIn(visitor, 'meiling');
  await (await carol.bar.contact('美玲', 'Available')).waitFor();

  const toCarol = await visitor.chatWith('Carol');
  await toCarol.say('from elsewhere & <b>back</b>');
  const toMeiling = await carol.bar.chatWith('美玲');
  await toMeiling.hears('from elsewhere & <b>back</b>');
  await toMeiling.say('welcome 你好');
  await toCarol.hears('welcome 你好');

  // The next page there is logged in, and has the conversation.
  await visitor.page.goto(`${origin}/next`);
  await visitor.online();
  await toCarol.hears('welcome 你好');
  await toCarol.say('still here');
  await heardOnce([toCarol, toMeiling], ['still here', 'welcome 你好']);

  // An origin that is not named gets nothing, with any user logged in.
  await visitor.page.goto(origin.replace('127.0.0.1', 'other.test'));
  const stranger = visitor.region.getByRole('status').filter({ hasText: /refused|gives no scripts|cannot be reached/ });
  await stranger.waitFor();
  await end();
});

test('by scripts, too, a refusal is shown, an end of the log-in is noticed, and the last page ends the session', async () => {
  const { community, context, visitor, end } = await elsewhere('data-jsonp');
  const carol = await Person.arrive(house.browser, community.url, 'carol');
  await carol.bar.online();
  /** The last poll's address. */
  let poll = '';
  context.on('request', (request) => {
    if (/\/packets\?/.test(request.url())) poll = request.url();
  });
  await signIn(visitor, 'meiling');

  const toMeiling = await carol.bar.chatWith('美玲');
  await toMeiling.choose('Block');
  await toMeiling.window.getByText('You have blocked 美玲.').waitFor();
  const toCarol = await visitor.chatWith('Carol');
  await toCarol.say('may I?');
  await toCarol.log.getByText('Carol does not take messages from you.').waitFor();
  await toMeiling.button('Unblock').click();
  await toMeiling.box.waitFor();
  await toCarol.button('Retry').click();
  await toMeiling.hears('may I?');

  await context.clearCookies();
  await toCarol.say('who am I?');
  await visitor.button('Sign in to chat').waitFor();
  await visitor.region.getByText('may I?').waitFor({ state: 'detached' });
  await signIn(visitor, 'meiling');
  await visitor.button('Carol').waitFor();

  // A poll of ours keeps the session, unless it was ended.
  const last = await until('it polls', () => poll);
  await visitor.page.goto('about:blank');
  await until('the session has ended', async () => {
    const answer = await fetch(last);
    return answer.status === 404 || (await answer.json()).status === 'stopped';
  });
  await end();
});
