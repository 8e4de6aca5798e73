// The bar's promises to its pages.
//
// Owns: the strict policy for contents, the one global, when the script runs, styles that do not meet, and the interface
// for scripts of the page. Must not: test other features of the bar.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { look, until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { holdBack, scriptTag, serve } from './support/pages.js';

const house = openHouse();

test('every feature works under the strict policy, without a violation or an error in the console', async () => {
  const [alice, bob, admin] = await house.gather('alice', 'bob', 'admin');
  const { page, context } = alice;
  /** @type {string[]} */
  const said = [];
  context.on(
    'console',
    (message) => message.type() === 'error' && said.push(`${message.text()} ${message.location().url}`),
  );
  context.on('weberror', (error) => said.push(String(error.error())));
  /** @type {(string | null)[]} the typing states that the site has taken */
  const typed = [];
  let typing = 0; // how many were sent to it
  page.on('request', (request) => void (typing += Number(request.url().endsWith('/webim/status'))));
  page.on('requestfinished', (request) => {
    if (request.url().endsWith('/webim/status')) typed.push(new URLSearchParams(request.postData() ?? '').get('show'));
  });
  await context.addInitScript(() => {
    addEventListener(
      'securitypolicyviolation',
      (event) => console.error(`violated: ${event.violatedDirective} ${event.blockedURI}`),
      { capture: true },
    );
  });
  const answer = await page.goto(`${house.url}/forum/1`);
  const policy = answer?.headers()['content-security-policy'] ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*/);
  const bar = await alice.bar.online();

  const contacts = await bar.panel('Contacts');
  await contacts.getByRole('button', { name: /^Your presence/ }).click();
  await page.getByRole('menuitemradio', { name: 'Away' }).click();
  await contacts.getByRole('textbox', { name: 'Your status' }).fill('At the lake');
  await page.keyboard.press('Enter');
  await (await bob.bar.contact('Alice', 'At the lake, Away')).waitFor();
  await page
    .getByRole('main')
    .getByRole('button', { name: /^Chat with Bob \(available\)/ })
    .first()
    .click();
  const chat = bar.chat('Bob');
  await chat.button('Formatting').click();
  await chat.button('Bold').click();
  await chat.button('Colour 3').click();
  await chat.say('Bold and brown.');
  await chat.button('Emoji').click();
  await chat.window.getByRole('group', { name: 'Emoji' }).getByRole('button').first().click();
  await chat.button('Send').click();
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.hears('Bold and brown.');
  assert.equal(await look(toAlice.log.getByText('Bold and brown.'), 'font-weight'), '700');
  await toAlice.say('https://example.com/');
  await chat.log.getByRole('link', { name: 'https://example.com/' }).waitFor();
  const download = page.waitForEvent('download');
  await chat.choose('Download history');
  await (await download).delete();
  await chat.choose('Clear history');
  await chat.button('Clear').last().click();
  await chat.log.getByText('Say hello!').waitFor();
  // A status that is still on its way to Bob would be refused, with a line in the console.
  await until('nothing is typed any more', () => typed.length === typing && typed.at(-1) === 'clear');
  await chat.choose('Block');
  await chat.window.getByText('You have blocked Bob.').waitFor();
  await chat.button('Unblock').click();
  await chat.box.waitFor();

  const room = await bar.enter('Mountain walkers');
  await room.button(/^Members/).click();
  await room.window.getByRole('button', { name: 'Bob' }).waitFor();
  await room.choose('Lock room');
  await room.window.getByText('You have locked this room.').waitFor();
  await room.button('Unlock').click();
  await room.box.waitFor();

  await admin.page.goto(`${house.url}/admin`);
  await admin.page.getByLabel('To everybody who is online').fill('All of it.');
  await admin.page.getByRole('button', { name: 'Send', exact: true }).click();
  await bar.region.getByRole('status').getByText('All of it.').waitFor();
  await bar.panel('Notifications');
  const settings = await bar.panel('Settings');
  for (const option of await settings.getByRole('switch').all()) await option.click();
  await settings.getByText('The browser does not allow it.').waitFor(); // its answer takes a while
  await settings.getByRole('combobox', { name: 'Theme' }).selectOption('dark');
  // A setting that is under way at the log-out would be refused.
  const kept = page.waitForResponse((response) =>
    /"opacity":85.*"zoom":85/.test(new URLSearchParams(response.request().postData() ?? '').get('data') ?? ''),
  );
  for (const slider of await settings.getByRole('slider').all()) await slider.fill('85');
  await kept;

  assert.deepEqual(said, []);

  // Logged out, the bar asks for the password; the console has one line about the refusal before that. What the page
  // acknowledges as it leaves may come after the log-out, which it does not wait for.
  await page.getByRole('button', { name: 'Log out' }).click();
  await bar.button('Sign in to chat').waitFor();
  const expected = (/** @type {string} */ line) => /status of (401.*\/webim\/online|404.*\/packets\/ack)$/.test(line);
  assert.deepEqual(
    said.filter((line) => !expected(line)),
    [],
  );
  assert.deepEqual([...alice.complaints, ...bob.complaints], []);
});

test('it adds one name to the window, and no more', async () => {
  const names = async (/** @type {boolean} */ withBar) => {
    const { page, bar } = await house.stranger();
    if (!withBar) await page.route('**/webim.js', (route) => route.abort());
    await page.goto(house.url);
    if (withBar) await bar.button('Sign in to chat').waitFor();
    const found = await page.evaluate(() => Object.getOwnPropertyNames(window));
    return new Set(found);
  };
  const [without, there] = [await names(false), await names(true)];
  assert.deepEqual(
    [...there].filter((name) => !without.has(name)),
    ['NextIM'],
  );
});

test('the page does not wait for it: neither for the script, nor for the bar', async () => {
  const { context, page, bar } = await house.stranger();
  await context.addInitScript(() => {
    addEventListener(
      'load',
      () => (document.documentElement.dataset.early = String(Boolean(document.querySelector('nextim-bar')))),
    );
  });
  const release = await holdBack(page, '**/webim.js');
  await page.goto(house.url, { waitUntil: 'commit' });
  await page.getByRole('contentinfo').waitFor();
  await page.getByRole('link', { name: 'Read the forum' }).hover();
  assert.equal(await page.locator('nextim-bar').count(), 0);
  release();
  await bar.button('Sign in to chat').waitFor();
  assert.equal(
    await page.evaluate(() => document.documentElement.dataset.early),
    'false',
    'the bar came after the page had loaded',
  );
});

test('two tags make one bar', async () => {
  const { page, bar } = await house.stranger();
  const tag = (await scriptTag(page, house.url)).replace(' data-user=""', ''); // such a page has to ask for its user
  let asked = 0;
  page.on('request', (request) => (asked += Number(request.url().endsWith('/webim/online'))));
  await serve(page, house.url, `<body><p>Twice</p>${tag}${tag.replace('webim.js', 'webim.js?again')}</body>`);
  await bar.button('Sign in to chat').waitFor();
  assert.equal(
    await page.evaluate(
      () => performance.getEntriesByType('resource').filter(({ name }) => /webim\.js/.test(name)).length,
    ),
    2,
    'both scripts have run',
  );
  assert.equal(await page.locator('nextim-bar').count(), 1);
  assert.equal(asked, 1);
});

const HOSTILE = `<style>
html, body { font: italic 5px/9 fantasy; letter-spacing: 9px; text-transform: uppercase; color: red; cursor: none; visibility: hidden; pointer-events: none; word-spacing: 1em; text-align: right; white-space: pre; user-select: none; }
* { display: none !important; color: red !important; background: lime !important; opacity: 0.1 !important; animation: none !important; }
html, body, nextim-bar, p { display: block !important; }
nextim-bar { position: absolute !important; transform: scale(0.1) !important; width: 1px !important; overflow: hidden !important; z-index: -1 !important; }
button, input, textarea { all: unset !important; border: 9px solid red !important; font-size: 99px !important; }
.root, .bar, .bb, .panel, .row, .badge { margin: 99px !important; }
</style>`;

/** The looks of everything in the bar. @param {import('playwright-core').Page} page @returns {Promise<string[]>} */
function looksOfBar(page) {
  return page.evaluate(() => {
    const properties = [
      'display',
      'visibility',
      'opacity',
      'color',
      'background-color',
      'font',
      'letter-spacing',
      'word-spacing',
      'text-transform',
      'text-align',
      'white-space',
      'border',
      'margin',
      'padding',
      'width',
      'height',
      'pointer-events',
      'user-select',
      'cursor',
    ];
    const root = document.querySelector('nextim-bar')?.shadowRoot;
    return [...(root?.querySelectorAll('*') ?? [])]
      .filter((element) => element.closest('[role=region]'))
      .map((element) => {
        const style = getComputedStyle(element);
        const { x, y } = element.getBoundingClientRect();
        return [
          element.tagName,
          element.className,
          x,
          y,
          ...properties.map((name) => style.getPropertyValue(name)),
        ].join(' | ');
      });
  });
}

test('the page’s styles do not reach into the bar', async () => {
  // Zoë has no friends, so no contact comes or goes meanwhile.
  const zoe = await house.known('zoe');
  const { page } = zoe;
  const tag = await scriptTag(page, house.url);
  const looks = async (/** @type {string} */ style) => {
    await serve(page, house.url, `<body>${style}<p>A page</p>${tag}</body>`);
    const bar = await zoe.bar.online();
    const panel = await bar.panel('Settings');
    await panel.getByRole('switch').first().waitFor();
    await page.mouse.move(5, 5);
    await page.evaluate(() => Promise.all(document.getAnimations().map((it) => it.finished)));
    const root = page.locator('nextim-bar');
    await root.evaluate((host) => Promise.all((host.shadowRoot?.getAnimations() ?? []).map((it) => it.finished)));
    return looksOfBar(page);
  };
  const plain = await looks('');
  assert.ok(plain.length > 40);
  assert.deepEqual(await looks(HOSTILE), plain);
});

test('the bar’s styles do not reach into the page', async () => {
  const bob = await house.known('bob');
  const { page } = bob;
  const html = `<body class="root dark"><main><h2>Head</h2><p class="row note">Text</p><ul class="list"><li class="card">One</li></ul>
    <button class="bb ib">Press</button><input type="search"><select><option>1</option></select><input type="checkbox" role="switch"><textarea></textarea>
    <a class="link" href="/forum">Link</a><div class="menu panel chat none sr">Box</div><hr></main>`;
  const tag = await scriptTag(page, house.url);
  const looks = () =>
    page.locator('main *').evaluateAll((all) =>
      all.map((element) => {
        const style = getComputedStyle(element);
        return [element.tagName, ...[...style].map((name) => `${name}: ${style.getPropertyValue(name)}`)].join('; ');
      }),
    );
  await serve(page, house.url, `${html}</body>`);
  const without = await looks();
  await serve(page, house.url, `${html}${tag}</body>`);
  const bar = await bob.bar.online();
  await bar.chatWith('Alice');
  await bar.panel('Settings');
  assert.deepEqual(await looks(), without);
});

test('scripts of the page can open, send, listen, add to the menu, and read', async () => {
  const [alice, [carol]] = await Promise.all([house.known('alice'), house.gather('carol')]);
  const { page } = alice;
  const tag = await scriptTag(page, house.url);
  await page.route('**/heard.js', (route) =>
    route.fulfill({
      contentType: 'text/javascript',
      body: `const heard = document.documentElement.heard = [];
      for (const name of ['ready', 'online', 'offline', 'message', 'presence', 'status', 'unread', 'error']) NextIM.on(name, (detail) => heard.push([name, detail]));
      NextIM.menu([{ title: 'Our own', url: '/own' }, { title: 'Elsewhere', url: 'https://example.com/', external: true }]);
      NextIM.openRoom(1);`,
    }),
  );
  await serve(page, house.url, `<body><p>A page</p>${tag}<script src="/heard.js" defer></script></body>`);
  /** @param {string} name @param {(detail: any) => unknown} [like] */
  const heard = (name, like = () => true) =>
    until(`${name} was heard`, async () => {
      const all = await page.evaluate(() =>
        JSON.parse(JSON.stringify(/** @type {any} */ (document.documentElement).heard)),
      );
      return all.find(([found, detail]) => found === name && like(detail));
    });
  const call = (/** @type {string} */ name, /** @type {unknown[]} */ ...args) =>
    page.evaluate(
      ([method, values]) => /** @type {any} */ (window).NextIM[method](...values),
      /** @type {const} */ ([name, args]),
    );
  const read = (/** @type {string} */ name) => page.evaluate((key) => /** @type {any} */ (window).NextIM[key], name);

  // Calls from before there was a bar are done when there is one.
  const bar = await alice.bar.online();
  await bar.chat('Mountain walkers').box.waitFor();
  await heard('ready', (api) => api.state !== undefined);
  await heard('online', (me) => me.id === 'alice');
  assert.equal(await read('state'), 'online');
  assert.equal((await read('user')).nick, 'Alice');
  await bar.button('Menu').click();
  assert.match((await page.getByRole('menuitem', { name: 'Our own' }).getAttribute('href')) ?? '', /\/own$/);
  assert.equal(await page.getByRole('menuitem', { name: /^Elsewhere/ }).getAttribute('target'), '_blank');
  await page.keyboard.press('Escape');

  await call('open', 'carol');
  await bar.chat('Carol').box.waitFor();
  await call('send', 'carol', 'Sent by a script.');
  const toAlice = await carol.bar.chatWith('Alice');
  await toAlice.hears('Sent by a script.');
  await call('presence', 'dnd', 'In a meeting');
  await (await carol.bar.contact('Alice', 'In a meeting, Do not disturb')).waitFor();

  await bar.chat('Carol').button('Close').click();
  await toAlice.say('Heard by a script.');
  await heard(
    'message',
    ({ body, from, key }) => body === 'Heard by a script.' && from === 'carol' && key === 'u/carol',
  );
  // Whether a message opens its chat is a setting; this one is read in either case.
  await call('open', 'carol');
  await bar.chat('Carol').box.waitFor();
  await call('openRoom', '1');
  await bar.chat('Mountain walkers').box.waitFor();
  await toAlice.box.pressSequentially('An');
  await heard('status', ({ from, show }) => from === 'carol' && show === 'typing');
  await toAlice.say('And another.');
  await heard('unread', (count) => count === 1);
  await until('one is unread', async () => (await read('unread')) === 1);
  await call('toggle');
  await bar.button('Show chat bar, 1 unread').waitFor();
  await call('toggle');
  await bar.button('Carol, 1 unread').waitFor();

  const [presence] = await Promise.all([
    heard('presence', ({ id, presence: now }) => id === 'carol' && now === 'offline'),
    carol.bar.panel('Contacts').then(async (panel) => {
      await panel.getByRole('button', { name: /^Your presence/ }).click();
      await carol.page.getByRole('menuitemradio', { name: 'Offline' }).click();
    }),
  ]);
  assert.equal(presence[1].nick, 'Carol');
  await call('offline');
  await heard('offline');
  assert.equal(await read('state'), 'offline');
  await call('online');
  await until('it is online again', async () => (await read('state')) === 'online');
  assert.equal(await page.evaluate(() => Object.isFrozen(/** @type {any} */ (window).NextIM)), true);
});
