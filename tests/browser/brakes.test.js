// Polls under a site's own service worker.
//
// Owns: caches before the network, and polls that are answered at once with nothing. Must not: read a clock; it counts polls.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { Person } from './support/people.js';
import { withWorker } from './support/worker.js';

/** Answers from the cache whatever was answered before, as much-copied examples do. @param {string} options of the look into the cache */
const cacheFirst = (options) => `
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET' || event.request.mode === 'navigate') return;
  event.respondWith(caches.open('all').then(async (cache) => {
    const known = await cache.match(event.request, ${options});
    if (known) return known;
    const answer = await fetch(event.request);
    // A page that left has ended its session; the answer about that is left out.
    if (answer.ok && !(await answer.clone().text()).includes('"stopped"')) await cache.put(event.request, answer.clone());
    return answer;
  }));
});`;

// Long enough that the bar sees a poll that was held, and short enough that several end within a test.
const house = openHouse({ server: { holdMs: 2500 } });

/** From now on the worker controls the pages. @param {Person} person */
async function work(person) {
  await person.page.evaluate(async () => {
    await navigator.serviceWorker.register('/worker.js');
    if (!navigator.serviceWorker.controller)
      await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
  });
}

/** The polls of a page, from now on. @param {Person} person */
function polls(person) {
  /** @type {string[]} */
  const urls = [];
  person.page.on('request', (request) => /\/packets\?/.test(request.url()) && urls.push(request.url()));
  return urls;
}

test('a worker that asks its cache first has no poll in it: lines arrive, and polls wait', async () => {
  const site = await withWorker(house.url, cacheFirst('{}'));
  try {
    const [alice, bob] = await Promise.all([Person.arrive(house.browser, site.url, 'alice'), house.arrive('bob')]);
    await work(alice);
    await alice.page.goto(`${site.url}/forum`);
    const urls = polls(alice);
    await alice.bar.online();
    const [mine, theirs] = [await alice.bar.chatWith('Bob'), await bob.bar.chatWith('Alice')];
    // An empty answer comes, and the worker keeps it.
    await until('some polls were held to their end', () => urls.length >= 4);
    const before = urls.length;
    await theirs.say('past the cache');
    await mine.hears('past the cache');
    await mine.say('so it seems');
    await theirs.hears('so it seems');
    await until('some more were held', () => urls.length >= before + 3);
    assert.ok(urls.length < 60, `${urls.length} polls`);
    assert.equal(new Set(urls).size, urls.length);
    await alice.bar.online();
  } finally {
    await site.end();
  }
});

test('a worker that answers all polls from its cache is paced, and the bar says that nothing arrives', async () => {
  const site = await withWorker(house.url, cacheFirst('{ ignoreSearch: true }'));
  try {
    const [alice, bob] = await Promise.all([Person.arrive(house.browser, site.url, 'alice'), house.arrive('bob')]);
    const [mine, theirs] = [await alice.bar.chatWith('Bob'), await bob.bar.chatWith('Alice')];
    await theirs.say('before the worker');
    await mine.hears('before the worker');
    await work(alice);
    await alice.page.goto(`${site.url}/forum`);
    const urls = polls(alice);
    const { region } = alice.bar;
    await region.getByText('New messages are held up on their way').waitFor();
    await region.getByText(/^Trying again in \d+ sec/).waitFor();
    assert.ok(urls.length < 30, `${urls.length} polls`);
    assert.equal(await alice.page.evaluate(() => /** @type {any} */ (window).NextIM.state), 'reconnecting');
    // Lines of the meantime come when the user tries again: the bar asks the site.
    await Promise.all([bob.page.waitForResponse('**/webim/message'), theirs.say('can you read this?')]);
    await alice.bar.button('Try again').click();
    await mine.hears('can you read this?');
    // And without the worker all lines come.
    await alice.page.evaluate(async () => {
      for (const it of await navigator.serviceWorker.getRegistrations()) await it.unregister();
    });
    await alice.page.goto(`${site.url}/`);
    await alice.bar.online();
    await theirs.say('and this?');
    await mine.hears('and this?');
  } finally {
    await site.end();
  }
});
