// What a checker of accessibility finds on the pages and in the bar.
//
// Owns: the states that are checked, light and dark, on a desk and on a phone. Must not: switch a rule off; each finding that
// is serious or critical fails.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { look, until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { Person, Tab } from './support/people.js';
import { Community, MessageServer } from './support/servers.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { viewport: { width: 375, height: 667 }, hasTouch: true, isMobile: true };
const SCREENS = /** @type {[string, import('./support/house.js').PersonOptions][]} */ ([
  ['on a desk', {}],
  ['on a phone', PHONE],
]);

const house = openHouse();

const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** The checker finds nothing serious: by all rules while the page is light, and by the rules of colours while it is dark, which differs in nothing else. @param {import('playwright-core').Page} page @param {string} where */
async function sound(page, where) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme });
    await page
      .locator(colorScheme === 'dark' ? 'nextim-bar .root.dark' : 'nextim-bar .root:not(.dark)')
      .waitFor({ state: 'attached' });
    await check(page, colorScheme === 'dark' ? OF_COLOURS : [], `${where}, ${colorScheme}`);
  }
}

/** The checker finds nothing serious by these rules, or by all. @param {import('playwright-core').Page} page @param {string[]} rules @param {string} where */
async function check(page, rules, where) {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(AXE); // not a script of the page, so its policy does not forbid it
  const { serious, inBar } = await page.evaluate(async (values) => {
    // This rule runs only on request: a button's name has the text on the button.
    const all = { rules: { 'label-content-name-mismatch': { enabled: true } } };
    const { violations, passes } = await /** @type {any} */ (window).axe.run(
      values.length > 0 ? { runOnly: { type: 'rule', values } } : all,
    );
    const say = (/** @type {any} */ rule) =>
      rule.nodes.map(
        (/** @type {any} */ node) => `${rule.id} ${node.target.flat().join(' > ')}: ${node.failureSummary}`,
      );
    return {
      serious: violations
        .filter((/** @type {any} */ rule) => ['serious', 'critical'].includes(rule.impact))
        .flatMap(say),
      inBar: passes.some((/** @type {any} */ rule) =>
        rule.nodes.some((/** @type {any} */ node) => node.target.flat()[0] === 'nextim-bar'),
      ),
    };
  }, rules);
  assert.deepEqual(serious, [], where);
  assert.ok(inBar || rules.length > 0, `the bar was looked at as well: ${where}`);
  assert.deepEqual(await page.evaluate(paleTexts), [], `${where}: texts of the bar with too little contrast`);
}

/** The texts of the bar with too little contrast. The checker finds no background for them: it knows what lies in the body, and the bar stands beside it. */
function paleTexts() {
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext('2d'));
  /** @param {string[]} layers colours, the lowest first @returns {number[]} red, green and blue of all of them together */
  const mix = (layers) => {
    for (const layer of layers) {
      pen.fillStyle = layer;
      pen.fillRect(0, 0, 1, 1);
    }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (/** @type {number[]} */ rgb) =>
    rgb
      .map((it) => it / 255)
      .map((it) => (it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4))
      .reduce((sum, it, at) => sum + it * [0.2126, 0.7152, 0.0722][at], 0);
  /** @param {Element} element @returns {string[]} what is painted below its text, the lowest first */
  const below = (element) => {
    const layers = [];
    for (
      let at = /** @type {Element | null} */ (element);
      at;
      at = at.parentElement ?? /** @type {ShadowRoot} */ (at.getRootNode()).host
    )
      layers.unshift(getComputedStyle(at).backgroundColor);
    return ['white', getComputedStyle(document.body).backgroundColor, ...layers];
  };
  const root = /** @type {ShadowRoot} */ (document.querySelector('nextim-bar')?.shadowRoot);
  const found = [];
  for (const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT); texts.nextNode();) {
    const element = /** @type {Element} */ (texts.currentNode.parentElement);
    const text = texts.currentNode.nodeValue ?? '';
    if (
      !/[\p{L}\p{N}]/u.test(text) ||
      element.matches('style, :disabled, :disabled *') ||
      !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    )
      continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const layers = below(element);
    const [back, front] = [luminance(mix(layers)), luminance(mix([...layers, color]))];
    const contrast = (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
    const isLarge = parseFloat(fontSize) >= (Number(fontWeight) >= 700 ? 18.66 : 24);
    if (contrast < (isLarge ? 3 : 4.5))
      found.push(`“${text}” in .${element.className}: ${contrast.toFixed(2)}, ${color} on ${layers.join(', ')}`);
  }
  return found;
}

for (const [name, options] of SCREENS) {
  test(`the site's pages, ${name}`, async () => {
    const stranger = await house.stranger(options);
    const { page } = stranger;
    for (const path of ['/', '/login', '/signup', '/forum', '/forum/1', '/groups/1', '/u/alice', '/nowhere', '/old']) {
      await page.goto(house.url + path);
      await stranger.bar.region.getByRole('button').first().waitFor();
      await sound(page, `${path}, not logged in`);
    }
    await stranger.leave();

    const admin = await house.arrive('admin', options);
    for (const path of [
      '/',
      '/forum',
      '/forum/1',
      '/groups',
      '/groups/1',
      '/members',
      '/friends',
      '/u/admin',
      '/u/zoe',
      '/notifications',
      '/admin',
      '/admin?said=broadcast',
    ]) {
      await admin.page.goto(house.url + path);
      await admin.bar.region.getByRole('button').first().waitFor();
      await sound(admin.page, path);
    }
    await admin.leave();
    const alice = await house.arrive('alice', options);
    for (const path of ['/friends', '/notifications', '/groups/1', '/u/bob', '/u/dave']) {
      await alice.page.goto(house.url + path);
      await alice.bar.region.getByRole('button').first().waitFor();
      await sound(alice.page, `${path}, with friends`);
    }
  });
}

/** Closes what is open, until the bar itself is there. @param {Tab} bar */
async function home(bar) {
  const settings = bar.button('Settings');
  const way = bar.button(/^(Back|Show chat bar)/);
  // A page that is still loading shows neither.
  await settings.or(way).first().waitFor();
  if (!(await settings.isVisible())) await way.click();
  await settings.waitFor();
}

/** A conversation with each kind of line. @param {Person} bob @param {Person} alice @param {string} name */
async function talk(bob, alice, name) {
  const [toAlice, toBob] = [await bob.bar.chatWith('Alice'), await alice.bar.chatWith('Bob')];
  await toAlice.button('Formatting').click();
  for (const colour of await toAlice.window.getByRole('group', { name: 'Text colour' }).getByRole('button').all()) {
    await colour.click();
    const said = `In ${await colour.getAttribute('aria-label')}, ${name}`;
    await toAlice.say(said);
    await toBob.hears(said);
  }
  await toBob.say('See https://example.com/ 你好 😀');
  await toAlice.log.getByRole('link').last().waitFor();
  await toAlice.box.fill('and');
  await toBob.log.getByText('Bob is typing…').waitFor();
  await alice.page.route('**/webim/message', (route) =>
    route.fulfill({ status: 403, json: { error: 'Not now, please.' } }),
  );
  await toBob.say('This one is refused.');
  await toBob.log.getByText('Not now, please.').waitFor();
  await alice.page.unroute('**/webim/message');
  return toBob;
}

for (const [name, options] of SCREENS) {
  test(`conversations, ${name}`, async () => {
    const [alice, bob] = await Promise.all([house.arrive('alice', options), house.arrive('bob')]);
    const { page, bar } = alice;
    await home(bar);
    await Promise.all([bar.online(), bob.bar.online()]);
    const chat = await talk(bob, alice, name);
    await sound(page, 'a chat');
    for (const tray of ['Emoji', 'Formatting']) {
      await chat.button(tray).click();
      await sound(page, tray);
    }
    await chat.button('Options').click();
    await sound(page, 'a menu of a chat');
    await page.getByRole('menuitem', { name: 'Clear history' }).click();
    await sound(page, 'a question');
    await chat.button('Cancel').click();
    await chat.choose('Block');
    await chat.window.getByText('You have blocked Bob.').waitFor();
    await sound(page, 'somebody blocked');
    await chat.button('Unblock').click();
    await chat.box.waitFor();

    await home(bar);
    const room = await bar.enter('Mountain walkers');
    await sound(page, 'a room');
    await room.button(/^Members/).click();
    await room.window.getByRole('button', { name: 'Bob' }).waitFor();
    await sound(page, 'members of a room');
    await home(bar);
    const away = await bar.chatWith('Carol');
    await away.window.getByText('Carol is offline').waitFor();
    await sound(page, 'somebody who is offline');
  });

  test(`panels, menus and cards, ${name}`, async () => {
    const [xiaoming, admin] = await Promise.all([house.arrive('xiaoming', options), house.arrive('admin')]);
    const { page, bar } = xiaoming;
    await home(bar);
    await bar.online();
    await sound(page, 'the bar');
    await bar.button('Menu').click();
    await page.getByRole('menuitem').first().waitFor();
    await sound(page, 'the menu of the site');
    await page.keyboard.press('Escape');

    const contacts = await bar.panel('Contacts');
    await sound(page, 'contacts');
    await contacts.getByRole('button', { name: /^Your presence/ }).click();
    await sound(page, 'presences');
    await page.keyboard.press('Escape');
    await contacts.getByRole('button', { name: 'Options for Alice' }).click();
    await sound(page, 'options of a contact');
    await page.keyboard.press('Escape');
    await contacts.getByRole('searchbox').fill('nobody at all');
    await contacts.getByText('Nobody matches').waitFor();
    await sound(page, 'nobody found');
    await home(bar);
    for (const who of ['alice', 'bob', 'carol', 'dave', 'meiling', 'zoe', 'admin'])
      await page.evaluate((id) => /** @type {any} */ (window).NextIM.open(id), who);
    await home(bar);
    await bar.button(/^(More )?[Cc]hats, \+\d/).waitFor();
    await sound(page, 'more chats than fit');
    await bar.button(/^(More )?[Cc]hats, \+\d/).click();
    await page.getByRole('menuitem').first().waitFor();
    await sound(page, 'the list of the other chats');
    await page.keyboard.press('Escape');
    for (const panel of ['Rooms', 'Settings']) {
      await home(bar);
      await bar.panel(panel);
      await sound(page, panel);
    }
    await home(bar);
    const rooms = await bar.panel('Rooms');
    await rooms.getByRole('button', { name: 'Lock room Bicycle kitchen' }).click();
    await rooms.getByText('Locked').waitFor();
    await sound(page, 'a locked room');
    await rooms.getByRole('button', { name: 'Unlock room Bicycle kitchen' }).click();
    await rooms.getByRole('button', { name: 'Lock room Bicycle kitchen' }).waitFor();
    await home(bar);

    await admin.page.goto(`${house.url}/admin`);
    await admin.page.getByLabel('To everybody who is online').fill(`The kettle is on, ${name}.`);
    await admin.page.getByRole('button', { name: 'Send', exact: true }).click();
    await bar.region.getByRole('status').getByText(`The kettle is on, ${name}.`).waitFor();
    await sound(page, 'a card');
    const notices = await bar.panel('Notifications');
    await notices.getByText(`The kettle is on, ${name}.`).waitFor();
    await sound(page, 'notifications');
    await home(bar);
    await bar.button('Hide chat bar').click();
    await sound(page, 'the bar put away');
  });

  test(`as transparent and as large as it may be, ${name}`, async () => {
    const dave = await house.arrive('dave', options);
    const { page, bar } = dave;
    await home(bar);
    await bar.online();
    const settings = await bar.panel('Settings');
    await settings.getByRole('slider', { name: 'Opacity' }).fill('50');
    await settings.getByRole('slider', { name: 'Size' }).fill('150');
    // A phone's sheet covers the page, which is not to shine through.
    await until(
      'it can be seen through as far as it should',
      async () => /0\.5\)$/.test(await look(settings, 'background-color')) === !('isMobile' in options),
    );
    await sound(page, 'settings');
    for (const panel of ['Contacts', 'Rooms', 'Notifications']) {
      await home(bar);
      await bar.panel(panel);
      await sound(page, panel);
    }
    await home(bar);
    const chat = await bar.chatWith('Bob');
    await chat.say('Can you read this?');
    // Bob may have been online a moment ago, for another test.
    await chat.log.getByRole('img', { name: 'Sent', exact: true }).waitFor();
    await chat.button('Formatting').click();
    await sound(page, 'a chat');
  });

  test(`signing in, and a message server that is gone, ${name}`, async () => {
    const server = await MessageServer.start();
    const own = await Community.start({ im: server.url });
    const { page, bar } = await house.stranger(options);
    await page.goto(own.url);
    await bar.region.getByRole('button').first().waitFor();
    await home(bar);
    await bar.button('Sign in to chat').click();
    const box = bar.region.getByRole('region', { name: 'Sign in to chat' });
    await sound(page, 'the sign-in box');
    await box.getByLabel('Username').fill('carol');
    await box.getByLabel('Password').fill('wrong');
    await box.getByRole('button', { name: 'Sign in' }).click();
    await box.getByText('Wrong username or password.').waitFor();
    await sound(page, 'a wrong password');
    await box.getByLabel('Password').fill('nextim');
    await box.getByRole('button', { name: 'Sign in' }).click();
    await home(bar);
    await bar.online();
    await server.kill();
    await bar.button('Try again').waitFor();
    await sound(page, 'a banner');
    await own.end();
    await server.end();
  });
}
