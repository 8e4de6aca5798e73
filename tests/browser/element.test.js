// The bar's element on pages that replace, empty, style and frame what is around it.
//
// Owns: that there is one bar, at the window's edge, with what was open and typed in it, and that the marks beside users'
// links are there again. Must not: look at scripts that pages bring along; other files do.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { barPlace, guest, nobodyComplains, standsAtTheEdge, talks, visit } from './support/guest.js';
import { openHouse } from './support/house.js';
import { Tab } from './support/people.js';
import { scriptTag } from './support/pages.js';

const house = openHouse();

const LINK = '<p><a href="/space.php?uid=2">Bob</a> wrote</p>';

/** The mark beside Bob's link is there, and nothing that looks like one beside. @param {import('playwright-core').Page} page */
async function oneMark(page) {
  await page.getByRole('button', { name: /^Chat with Bob \(/ }).waitFor();
  await until('there is one mark', async () => (await page.locator('nextim-presence').count()) === 1);
}

test('Turbo changes pages: the chat stays open with its draft, and the marks are there on each page, once', async () => {
  const bob = await house.arrive('bob');
  const alice = await house.arrive('alice');
  const { page } = alice;
  const turbo = await readFile(
    new URL('node_modules/@hotwired/turbo/dist/turbo.es2017-umd.js', import.meta.url),
    'utf8',
  );
  const tag = await scriptTag(page, house.url);
  await page.route('**/turbo.js', (route) => route.fulfill({ contentType: 'text/javascript', body: turbo }));
  await page.route(/\/turbo-\d$/, (route) => {
    const at = Number(route.request().url().at(-1));
    return route.fulfill({
      contentType: 'text/html; charset=utf-8',
      body: `<!doctype html><html lang="en"><head><title>Page ${at}</title><script src="/turbo.js"></script></head><body><h1>Page ${at}</h1>${LINK}<a href="/turbo-${at + 1}">Next</a>${tag}</body></html>`,
    });
  });
  await page.context().grantPermissions(['local-network-access']);
  await page.goto(`${house.url}/turbo-1`);
  const [toBob] = await talks(alice.bar, 'Alice', bob, 'Bob', 'Turbo');
  await toBob.box.fill('half a sen');
  await page.evaluate(() => Object.assign(globalThis, { mark: 'this very page' }));
  await oneMark(page);
  const stays = async (/** @type {number} */ at) => {
    await page.getByRole('heading', { name: `Page ${at}` }).waitFor();
    await oneMark(page);
    await standsAtTheEdge(page);
    assert.equal(await toBob.box.inputValue(), 'half a sen');
    assert.equal(await toBob.times('Turbo to a guest'), 1);
  };
  for (const at of [2, 3]) {
    await page.getByRole('link', { name: 'Next' }).click();
    await stays(at);
  }
  // A page that Turbo kept is a copy, with copies of the marks in it.
  await page.goBack();
  await stays(2);
  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).mark), 'this very page');
  await (await bob.bar.chatWith('Alice')).say('after Turbo');
  await toBob.hears('after Turbo');
  nobodyComplains(alice, bob);
});

/** What pages do to their own body, and to more. @type {[string, () => void][]} */
const REPLACED = [
  [
    'the body is emptied and filled again',
    () => {
      const { innerHTML } = document.body;
      document.body.innerHTML = '';
      document.body.innerHTML = innerHTML;
    },
  ],
  ['the body is another one', () => document.body.replaceWith(document.body.cloneNode(true))],
  ['the bar’s element is taken out', () => document.querySelector('nextim-bar')?.remove()],
  [
    'the root element is another one',
    () => {
      const root = document.documentElement.cloneNode(true);
      document.documentElement.replaceWith(root);
    },
  ],
];

for (const [what, change] of REPLACED) {
  test(`${what}: the bar and the marks are there again, once, with the draft`, async () => {
    const alice = await guest(house, 'alice', { body: LINK });
    await alice.bar.online();
    const toBob = await alice.bar.chatWith('Bob');
    await toBob.box.fill('half a sen');
    await oneMark(alice.page);
    await alice.page.evaluate(change);
    await oneMark(alice.page);
    await standsAtTheEdge(alice.page);
    assert.equal(await toBob.box.inputValue(), 'half a sen');
    nobodyComplains(alice);
  });
}

test('a page that throws the bar out again and again is not fought without end', async () => {
  const alice = await guest(house, 'alice', { body: '<p>A page</p>' });
  await alice.bar.online();
  const times = await alice.page.evaluate(async () => {
    let out = 0;
    const throwOut = () => {
      const host = document.querySelector('nextim-bar');
      if (!host || out > 500) return;
      out += 1;
      host.remove();
    };
    const watcher = new MutationObserver(throwOut);
    watcher.observe(document.documentElement, { childList: true });
    throwOut();
    await new Promise((resolve) => setTimeout(resolve, 500));
    watcher.disconnect();
    return out;
  });
  assert.ok(times < 10, `${times} times`);
  await standsAtTheEdge(alice.page);
});

const MOVING = [
  'filter: grayscale(1)',
  'transform: translateX(40px) scale(0.9)',
  'translate: 10px',
  'rotate: 1deg',
  'scale: 0.9',
  'perspective: 500px',
  'contain: paint',
  'contain: layout',
  'contain: strict',
  'will-change: transform',
  'will-change: filter',
  'backdrop-filter: blur(2px)',
  'container-type: inline-size',
  'overflow: hidden; height: 50px',
  'zoom: 1',
  'transform-style: preserve-3d',
  'content-visibility: auto',
  'offset-path: path("M0 0L99 99")',
  'will-change: offset-path',
];

test('no style of the body, nor of the root, moves the bar from the window’s edge', async () => {
  const alice = await guest(house, 'alice', {
    body: '<div style="height: 3000px; width: 90%">A long page</div><dialog>A question</dialog>',
  });
  await alice.bar.online();
  const { page } = alice;
  await page.evaluate(() => window.scrollTo(0, 700));
  const isLowered = () =>
    until('it is not raised any more', () =>
      page.locator('nextim-bar').evaluate((host) => !host.matches(':popover-open')),
    );
  for (const element of ['body', 'documentElement']) {
    for (const style of MOVING) {
      await page.evaluate(
        ([name, text]) => document[/** @type {'body'} */ (name)].setAttribute('style', text),
        /** @type {const} */ ([element, style]),
      );
      try {
        await standsAtTheEdge(page);
      } catch (error) {
        throw new Error(`${element} { ${style} }: ${JSON.stringify(await barPlace(page))}`, { cause: error });
      }
      await page.evaluate((name) => document[/** @type {'body'} */ (name)].removeAttribute('style'), element);
      // As long as nothing moves it, what the page shows on top is above it; and the next style finds it where it stands.
      await isLowered();
    }
  }
  await alice.bar.chatWith('Bob');
  nobodyComplains(alice);
});

test('it takes no room in a root element that lays out its children', async () => {
  const alice = await guest(house, 'alice', {
    body: '<p>A page</p>',
    head: '<style>html { display: grid; gap: 50px; grid-template-columns: 1fr } body { margin: 0 }</style>',
  });
  await alice.bar.online();
  const heights = () => page.evaluate(() => [document.documentElement.scrollHeight, document.body.offsetHeight]);
  const { page } = alice;
  const withBar = await heights();
  await page.evaluate(() => document.querySelector('nextim-bar')?.remove());
  assert.deepEqual(withBar, await heights());
});

test('frames of the same site show no second bar, and their scripts reach the one there is', async () => {
  const alice = await house.arrive('alice');
  const { page } = alice;
  const tag = await scriptTag(page, house.url);
  /** @type {(() => void)[]} */
  const release = [];
  const late = new Promise((resolve) => release.push(() => resolve(undefined)));
  await page.route('**/framed', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><html lang="en"><title>Framed</title><p>In a frame</p>${tag}</html>`,
    }),
  );
  // The page around is still on its way when the frames are there.
  await page.route('**/late.js', async (route) => {
    await late;
    await route.fulfill({ contentType: 'text/javascript', body: '' });
  });
  const frames = '<iframe src="/framed" title="one"></iframe><iframe src="/framed" title="two"></iframe>';
  const visited = visit(alice, { body: `${frames}<script src="/late.js"></script>` });
  await page.frameLocator('iframe[title=two]').getByText('In a frame').waitFor();
  for (const run of release) run();
  await visited;
  await alice.bar.online();
  for (const title of ['one', 'two']) {
    const frame = page.frameLocator(`iframe[title=${title}]`);
    await until('the frame’s scripts reach the bar', () =>
      frame.locator('html').evaluate(() => /** @type {any} */ (window).NextIM?.state === 'online'),
    );
    assert.equal(await frame.locator('nextim-bar').count(), 0);
  }
  await page
    .frameLocator('iframe[title=one]')
    .locator('html')
    .evaluate(() => /** @type {any} */ (window).NextIM.open('bob'));
  await alice.bar.chat('Bob').box.waitFor();
  nobodyComplains(alice);
});

test('a frame on a page without a bar has its own, whatever else the page loads', async () => {
  const alice = await house.arrive('alice');
  const { page } = alice;
  const tag = await scriptTag(page, house.url);
  await page.context().grantPermissions(['local-network-access']);
  await page.route('**/framed', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><html lang="en"><title>Framed</title><p>In a frame</p>${tag}</html>`,
    }),
  );
  await page.route('**/around', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: '<!doctype html><title>Around</title><script src="http://["></script><iframe src="/framed" width="1000" height="600"></iframe>',
    }),
  );
  await page.goto(`${house.url}/around`);
  await page
    .frameLocator('iframe')
    .getByRole('button', { name: /^Contacts, \d+ online$/ })
    .waitFor();
});

test('a tag with a bad address of the site is reported once, and the page is left alone', async () => {
  const alice = await house.arrive('alice');
  /** @type {string[]} */
  const said = [];
  alice.context.on('console', (message) => message.type() === 'warning' && said.push(message.text()));
  await visit(alice, { body: '<p>A page</p>', tag: { 'data-site': 'http://[' } });
  await until('it is said', () => said.length > 0);
  assert.deepEqual(said, ['NextIM: data-site="http://[" is no address.']);
  assert.equal(await alice.page.evaluate(() => 'NextIM' in window), false);
  nobodyComplains(alice);
});

test('spellings of the site’s address are one site: one session, one draft', async () => {
  const bob = await house.arrive('bob');
  const alice = await guest(house, 'alice', { tag: { 'data-site': '/webim' } });
  const [toBob] = await talks(alice.bar, 'Alice', bob, 'Bob', 'spellings');
  let sessions = 0;
  alice.context.on('request', (request) => (sessions += Number(/\/online$/.test(new URL(request.url()).pathname))));
  await toBob.box.fill('half a sen');
  for (const site of ['/webim/', `${house.url}/webim`, 'webim//']) {
    const second = new Tab(await alice.context.newPage());
    await visit(/** @type {any} */ ({ page: second.page, site: house.url, bar: second, tag: alice.tag }), {
      tag: { 'data-site': site },
    });
    await second.online();
    await second.button('Bob').waitFor();
    if (!(await second.chat('Bob').box.isVisible())) await second.button('Bob').click();
    assert.equal(await second.chat('Bob').box.inputValue(), 'half a sen', site);
    await second.page.close();
  }
  nobodyComplains(alice, bob);
  assert.equal(sessions, 0, 'the first page’s session is that of all');
});
