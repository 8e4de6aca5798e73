// Pages whose users may write markup with names: an element with a name stands in a property's place.
//
// Owns: that nothing is loaded from the address of such an element, and that the bar works whatever is named. Must not:
// let users write scripts; no bar can protect that page.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { guest, nobodyComplains, standsAtTheEdge, talks, visit } from './support/guest.js';
import { openHouse } from './support/house.js';
import { scriptTag, serve } from './support/pages.js';
import { Tab } from './support/people.js';

const house = openHouse();

const EVIL = 'http://evil.test';

/** The requests of a page to the host in its markup. @param {import('playwright-core').Page} page */
async function evil(page) {
  /** @type {string[]} */
  const asked = [];
  await page.route(`${EVIL}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    if (!pathname.endsWith('.png')) asked.push(pathname);
    return route.fulfill({
      headers: { 'access-control-allow-origin': '*' },
      contentType: pathname.endsWith('.css') ? 'text/css' : 'text/javascript',
      body: pathname.endsWith('.css') ? '' : 'export const WORDS = []; document.documentElement.dataset.evil = "ran";',
    });
  });
  return asked;
}

test('a picture named currentScript does not say where the bar’s files and the site are', async () => {
  for (const name of ['currentScript', 'querySelector', 'querySelectorAll']) {
    const alice = await house.arrive('alice');
    const asked = await evil(alice.page);
    const picture = `<img name="${name}" src="${EVIL}/x.png" data-site="${EVIL}/webim" data-lang="zh-CN" data-user="alice">`;
    await visit(alice, { body: `<p>A post</p>${picture}`, attributes: 'lang="zh-CN"' });
    await alice.page.getByRole('region', { name: '聊天', exact: true }).waitFor();
    await until('it is online', () => alice.page.evaluate(() => /** @type {any} */ (window).NextIM.state === 'online'));
    assert.deepEqual(asked, []);
    nobodyComplains(alice);
    await alice.leave();
  }
});

test('a base that somebody posts does not say where the bar’s files and the site are, though its tag names a path', async () => {
  const alice = await house.arrive('alice');
  const { page } = alice;
  const asked = await evil(page);
  const tag = await scriptTag(page, house.url);
  const [, server = ''] = /src="(.*)\/webim\.js"/.exec(tag) ?? [];
  assert.match(server, /^http/);
  // The site's own address leads to the message server, as with a proxy before both.
  await page.route(/\/webim\.([\w.]*\.)?js(\?\d+)?$/, async (route) => {
    const { origin, pathname } = new URL(route.request().url());
    if (origin !== house.url) return route.fallback();
    return route.fulfill({ response: await route.fetch({ url: `${server}${pathname}` }) });
  });
  const own = tag.replace(`${server}/webim.js`, '/webim.js');
  assert.match(own, / defer/);
  await serve(page, house.url, `<head>${own}</head><body><p>A post</p><base href="${EVIL}/"></body>`);
  assert.equal(await page.evaluate(() => document.baseURI), `${EVIL}/`);
  await alice.bar.online();
  await alice.bar.panel('Contacts');
  await alice.bar.region.getByRole('searchbox').waitFor();

  // Pictures and links whose addresses the site gives as paths are the site's, too.
  const pictures = alice.bar.region.locator('img');
  await until('a picture is here', () =>
    pictures.evaluateAll((all) => all.some((it) => /** @type {HTMLImageElement} */ (it).naturalWidth > 0)),
  );
  const sources = await pictures.evaluateAll((all) => all.map((it) => /** @type {HTMLImageElement} */ (it).src));
  assert.deepEqual(
    sources.filter((src) => !src.startsWith(`${house.url}/avatar/`)),
    [],
  );
  await alice.bar.button('Menu').click();
  const links = alice.bar.region.locator('a');
  await links.first().waitFor();
  const leads = await links.evaluateAll((all) => all.map((it) => /** @type {HTMLAnchorElement} */ (it).href));
  assert.deepEqual(
    leads.filter((href) => !href.startsWith(`${house.url}/`)),
    [],
  );
  assert.deepEqual(asked, []);
  nobodyComplains(alice);
});

test('a form named NextIM does not keep the bar away, nor stand in its place', async () => {
  const bob = await house.arrive('bob');
  const alice = await guest(house, 'alice', { body: '<form id="NextIM"><input name="on"><input name="state"></form>' });
  await talks(alice.bar, 'Alice', bob, 'Bob', 'a form');
  assert.equal(await alice.page.evaluate(() => /** @type {any} */ (window).NextIM.state), 'online');
  nobodyComplains(alice, bob);
});

test('elements with the name of every property of the document do not touch the bar', async () => {
  const alice = await house.arrive('alice');
  const names = await alice.page.evaluate(() => {
    const all = [];
    for (const name in Document.prototype) all.push(name);
    return all;
  });
  assert.ok(names.length > 200);
  const asked = await evil(alice.page);
  await visit(alice, {
    body: names.map((name) => `<img name="${name}" src="${EVIL}/x.png" data-site="${EVIL}/webim">`).join(''),
  });
  await until('it is online', () => alice.page.evaluate(() => /** @type {any} */ (window).NextIM?.state === 'online'));
  await standsAtTheEdge(alice.page);
  assert.deepEqual(asked, []);
  nobodyComplains(alice);
});

test('forms whose fields are named like an element’s own members are pressed and searched for users like others', async () => {
  const fields = [
    'matches',
    'querySelectorAll',
    'isConnected',
    'getAttribute',
    'textContent',
    'closest',
    'after',
    'removeChild',
    'parentNode',
    'nodeType',
    'shadowRoot',
    'localName',
  ];
  const alice = await house.arrive('alice');
  await visit(alice, { body: `<p>A page</p><div id="posts"></div>` });
  await alice.bar.online();
  await alice.bar.panel('Settings');
  // Playwright cannot look for roles and texts on a page with such a form.
  const place = await alice.page.evaluate((names) => {
    const form = document.createElement('form');
    for (const name of names) form.append(Object.assign(document.createElement('input'), { name, type: 'hidden' }));
    const link = Object.assign(document.createElement('span'), { textContent: 'Bob' });
    link.setAttribute('data-webim-user', 'bob');
    form.append(Object.assign(document.createElement('b'), { textContent: 'Press here' }), link);
    document.getElementById('posts')?.append(form);
    const { x, y } = /** @type {Element} */ (document.querySelector('#posts b')).getBoundingClientRect();
    return { x, y };
  }, fields);
  await alice.page.waitForFunction(() =>
    document
      .querySelector('#posts nextim-presence')
      ?.shadowRoot?.querySelector('button[aria-label^="Chat with Bob ("]'),
  );
  await alice.page.mouse.click(place.x + 5, place.y + 5);
  await alice.page.waitForFunction(() => !document.querySelector('nextim-bar')?.shadowRoot?.querySelector('.panel'));
  nobodyComplains(alice);
});

test('an element is not taken for a property that the browser lacks', async () => {
  // Some browsers lack these properties, and the bar works without them.
  const init = () => {
    for (const name of ['requestIdleCallback', 'AudioContext', 'Notification', 'visualViewport', 'BroadcastChannel'])
      Reflect.deleteProperty(window, name);
  };
  const body = ['requestIdleCallback', 'AudioContext', 'Notification', 'visualViewport', 'BroadcastChannel']
    .map((name) => `<form id="${name}"><input name="permission"></form>`)
    .join('');
  const bob = await house.arrive('bob');
  const alice = await guest(house, 'alice', { init, body });
  await talks(new Tab(alice.page), 'Alice', bob, 'Bob', 'missing');
  await alice.bar.panel('Settings');
  nobodyComplains(alice, bob);
});
