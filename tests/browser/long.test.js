// Lists of thousands.
//
// Owns: that only visible rows are drawn, that keys and the wheel lead to all rows, and how much one key or one presence
// changes.
// Must not: read a clock; `src/web/bench` prints how long a key takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { boxOf, focused, until } from './support/eyes.js';
import { openHouse } from './support/house.js';

const MEMBERS = 5000;
const ONLINE = 900;
/** More than the visible rows and their neighbours. */
const ROWS_MAX = 60;

const house = openHouse();

/** Somebody with very many contacts, online. @param {string} id */
async function popular(id) {
  const person = await house.arrive(id);
  await person.page.route('**/webim/online', async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    const nick = (/** @type {number} */ at) => `Member ${String(at).padStart(4, '0')}`;
    answer.buddies = Array.from({ length: MEMBERS }, (_, at) => ({
      id: `m${at}`,
      nick: nick(at),
      presence: at < ONLINE ? 'online' : 'offline',
      show: at < ONLINE ? 'available' : 'unavailable',
      group: 'friend',
    }));
    await route.fulfill({ response, json: answer });
  });
  await person.page.reload();
  await person.bar.online();
  // Until the answer comes, the contacts of the page before are shown.
  await (await person.bar.contact('Member 0000')).first().waitFor();
  return { page: person.page, bar: person.bar, panel: await person.bar.panel('Contacts') };
}

/** How many elements are changed, added or taken away from now on. @param {import('playwright-core').Locator} place */
const watch = (place) =>
  place.evaluateHandle((root) => {
    const touched = { nodes: 0 };
    const count = (/** @type {Node} */ node) => 1 + (node instanceof Element ? node.querySelectorAll('*').length : 0);
    new MutationObserver((records) => {
      for (const { type, addedNodes, removedNodes } of records) {
        if (type !== 'childList') touched.nodes += 1;
        for (const node of [...addedNodes, ...removedNodes]) touched.nodes += count(node);
      }
    }).observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
    return touched;
  });

test('of thousands of contacts only the visible ones are drawn, and a key touches no others', async () => {
  const { bar, panel } = await popular('alice');
  const rows = panel.getByRole('listitem');
  await rows.first().waitFor();
  assert.ok((await rows.count()) < ROWS_MAX, `${await rows.count()} rows`);
  assert.ok(Number(await rows.first().getAttribute('aria-setsize')) >= MEMBERS);

  await (await bar.contact('Member 0001')).first().click();
  const chat = bar.chat('Member 0001');
  await focused(chat.box);
  const inMessage = await watch(bar.region);
  await chat.box.pressSequentially('hello');
  await chat.button('Send').and(chat.window.locator(':enabled')).waitFor();
  const { nodes } = await inMessage.jsonValue();
  assert.ok(nodes > 0 && nodes < 200, `${nodes} nodes for five keys`);

  const inSearch = await watch(bar.region);
  await panel.getByRole('searchbox').pressSequentially('4321');
  await until('one is left', async () => (await rows.count()) === 1);
  const touched = (await inSearch.jsonValue()).nodes;
  assert.ok(touched < 4 * ROWS_MAX * 12, `${touched} nodes for four keys`);
  await panel.getByRole('button', { name: /^Member 4321/ }).waitFor();
});

test('keys and the wheel lead through a list of thousands, and nothing in use goes', async () => {
  const { page, bar, panel } = await popular('bob');
  const rows = panel.getByRole('listitem');
  await (await bar.contact('Member 0000')).first().focus();
  for (let step = 0; step < 40; step += 1) await page.keyboard.press('ArrowDown');
  const fortieth = panel.getByRole('button', { name: /^Member 0040/ });
  await focused(fortieth);
  await page.keyboard.press('End');
  const size = Number(await rows.first().getAttribute('aria-setsize'));
  const nth = (/** @type {number} */ place) => panel.locator(`[aria-posinset="${place}"] .who`);
  await focused(rows.last().locator('.who'));
  await nth(size).focus();
  await nth(size - 5).waitFor();
  await page.keyboard.press('ArrowUp');
  await focused(nth(size - 1));
  assert.ok((await rows.count()) < ROWS_MAX);

  // The wheel leaves the focus where it is, and a menu's opener too.
  await panel.locator('.list').hover();
  await page.mouse.wheel(0, -100_000);
  await page.mouse.wheel(0, -1_000_000);
  await panel.getByRole('button', { name: 'Member 0003, Available' }).waitFor();
  await focused(nth(size - 1));
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  const options = panel.getByRole('button', { name: 'Options for Member 0000' });
  await focused(options);
  await page.keyboard.press('Enter');
  const menu = panel.getByRole('menu');
  await menu.waitFor();
  const [row, shown] = await Promise.all([boxOf(options), boxOf(menu)]);
  assert.ok(Math.abs(shown.y - row.bottom) < 30, 'it stands under its row');
  await page.keyboard.press('Escape');
  await focused(options);
});

test('of thousands of members only the visible ones are drawn, found and touched', async () => {
  const { page, bar } = await house.arrive('carol');
  const nick = (/** @type {number} */ at) => `Member ${String(at).padStart(4, '0')}`;
  const all = Array.from({ length: MEMBERS }, (_, at) => ({ id: `m${at}`, nick: nick(at) })).reverse();
  await page.route('**/webim/members*', (route) => route.fulfill({ json: all }));
  await bar.online();
  const room = await bar.enter('Mountain walkers');
  await room.button(/^Members/).click();
  const list = room.window.getByRole('group', { name: 'Members of Mountain walkers' });
  const rows = list.getByRole('listitem');
  await rows.first().waitFor();
  assert.ok((await rows.count()) < ROWS_MAX, `${await rows.count()} rows`);
  assert.equal(Number(await rows.first().getAttribute('aria-setsize')), MEMBERS);
  assert.match((await rows.first().textContent()) ?? '', /Member 0000/, 'they are in the order of their names');

  const inMessage = await watch(bar.region);
  await room.box.pressSequentially('hello');
  await room.button('Send').and(room.window.locator(':enabled')).waitFor();
  const { nodes } = await inMessage.jsonValue();
  assert.ok(nodes > 0 && nodes < 200, `${nodes} nodes for five keys`);

  const atPresence = await watch(bar.region);
  const drawn = page.evaluate(
    () =>
      new Promise((resolve) => {
        const twoFrames = () => requestAnimationFrame(() => requestAnimationFrame(resolve));
        /** @type {any} */ (window).NextIM.on(
          'presence',
          (/** @type {any} */ who) => who.id === 'meiling' && who.presence === 'online' && twoFrames(),
        );
      }),
  );
  await house.gather('meiling');
  await drawn;
  const changed = (await atPresence.jsonValue()).nodes;
  assert.ok(changed > 0 && changed < 200, `${changed} nodes for a presence`);

  const inSearch = await watch(bar.region);
  const search = list.getByRole('searchbox', { name: 'Search members' });
  await search.pressSequentially('r 4321');
  await until('one is left', async () => (await rows.count()) === 1);
  const touched = (await inSearch.jsonValue()).nodes;
  assert.ok(touched < 6 * ROWS_MAX * 12, `${touched} nodes for six keys`);
  await search.fill('nobody of this name');
  await list.getByText('Nobody matches “nobody of this name”').waitFor();
  await search.fill('4321');
  await list.getByRole('button', { name: 'Member 4321' }).waitFor();
  await page.keyboard.press('Tab');
  await focused(list.getByRole('button', { name: 'Member 4321' }));
  await page.keyboard.press('Enter');
  await bar.opened('m4321'); // the site does not know this user

  // The search ends with the list.
  await bar.enter('Mountain walkers');
  await room.button(/^Members/).click();
  await until('all are here again', async () => Number(await rows.first().getAttribute('aria-setsize')) >= MEMBERS);
});
