// The page that shows a server to its operators.
//
// Owns: that its numbers move, its policy holds, and everybody can read it. Must not: judge how it looks.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { MessageServer } from './support/servers.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true };

const house = openHouse({
  server: { admin: true },
  hasSite: false,
  people: { viewport: { width: 1200, height: 900 } },
});

/** A page of it, and the errors there. @param {import('playwright-core').BrowserContextOptions} [options] */
async function open(options) {
  const { context, page } = await house.stranger(options);
  /** @type {string[]} */
  const complaints = [];
  context.on('weberror', (error) => complaints.push(`${error.error()}`));
  context.on('console', (said) => ['error', 'warning'].includes(said.type()) && complaints.push(said.text()));
  await page.goto(house.server.admin);
  await page.getByText('Serving').waitFor();
  return { page, complaints };
}

/** A call of the site. @param {string} path @param {Record<string, string>} params */
async function call(path, params) {
  const body = new URLSearchParams({ domain: 'test', apikey: MessageServer.key, ...params });
  const answer = await fetch(house.server.url + path, { method: 'POST', body });
  assert.equal(answer.status, 200);
  return answer.text();
}

/** Brings a user online, who stays: a session that never asks for packets ends after eight seconds. @param {string} name */
async function enter(name) {
  const { ticket } = JSON.parse(await call('/presences/online', { name }));
  const poll = new URLSearchParams({ domain: 'test', ticket });
  fetch(`${house.server.url}/packets?${poll}`).catch(() => undefined); // the server may end first
  return ticket;
}

/** The number of a card. @param {import('playwright-core').Page} page @param {string} title */
const number = (page, title) => page.getByRole('figure').filter({ hasText: title }).locator('.number').first();

test('its numbers move with the server', async () => {
  const { page, complaints } = await open();
  const users = number(page, 'Users online');
  await page.waitForFunction(() => document.querySelector('.number')?.textContent === '0');
  const ticket = await enter('alice');
  await enter('bob');
  await users.and(page.getByText('2', { exact: true })).waitFor();
  await call('/messages', { ticket, to: 'bob', body: 'hello' });
  const calls = page.getByRole('table', { name: 'Calls of sites' }).getByRole('row', { name: /^message / });
  await until('the message is counted', async () => /\b1$/.test((await calls.innerText()).trim()));
  assert.match(await calls.innerText(), /[µm]s/);
  const domain = page.getByRole('table', { name: 'Domains' }).getByRole('row', { name: /^test 2 / });
  await domain.waitFor();
  const curve = page.getByRole('figure').first().locator('.curve');
  const before = await curve.getAttribute('d');
  await until('the curve goes on', async () => (await curve.getAttribute('d')) !== before);

  // A pointer on a plot shows the values there; a table has the same.
  await page
    .locator('.plot')
    .first()
    .hover({ position: { x: 2, y: 20 } });
  await page
    .getByRole('figure')
    .first()
    .getByText(/^\d\d:\d\d:\d\d$/)
    .waitFor();
  await page.getByText('Values by minute').first().click();
  await page.getByRole('table', { name: 'Users online' }).getByRole('row').nth(1).waitFor();

  // After a reload the numbers come from the server's memory.
  await page.reload();
  await users.and(page.getByText('2', { exact: true })).waitFor();
  assert.deepEqual(complaints, []);
});

test('a server that goes away and comes back', async () => {
  const { page } = await open();
  await house.server.kill();
  await page.getByText('Cannot be reached').waitFor();
  await house.server.again();
  await page.getByText('Serving').waitFor();
  await number(page, 'Users online')
    .and(page.getByText('0', { exact: true }))
    .waitFor();
});

for (const [name, options] of /** @type {[string, import('playwright-core').BrowserContextOptions][]} */ ([
  ['on a desk, light', { colorScheme: 'light' }],
  ['on a desk, dark', { colorScheme: 'dark' }],
  ['on a phone, light', { ...PHONE, colorScheme: 'light' }],
  ['on a phone, dark', { ...PHONE, colorScheme: 'dark' }],
])) {
  test(`everybody can read it, ${name}`, async () => {
    const { page, complaints } = await open(options);
    await page.getByRole('row', { name: /^test / }).waitFor();
    await page.getByText('Values by minute').first().click();
    await page.evaluate(AXE); // not a script of the page, so its policy does not forbid it
    const serious = await page.evaluate(async () => {
      const { violations } = await /** @type {any} */ (window).axe.run();
      const bad = violations.filter((/** @type {any} */ rule) => ['serious', 'critical'].includes(rule.impact));
      return bad.flatMap((/** @type {any} */ rule) =>
        rule.nodes.map((/** @type {any} */ node) => `${rule.id} ${node.target}: ${node.failureSummary}`),
      );
    });
    assert.deepEqual(serious, []);
    assert.equal(
      await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
      true,
      'nothing stands out',
    );
    assert.deepEqual(complaints, []);
  });
}
