// Browsers that refuse a page their services: cookies, storage, locks, channels between tabs, sound.
//
// Owns: that a tab without them works alone. Must not: test tabs together; `tabs.test.js` does.

import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { nobodyComplains, talks } from './support/guest.js';
import { openHouse } from './support/house.js';
import { PATIENCE_MS } from './support/eyes.js';
import { Tab, launchProfile } from './support/people.js';

const house = openHouse();

/** Refusals of a browser, each as a script that runs in the page first. @type {[string, () => void][]} */
const REFUSALS = [
  [
    'storage throws when it is asked for',
    () => {
      for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, {
          get: () => {
            throw new DOMException('denied', 'SecurityError');
          },
        });
      }
    },
  ],
  [
    'there is no storage',
    () => {
      for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { value: null });
    },
  ],
  [
    'storage is full',
    () => {
      Storage.prototype.setItem = () => {
        throw new DOMException('full', 'QuotaExceededError');
      };
    },
  ],
  [
    'storage throws at each call',
    () => {
      const denied = () => {
        throw new DOMException('denied', 'SecurityError');
      };
      Object.assign(Storage.prototype, { getItem: denied, setItem: denied, removeItem: denied, key: denied });
    },
  ],
  [
    'locks are refused',
    () => {
      if (navigator.locks)
        navigator.locks.request = async () => {
          throw new DOMException('denied', 'SecurityError');
        };
    },
  ],
  [
    'locks throw',
    () => {
      if (navigator.locks)
        navigator.locks.request = () => {
          throw new DOMException('denied', 'SecurityError');
        };
    },
  ],
  [
    'there are no channels between tabs',
    () => {
      Object.assign(window, {
        BroadcastChannel: class {
          constructor() {
            throw new DOMException('denied', 'SecurityError');
          }
        },
      });
    },
  ],
  [
    'sound throws',
    () => {
      Object.assign(window, {
        AudioContext: class {
          constructor() {
            throw new DOMException('denied', 'NotSupportedError');
          }
        },
      });
    },
  ],
  [
    'sound is refused',
    () => {
      AudioContext.prototype.resume = async () => {
        throw new DOMException('denied', 'NotAllowedError');
      };
    },
  ],
  [
    'all is refused',
    () => {
      const denied = () => {
        throw new DOMException('denied', 'SecurityError');
      };
      for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get: denied });
      if (navigator.locks) navigator.locks.request = async () => denied();
      Object.assign(window, {
        BroadcastChannel: class {
          constructor() {
            denied();
          }
        },
      });
    },
  ],
];

for (const [what, init] of REFUSALS) {
  test(`${what}: the bar is online and chats, also in a second tab`, async () => {
    const [alice, bob] = await Promise.all([house.arrive('alice', { init }), house.arrive('bob')]);
    const [toBob, toAlice] = await talks(alice.bar, 'Alice', bob, 'Bob', what);
    const second = await alice.tab('/forum');
    await second.online();
    const there = await second.chatWith('Bob');
    await there.say(`${what}: from the second tab`);
    for (const chat of [there, toAlice]) await chat.hears(`${what}: from the second tab`);
    await toAlice.say(`${what}: to both`);
    for (const chat of [there, toBob]) await chat.hears(`${what}: to both`);
    await second.page.close();
    await toAlice.say(`${what}: to the first`);
    await toBob.hears(`${what}: to the first`);
    nobodyComplains(alice, bob);
  });
}

test('a browser that blocks cookies and storage shows the log-in box, and not for ever that it connects', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nextim-blocked-'));
  mkdirSync(join(folder, 'Default'));
  writeFileSync(
    join(folder, 'Default', 'Preferences'),
    JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }),
  );
  const context = await launchProfile(folder);
  context.setDefaultTimeout(PATIENCE_MS);
  /** @type {string[]} */
  const errors = [];
  context.on('weberror', (error) => errors.push(String(error.error())));
  const page = await context.newPage();
  await page.goto(house.url);
  assert.equal(
    await page.evaluate(() => {
      try {
        return typeof localStorage;
      } catch {
        return 'refused';
      }
    }),
    'refused',
  );
  await new Tab(page).button('Sign in to chat').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
  rmSync(folder, { recursive: true, force: true });
});
