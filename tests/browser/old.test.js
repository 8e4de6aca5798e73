// A front end of 2011 in the folder that `/old` expects, as far as it matters to the site.
//
// Owns: a stand-in that does what those front ends do, in the way they do it: form-encoded calls, JSONP polls, what it
// shows written by scripts. Must not: use an address that the glue does not give it.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { until } from './support/eyes.js';
import { openHouse } from './support/house.js';

/** The page loads this as `webim.all.min.js`; it runs in the browser, and has all its settings from the glue. */
function frontEnd() {
  const say = (/** @type {string} */ text) => {
    const line = document.createElement('li');
    line.setAttribute('style', 'list-style: none'); // as their markup does
    line.textContent = text;
    /** @type {Element} */ (document.querySelector('#old-log')).append(line);
  };
  /** A call as jQuery 1.4 makes it. @param {string} method @param {string} url @param {Record<string, unknown>} params @param {(answer: any) => void} [then] */
  const call = (method, url, params, then) => {
    const form = Object.entries({ ...params, _: Date.now() })
      .map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`)
      .join('&');
    const asked = new XMLHttpRequest();
    asked.open(method, method === 'GET' ? `${url}?${form}` : url, true);
    asked.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
    asked.onload = () => (asked.status === 200 ? then?.(JSON.parse(asked.responseText)) : say(`failed: ${url}`));
    asked.send(method === 'GET' ? null : form);
  };
  let calls = 0;
  /** @param {{server: string, domain: string, ticket: string}} connection */
  const poll = ({ server, domain, ticket }) => {
    const name = `jsonp${(calls += 1)}`;
    const script = document.createElement('script');
    Object.assign(window, {
      [name]: (/** @type {any} */ answer) => {
        script.remove();
        for (const message of answer.messages) {
          if (message.type !== 'unicast' && message.type !== 'multicast')
            throw new Error(`unknown type ${message.type}`);
          say(`${message.nick}: ${message.body} [${message.type}]`);
        }
        for (const { nick, type } of answer.presences) say(`${nick} is ${type}`);
        poll({ server, domain, ticket });
      },
    });
    script.src = `${server}?domain=${domain}&ticket=${ticket}&callback=${name}&_=${Date.now()}`;
    document.head.append(script);
  };
  const webim = {
    defaults: { urls: /** @type {Record<string, string>} */ ({}) },
    extend: Object.assign,
    setting: { defaults: { url: '', data: {} } },
    history: { defaults: { urls: { load: '' } } },
    room: { defaults: { urls: { join: '', member: '' } } },
    buddy: { defaults: { url: '' } },
    notification: { defaults: {} },
    ui: Object.assign(
      function ui(/** @type {HTMLElement} */ body) {
        const log = Object.assign(document.createElement('ul'), { id: 'old-log' });
        body.append(log);
        return {
          addApp() {},
          render() {},
          im: {
            user: (/** @type {any} */ me) => say(`I am ${me.nick}`),
            autoOnline: () => true,
            online: () =>
              call(
                'POST',
                webim.defaults.urls.online,
                { buddy_ids: '', room_ids: '', stranger_ids: 'undefined', show: 'available' },
                (answer) => {
                  if (!answer.success) return say(`not online: ${answer.error_msg}`);
                  for (const buddy of answer.buddies) say(`buddy ${buddy.nick} ${buddy.presence}`);
                  for (const id of Object.keys(answer.rooms)) say(`room ${answer.rooms[id].nick}`);
                  const { connection } = answer;
                  const { ticket } = connection;
                  Object.assign(document, {
                    old: {
                      send: (/** @type {string} */ type, /** @type {string} */ to, /** @type {string} */ body) =>
                        call(
                          'POST',
                          webim.defaults.urls.message,
                          {
                            ticket,
                            type,
                            to,
                            body,
                            style: '',
                            from: 'undefined',
                            nick: 'me',
                            offline: false,
                            timestamp: Date.now(),
                          },
                          (said) => say(`sent: ${said}`),
                        ),
                      join: (/** @type {string} */ id) =>
                        call('POST', webim.room.defaults.urls.join, { ticket, id, nick: 'undefined' }, (room) =>
                          say(`joined ${room.nick}, ${room.count} there`),
                        ),
                      members: (/** @type {string} */ id) =>
                        call('GET', webim.room.defaults.urls.member, { ticket, id }, (list) =>
                          say(`members: ${list.map((/** @type {any} */ it) => it.nick).sort()}`),
                        ),
                      history: (/** @type {string} */ id) =>
                        call('GET', webim.history.defaults.urls.load, { type: 'unicast', id }, (rows) =>
                          say(`history: ${rows.at(-1).body}`),
                        ),
                    },
                  });
                  say('online');
                  return poll(connection);
                },
              ),
          },
        };
      },
      { emot: { init() {} } },
    ),
  };
  Object.assign(window, { webim });
}

const folder = mkdtempSync(join(tmpdir(), 'nextim-old-'));
mkdirSync(join(folder, 'i18n'));
writeFileSync(join(folder, 'webim.all.min.js'), `(${frontEnd})();`);
writeFileSync(join(folder, 'webim.all.min.css'), '#old-log { border: 3px solid rgb(1, 2, 3); }');
after(() => rmSync(folder, { recursive: true, force: true }));
const house = openHouse({ args: ['--old', folder] });

test('a front end of 2011 sees friends, sends, receives by JSONP, joins a room and loads a history', async () => {
  const [alice, bob] = await Promise.all(['alice', 'bob'].map((id) => house.arrive(id)));
  await bob.bar.online();
  await alice.page.goto(`${house.url}/old`); // and away from our bar, which polls in another way
  /** @type {string[]} */
  const polls = [];
  alice.context.on('request', (request) => {
    if (/\/packets\?/.test(request.url()) && request.frame().page() === alice.page) polls.push(request.resourceType());
  });
  const log = alice.page.locator('#old-log');
  const reads = (/** @type {string | RegExp} */ text) => log.getByText(text, { exact: true }).first().waitFor();
  const does = (/** @type {string} */ name, /** @type {string[]} */ ...args) =>
    alice.page.evaluate(
      ([method, values]) => /** @type {any} */ (document).old[method](...values),
      /** @type {const} */ ([name, args]),
    );
  for (const text of ['I am Alice', 'buddy Bob online', 'room Mountain walkers', 'online']) await reads(text);
  assert.equal(await alice.page.locator('nextim-bar').count(), 0, 'it stands in place of our bar');
  assert.equal(await log.evaluate((list) => getComputedStyle(list).borderTopColor), 'rgb(1, 2, 3)');

  await does('send', 'unicast', 'bob', 'from 2011 & <b>earlier</b>');
  await reads('sent: ok');
  const toAlice = bob.bar.chat('Alice');
  await toAlice.hears('from 2011 & <b>earlier</b>');
  await toAlice.say('welcome to the future');
  await reads('Bob: welcome to the future [unicast]');
  // The site notes the delivery a moment after the arrival, and from then on the line is in the history.
  await until('it is in the history', async () => {
    await does('history', 'bob');
    return (await log.getByText('history: welcome to the future', { exact: true }).count()) > 0;
  });

  await does('join', '1');
  await reads('joined Mountain walkers, 2 there');
  await does('members', '1');
  await reads('members: Alice,Bob');
  await (await bob.bar.enter('Mountain walkers')).say('to all walkers');
  await reads('Bob: to all walkers [multicast]');

  // It throws at a third type of messages.
  const admin = await house.arrive('admin');
  await admin.page.goto(`${house.url}/admin`);
  await admin.page.getByLabel('To everybody who is online').fill('To everybody');
  await admin.page.getByRole('button', { name: 'Send', exact: true }).click();
  await reads('Admin: To everybody [unicast]');
  assert.deepEqual([...new Set(polls)], ['script']);
  assert.deepEqual(alice.complaints, [], 'the policy of the page lets it run');
});
