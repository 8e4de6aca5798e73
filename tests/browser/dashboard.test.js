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

const UNKNOWN = { reason: null, heard_ms: null, round_trip_us: null, users: null, link: null };
const LINK = { up: true, images: 1_234, frames_in_per_s: 4.2, frames_out_per_s: 3.9, frames_again: 7, unreachable: 0 };
const CLUSTER = {
  name: 'forum',
  partition: 'rendezvous',
  broker: { connected: true, url: 'nats://10.0.0.9:4222', connects: 1, dropped: 0 },
  nodes: [
    { ...UNKNOWN, name: 'im1', url: 'https://im1.example', state: 'up', heard_ms: 300, round_trip_us: 210, users: 80 },
    {
      ...UNKNOWN,
      name: 'im2',
      url: 'https://im2.example',
      state: 'up',
      heard_ms: 400,
      round_trip_us: 420,
      users: 90,
      link: LINK,
    },
    {
      ...UNKNOWN,
      name: 'im3',
      url: 'https://im3.example',
      state: 'dead',
      heard_ms: 75_000,
      link: { ...LINK, up: false, unreachable: 31 },
    },
    {
      ...UNKNOWN,
      name: 'im4',
      url: 'https://im4.example',
      state: 'refused',
      reason: 'its partition, ranges or nodes differ',
      heard_ms: 100,
    },
    { ...UNKNOWN, name: 'im5', url: '', state: 'missing' },
  ],
};

/** The page as a node of a cluster has it. @param {import('playwright-core').Page} page @param {() => any} cluster */
async function inCluster(page, cluster) {
  await page.route('**/stats', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), cluster: cluster() } });
  });
}

test('the nodes of a cluster are shown, the broken ones first', async () => {
  const { page, complaints } = await open();
  const section = page.locator('#cluster');
  assert.equal(await section.isVisible(), false, 'this server is no node');
  let cluster = structuredClone(CLUSTER);
  await inCluster(page, () => cluster);
  const rows = page.getByRole('table', { name: 'Nodes' }).getByRole('row');
  await rows.nth(5).waitFor();
  const texts = (await rows.allInnerTexts()).map((row) => row.replace(/\s+/g, ' '));
  assert.match(texts[1], /^im1 this node https:\/\/im1\.example up 0\.3 s ago 210 µs 80 – – – –$/);
  assert.match(texts[2], /^im3 https:\/\/im3\.example dead 1 min 15 s ago – – 1,234 4\.2 · 3\.9\/s 7 31$/);
  assert.match(texts[3], /^im4 https:\/\/im4\.example refused its partition, ranges or nodes differ 0\.1 s ago /);
  assert.match(texts[4], /^im5 missing never – – – – – –$/);
  assert.match(texts[5], /^im2 https:\/\/im2\.example up 0\.4 s ago 420 µs 90 /);
  await section.getByText('2 of 5 up in forum · rendezvous · connected to nats://10.0.0.9:4222').waitFor();

  cluster = structuredClone(CLUSTER);
  Object.assign(cluster.nodes[0], { state: 'isolated', reason: 'no broker' });
  cluster.broker.connected = false;
  await page.getByRole('status').and(page.getByText('Isolated: no broker')).waitFor();
  await section.getByText('no connection to nats://10.0.0.9:4222').waitFor();
  Object.assign(cluster.nodes[0], { state: 'joining', reason: null });
  await page.getByRole('status').and(page.getByText('Joining')).waitFor();
  await page.unroute('**/stats');
  await page.getByRole('status').and(page.getByText('Serving')).waitFor();
  assert.equal(await section.isVisible(), false);
  assert.deepEqual(complaints, []);
});

for (const [name, options] of /** @type {[string, import('playwright-core').BrowserContextOptions][]} */ ([
  ['on a desk, light', { colorScheme: 'light' }],
  ['on a desk, dark', { colorScheme: 'dark' }],
  ['on a phone, light', { ...PHONE, colorScheme: 'light' }],
  ['on a phone, dark', { ...PHONE, colorScheme: 'dark' }],
])) {
  test(`everybody can read it, ${name}`, async () => {
    const { page, complaints } = await open(options);
    await inCluster(page, () => CLUSTER);
    await page.getByRole('row', { name: /^im3 / }).waitFor();
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
