// Pictures of the main views, for the README and for changes of the design.
//
// Owns: the views and their names. Must not: assert anything.
//
//   cargo build --workspace && node tests/browser/screenshots.js FOLDER

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { until } from './support/eyes.js';
import { Person, launch } from './support/people.js';
import { Community } from './support/servers.js';

const folder = process.argv[2] ?? 'screenshots';
mkdirSync(folder, { recursive: true });

const PHONE = { viewport: { width: 375, height: 720 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const DESKTOP = { viewport: { width: 1200, height: 760 } };

const PANELS = ['Contacts', 'Rooms', 'Notifications', 'Settings'];

const [browser, community] = await Promise.all([launch(), Community.start()]);

/** @param {string} id @param {import('playwright-core').BrowserContextOptions} options */
const arrive = (id, options) => Person.arrive(browser, community.url, id, options);

/** @param {Person} person @param {string} name */
const shoot = (person, name) => person.page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });

/** Opens a panel, with its entries in it. @param {Person} person @param {string} panel @param {string} name */
async function shootPanel(person, panel, name) {
  const section = await person.bar.panel(panel);
  await section
    .getByRole(panel === 'Settings' ? 'switch' : 'listitem')
    .first()
    .waitFor();
  await shoot(person, name);
}

/** A short conversation. @param {import('./support/people.js').Chat} mine @param {import('./support/people.js').Chat} theirs */
async function talk(mine, theirs) {
  for (const [chat, text] of /** @type {const} */ ([
    [mine, 'Morning! Is the ridge still on for Sunday? 🙂'],
    [theirs, 'Yes - the forecast is perfect. Bus at 8:10 from the harbour.'],
    [theirs, 'Route: https://example.com/ridge-walk'],
    [mine, '太好了, I will bring tea and 月饼'],
  ])) {
    await chat.say(text);
    await Promise.all([mine.hears(text), theirs.hears(text)].map((it) => it.catch(() => undefined)));
  }
}

for (const scheme of /** @type {const} */ (['light', 'dark'])) {
  const look = { colorScheme: scheme };
  const [alice, bob, carol, ming] = await Promise.all([
    arrive('alice', { ...DESKTOP, ...look }),
    arrive('bob', { ...DESKTOP, ...look }),
    arrive('carol', DESKTOP),
    arrive('xiaoming', { ...DESKTOP, ...look }),
  ]);
  await Promise.all([alice, bob, carol, ming].map((person) => person.page.waitForLoadState()));
  await alice.page.goto(`${community.url}/forum`);
  const mine = await alice.bar.chatWith('Bob');
  const theirs = await bob.bar.chatWith('Alice');
  if (scheme === 'light') await talk(mine, theirs);
  else await mine.log.getByRole('link').first().waitFor();
  await carol.bar.chatWith('Alice').then((chat) => chat.say('Did you see the kingfisher?'));
  await alice.bar.button(/^Carol, 1 unread/).waitFor();
  await theirs.box.pressSequentially('See');
  await mine.window.getByText('is typing').waitFor();
  await shoot(alice, `desktop-${scheme}`);

  const room = await bob.bar.enter('Mountain walkers');
  await room.say('Who else is coming on Sunday?');
  await room.button(/^Members/).click();
  await shoot(bob, `room-${scheme}`);
  for (const name of PANELS) await shootPanel(bob, name, `${name.toLowerCase()}-${scheme}`);

  if (scheme === 'light') {
    const settings = await ming.bar.panel('Settings');
    await settings.getByRole('combobox', { name: 'Language' }).selectOption('zh-CN');
  }
  await ming.page.getByRole('button', { name: /^联系人/ }).click();
  await ming.page.getByRole('button', { name: /^Bob/ }).first().click();
  await shoot(ming, `chinese-${scheme}`);

  const phone = await arrive('alice', { ...PHONE, ...look });
  await phone.bar.button(/^Show chat bar/).click();
  for (const name of PANELS) {
    await shootPanel(phone, name, `phone-${name.toLowerCase()}-${scheme}`);
    await phone.bar.button('Back').click();
  }
  await phone.bar.chatWith('Bob');
  await phone.bar.chat('Bob').hears('太好了, I will bring tea and 月饼');
  await shoot(phone, `phone-${scheme}`);
  await Promise.all([alice, bob, carol, ming, phone].map((person) => person.leave()));
}

const nobody = await Person.come(browser, community.url, '', DESKTOP);
// The browser may call off a way that begins while it still ends the pages before.
await until('the front page is there', () => nobody.page.goto(community.url).then(Boolean, () => false));
await nobody.bar.button('Sign in to chat').click();
await nobody.bar.region.getByRole('textbox').first().waitFor();
await shoot(nobody, 'sign-in');

await browser.close();
await community.end();
