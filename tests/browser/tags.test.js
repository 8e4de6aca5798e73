// The tag of the bar's script as other systems write it.
//
// Owns: addresses in which the endpoint's name stands in the middle, the user's id in a cookie, and the way to the site's own
// log-in. Must not: try what the site's own pages have.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { guest, nobodyComplains, talks, visit } from './support/guest.js';
import { openHouse } from './support/house.js';
import { Tab } from './support/people.js';

const house = openHouse();
const COOKIE = 'shop_user';

/** Lets the endpoints be reached as those of a forum whose pages are parameters, and answers their names as they are called. @param {import('./support/people.js').Person} person */
async function behindParameters(person) {
  /** @type {string[]} */
  const names = [];
  await person.context.route(/\/plugin\.php\?id=shop:webim&do=/, (route) => {
    const url = new URL(route.request().url());
    const name = url.searchParams.get('do') ?? '';
    names.push(name);
    url.pathname = `/webim/${name}`;
    for (const own of ['id', 'do']) url.searchParams.delete(own, own === 'id' ? 'shop:webim' : name);
    return route.continue({ url: url.href });
  });
  return names;
}

test('the name of an endpoint stands where the site’s address says', async () => {
  const bob = await house.arrive('bob');
  const alice = await house.known('alice');
  const names = await behindParameters(alice);
  const tag = { 'data-site': '/plugin.php?id=shop:webim&do={endpoint}' };
  await visit(alice, { tag });
  const [toBob, toAlice] = await talks(alice.bar, 'Alice', bob, 'Bob', 'by parameters');
  await toBob.box.fill('half a sen');
  await visit(alice, { tag });
  await alice.bar.online();
  assert.equal(await alice.bar.chat('Bob').box.inputValue(), 'half a sen', 'what was kept is this site’s');
  await toAlice.say('after the change of page');
  await alice.bar.chat('Bob').hears('after the change of page');
  for (const name of ['online', 'message', 'history']) assert.ok(names.includes(name), `${name} of ${names}`);
  assert.deepEqual(await alice.page.evaluate(() => Object.keys(localStorage).filter((key) => key.endsWith(':user'))), [
    `nextim:${house.url}/plugin.php?id=shop:webim&do={endpoint}:user`,
  ]);
  nobodyComplains(alice, bob);
});

test('who is logged in stands in a cookie, and the tag is the same for everybody', async () => {
  const bob = await house.arrive('bob');
  const alice = await guest(house, 'alice', { tag: { 'data-user-cookie': COOKIE } });
  /** @type {string[]} */
  const asked = [];
  alice.context.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/webim/')) asked.push(pathname.slice(7));
  });
  /** Another page of the site. @param {string} [value] of the cookie @param {string} [body] */
  async function turn(value, body = '<p>A page</p>') {
    await alice.context.clearCookies({ name: COOKIE });
    if (value !== undefined) await alice.context.addCookies([{ name: COOKIE, value, url: house.url }]);
    await visit(alice, { body, tag: { 'data-user-cookie': COOKIE } });
  }
  await turn('alice');
  const [toBob] = await talks(alice.bar, 'Alice', bob, 'Bob', 'by a cookie');
  await toBob.box.fill('half a sen');

  await turn();
  await alice.bar.button('Sign in to chat').waitFor();
  asked.length = 0;
  await alice.page.mouse.move(5, 5);
  assert.deepEqual(
    [await alice.bar.button('Bob').count(), asked],
    [0, []],
    'a guest is shown nothing, and nothing is asked',
  );

  await turn('bob', '<img name="cookie" src="data:,"><p>A page of a cache</p>');
  await alice.bar.online();
  await until('the draft is there', async () => (await alice.bar.chat('Bob').box.inputValue()) === 'half a sen');
  nobodyComplains(alice, bob);
});

test('where the tag names the site’s own log-in, a link leads there and back, in the place of the form', async () => {
  const guest = await house.stranger();
  const { page, bar } = guest;
  const link = bar.region.getByRole('link', { name: 'Sign in to chat' });
  const shown = () => link.evaluate((/** @type {HTMLAnchorElement} */ it) => it.href);
  await visit(guest, { tag: { 'data-login': '/login?from=bar&next={page}' } });
  await link.waitFor();
  assert.equal(await bar.button('Sign in to chat').count(), 0);
  const login = `${house.url}/login?from=bar&next=`;
  assert.equal(await shown(), login + encodeURIComponent(page.url()));
  await page.evaluate(() => history.pushState(null, '', '/forum?topic=7&page=2#last'));
  await Promise.all([
    page.waitForRequest(`${login}${encodeURIComponent(`${house.url}/forum?topic=7&page=2#last`)}`),
    link.click(),
  ]);
  await page.waitForURL('**/login?*');

  await visit(guest, { tag: { 'data-login': 'https://id.example/in?back={page}' } });
  await link.waitFor();
  assert.equal(await shown(), `https://id.example/in?back=${encodeURIComponent(page.url())}`);

  for (const login of [
    'javascript:alert(1)//{page}',
    'data:text/html,{page}',
    'mailto:a@example.com',
    'https://[',
    '',
  ]) {
    await visit(guest, { tag: { 'data-login': login } });
    await bar.button('Sign in to chat').click();
    await bar.region.getByLabel('Username').waitFor();
    assert.equal(await link.count(), 0, login);
  }
  nobodyComplains(guest);
});

test('a log-out while the contacts are open leaves the way to the log-in in their place', async () => {
  const carol = await house.known('carol');
  await visit(carol, { tag: { 'data-login': '/login?next={page}' } });
  await carol.bar.online();
  await carol.bar.panel('Contacts');
  await carol.context.clearCookies();
  await carol.page.evaluate(() => {
    // @ts-ignore the page's one global
    globalThis.NextIM.offline();
    // @ts-ignore
    globalThis.NextIM.online();
  });
  const box = carol.bar.region.getByRole('region', { name: 'Sign in to chat' });
  await box.getByRole('link', { name: 'Sign in' }).click();
  await carol.page.waitForURL('**/login?next=*');
  nobodyComplains(carol);
});

test('who is banned reads what the site says, and is not asked to sign in', async () => {
  const dave = await house.known('dave');
  const refusal = { success: false, error_msg: 'Forbidden', error: 'You are banned until Monday.', status: 403 };
  for (const status of [200, 403]) {
    await dave.context.route('**/webim/online', (route) => route.fulfill({ status, json: refusal }));
    await visit(dave, { tag: { 'data-login': '/login?next={page}' } });
    await dave.bar.region.getByText('The site refused · You are banned until Monday.').waitFor();
    for (const role of /** @type {const} */ (['link', 'button']))
      assert.equal(await dave.bar.region.getByRole(role, { name: /Sign in/ }).count(), 0);
  }
  nobodyComplains(dave);
});
