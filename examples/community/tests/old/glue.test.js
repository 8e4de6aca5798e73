// The glue for a front end of 2011, tested with a stand-in that records all calls.
//
// Owns: the stand-in for such a front end, and one test for each part of its configuration.
// Must not: import a package or a browser; `node --test examples/community/tests/old/` runs it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';

const SOURCE = readFileSync(new URL('../../static/old.js', import.meta.url), 'utf8');

const CONFIG = {
  site: '/webim',
  files: '/old/webim',
  user: { id: 'alice', uid: '1', nick: 'Alice <b>' },
  setting: { play_sound: false },
  menu: [{ title: 'Forum', icon: '', link: '/forum' }],
};

/** Runs the glue; returns the front end, and the calls in their order. */
function glue({ autoOnline = true, present = true } = {}) {
  /** @type {any[][]} */
  const calls = [];
  const record =
    (/** @type {string} */ name) =>
    (/** @type {any[]} */ ...args) =>
      void calls.push([name, ...args]);
  const body = { tag: 'body' };
  const main = { tag: 'main' };
  const webim = {
    defaults: {},
    extend: Object.assign,
    setting: { defaults: { data: { play_sound: true, buddy_sticky: true } } },
    history: { defaults: {} },
    room: { defaults: {} },
    buddy: { defaults: {} },
    notification: { defaults: {} },
    ui: Object.assign(
      function ui(/** @type {any[]} */ ...args) {
        record('ui')(...args, structuredClone(webim.defaults));
        return {
          im: { user: record('user'), autoOnline: () => autoOnline, online: record('online') },
          addApp: record('addApp'),
          render: record('render'),
        };
      },
      { emot: { init: record('emot') } },
    ),
  };
  const script = { getAttribute: () => JSON.stringify(CONFIG) };
  class Document {
    get currentScript() {
      return script;
    }
  }
  const document = Object.assign(new Document(), { body, getElementById: () => main });
  // As if a user had posted an element with that name.
  Object.defineProperty(document, 'currentScript', { value: { getAttribute: () => '{"site": "http://evil.test"}' } });
  runInNewContext(SOURCE, { Document, document, window: present ? { webim } : {} });
  return { webim, calls, body, main };
}

/** Values of another realm compare by their JSON. */
const plain = (/** @type {any} */ value) => JSON.parse(JSON.stringify(value));
const named = (/** @type {any[][]} */ calls, /** @type {string} */ name) => calls.filter((call) => call[0] === name);

test('it has the URLs of the session before it is made', () => {
  const { webim, calls } = glue();
  const urls = {
    online: '/webim/online?version=3',
    offline: '/webim/offline',
    message: '/webim/message',
    presence: '/webim/presence',
    refresh: '/webim/refresh',
    status: '/webim/status',
  };
  assert.deepEqual(plain(webim.defaults), { urls });
  assert.deepEqual(plain(named(calls, 'ui')[0][3]), { urls });
});

test('it has the URLs of settings, history, rooms, buddies and notifications', () => {
  const { webim } = glue();
  assert.equal(plain(webim.setting.defaults).url, '/webim/setting');
  assert.deepEqual(plain(webim.history.defaults), {
    urls: { load: '/webim/history', clear: '/webim/clear_history', download: '/webim/download_history' },
  });
  assert.deepEqual(plain(webim.room.defaults), {
    urls: { member: '/webim/members', join: '/webim/join', leave: '/webim/leave' },
  });
  assert.deepEqual(plain(webim.buddy.defaults), { url: '/webim/buddies' });
  assert.deepEqual(plain(webim.notification.defaults), { url: '/webim/notifications' });
});

test('it gets the settings of the user, and keeps its own for the rest', () => {
  const { webim } = glue();
  assert.deepEqual(plain(webim.setting.defaults.data), { play_sound: false, buddy_sticky: true });
});

test('its emoticons come from its own folder', () => {
  assert.deepEqual(plain(named(glue().calls, 'emot')), [['emot', { dir: '/old/webim/images/emot/default' }]]);
});

test('its user interface is made in the body, with options and sounds', () => {
  const { calls, body } = glue();
  const [[, element, options]] = named(calls, 'ui');
  assert.equal(element, body);
  assert.deepEqual(plain(options), {
    imOptions: { jsonp: false },
    soundUrls: { lib: '/old/webim/assets/sound.swf', msg: '/old/webim/assets/sound/msg.mp3' },
  });
});

test('its apps are menu, buddy, room, notification, setting and chatlink', () => {
  const { calls, main } = glue();
  const apps = named(calls, 'addApp');
  assert.deepEqual(
    apps.map((call) => call[1]),
    ['menu', 'buddy', 'room', 'notification', 'setting', 'chatlink'],
  );
  assert.deepEqual(plain(apps[0][2]), { data: CONFIG.menu });
  assert.deepEqual(plain(apps[4][2]), { data: { play_sound: false, buddy_sticky: true } });
  assert.equal(apps[5][2].link_wrap, main);
});

test('its chatlink finds the uid in the links of this site', () => {
  const { link_href: links, space_href: spaces } = named(glue().calls, 'addApp')[5][2];
  for (const [url, uid] of [
    ['http://site/space.php?uid=7', '7'],
    ['http://site/space-uid-12.html', '12'],
    ['http://site/home.php?mod=space&uid=3', '3'],
    ['http://site/forum/4', undefined],
  ]) {
    for (const patterns of [links, spaces]) {
      const found = patterns.map((/** @type {RegExp} */ pattern) => pattern.exec(String(url))?.[1]).find(Boolean);
      assert.equal(found, uid, String(url));
    }
  }
});

test('emoticons, user interface, user, apps, render, online: in this order', () => {
  const names = glue().calls.map((call) => call[0]);
  const apps = new Array(6).fill('addApp');
  assert.deepEqual(names, ['emot', 'ui', 'user', ...apps, 'render', 'online']);
});

test('it gets the user', () => {
  assert.deepEqual(plain(named(glue().calls, 'user')), [['user', CONFIG.user]]);
});

test('a user who chose to be offline is not brought online', () => {
  assert.deepEqual(named(glue({ autoOnline: false }).calls, 'online'), []);
});

test('without a front end nothing happens and nothing fails', () => {
  assert.deepEqual(glue({ present: false }).calls, []);
});
