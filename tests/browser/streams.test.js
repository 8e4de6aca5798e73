// How packets come to a page: by a stream of events, or by polls where none comes through.
//
// Owns: proxies that pass streams on and that do not, and servers that know none. Must not: try again what happens to
// pages and tabs; their own files do, by streams, as that is how pages get their packets.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { Nginx } from './support/nginx.js';
import { heardOnce, Person } from './support/people.js';
import { Community, MessageServer } from './support/servers.js';

/** @typedef {import('playwright-core').Request} Request */

const house = openHouse({ hasSite: false });

/** How a browser asks for packets, from now on. @param {Person} person */
function asking(person) {
  /** @type {Record<'streams' | 'polls' | 'acks', Request[]>} */
  const asked = { streams: [], polls: [], acks: [] };
  person.context.on('request', (request) => {
    if (/\/packets\/ack/.test(request.url())) asked.acks.push(request);
    else if (/\/packets\?/.test(request.url()))
      asked[request.resourceType() === 'eventsource' ? 'streams' : 'polls'].push(request);
  });
  return asked;
}

/**
 * What happens at a site.
 * @typedef {{alice: Person, bob: Person, asked: ReturnType<typeof asking>, server: MessageServer}} Scene
 */

/**
 * Two people at a site with a message server of its own.
 * @param {(scene: Scene) => Promise<void>} run
 * @param {{init?: () => void, nginx?: string}} [setup] `init` runs in Alice's pages first; `nginx`: the options of one that
 *   the pages reach the message server by
 */
async function atSite(run, { init, nginx } = {}) {
  const server = await MessageServer.start({});
  const proxy = nginx === undefined ? undefined : await Nginx.start(server.url, nginx);
  const community = await Community.start({ im: server.url, args: ['--im-public', proxy?.url ?? server.url] });
  try {
    const [alice, bob] = await Promise.all([
      Person.come(house.browser, community.url, 'alice', { init }),
      Person.arrive(house.browser, community.url, 'bob'),
    ]);
    await alice.logIn();
    const asked = asking(alice);
    await alice.page.goto(`${community.url}/forum`);
    await alice.bar.online();
    await run({ alice, bob, asked, server });
    assert.deepEqual([...alice.complaints, ...bob.complaints], []);
    await Promise.all([alice.leave(), bob.leave()]);
  } finally {
    await community.end();
    await proxy?.end();
    await server.end();
  }
}

/** They write to one another. @param {{alice: Person, bob: Person}} people @param {string} word that no other talk has */
async function talk({ alice, bob }, word) {
  const chats = [await alice.bar.chatWith('Bob'), await bob.bar.chatWith('Alice')];
  await chats[0].say(`${word} from Alice`);
  await chats[1].say(`${word} to Alice`);
  await heardOnce(chats, [`${word} from Alice`, `${word} to Alice`]);
  return chats;
}

test('one stream brings all lines, many are acknowledged at once, and the server restarts', () =>
  atSite(async ({ alice, bob, asked, server }) => {
    const [toBob, toAlice] = await talk({ alice, bob }, 'by a stream');
    assert.deepEqual([asked.streams.length, asked.polls.length], [1, 0]);
    // A talk that took half a minute was acknowledged already.
    const before = asked.acks.length;
    const texts = Array.from({ length: 18 }, (_, at) => `line ${at}`);
    for (const text of texts) await toAlice.say(text);
    await toBob.hears('line 17');
    await until('they are acknowledged', () => asked.acks.length > before);
    const ack = await asked.acks[before].response();
    assert.deepEqual([ack?.status(), await ack?.text()], [200, 'ok']);

    await server.kill();
    await alice.bar.region.getByText('The message server cannot be reached').waitFor();
    await server.again();
    await Promise.all([alice.bar.online(), bob.bar.online()]);
    await talk({ alice, bob }, 'after the restart');
    assert.equal(asked.streams.length, 2);
    for (const text of texts) assert.equal(await toBob.times(text), 1);
  }));

test('a page that leaves acknowledges what it has taken before it ends its session', () => {
  const init = () => {
    const beacon = navigator.sendBeacon.bind(navigator);
    navigator.sendBeacon = (url, data) => {
      const kept = localStorage.getItem('beacons') ?? '';
      localStorage.setItem('beacons', `${kept}${new URL(url, location.href).pathname} ${data};`);
      return beacon(url, data);
    };
  };
  return atSite(
    async ({ alice, bob }) => {
      await talk({ alice, bob }, 'before the page goes');
      await alice.page.goto(`${alice.site}/groups`);
      await alice.bar.online();
      const beacons = await alice.page.evaluate(() => localStorage.getItem('beacons')?.split(';') ?? []);
      assert.match(beacons[0], /^\/packets\/ack domain=test&ticket=.+&seq=[1-9]/);
      assert.match(beacons[1], /^\/webim\/refresh ticket=/);
    },
    { init },
  );
});

test('nginx that passes events on is streamed through', () =>
  atSite(
    async ({ alice, bob, asked }) => {
      await talk({ alice, bob }, 'through nginx');
      assert.deepEqual([asked.streams.length, asked.polls.length], [1, 0]);
    },
    { nginx: 'proxy_http_version 1.1; proxy_set_header Connection "";' },
  ));

for (const [what, nginx] of [
  // It waits for enough to compress.
  [
    'keeps events back',
    `proxy_http_version 1.1; proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;
      gzip on; gzip_types text/event-stream; gzip_min_length 1; gzip_proxied any;`,
  ],
  ['speaks HTTP/1.0', 'proxy_http_version 1.0;'],
])
  test(`nginx that ${what} is polled through, and the next pages know`, () =>
    atSite(
      async ({ alice, bob, asked }) => {
        await until('it polls', () => asked.polls.length > 0);
        await talk({ alice, bob }, 'by polls');
        await until('it knows', () =>
          alice.page.evaluate(() => Object.keys(localStorage).some((key) => key.endsWith(':polled'))),
        );
        await alice.page.goto(`${alice.site}/groups`);
        await alice.bar.online();
        await talk({ alice, bob }, 'by polls again');
        assert.equal(asked.streams.length, 1);
      },
      { nginx },
    ));

for (const [what, init] of /** @type {[string, () => void][]} */ ([
  [
    'answers with a poll',
    () => {
      const Native = globalThis.EventSource;
      // As a server of before streams, which does not look at what a page accepts.
      globalThis.EventSource = class extends Native {
        /** @param {string} url */
        constructor(url) {
          super(`/webim/buddies?ids=&${url.split('?')[1]}`);
        }
      };
    },
  ],
  [
    'answers with 404',
    () => {
      const Native = globalThis.EventSource;
      globalThis.EventSource = class extends Native {
        /** @param {string} url */
        constructor(url) {
          super(url.replace('/packets', '/nothing'));
        }
      };
    },
  ],
  ['is asked by a browser without streams', () => void Reflect.deleteProperty(globalThis, 'EventSource')],
]))
  test(`a message server that ${what} is polled`, () =>
    atSite(
      async ({ alice, bob, asked }) => {
        await talk({ alice, bob }, 'by polls');
        assert.ok(asked.polls.length > 1);
        assert.equal(asked.acks.length, 0);
      },
      { init },
    ));
