// The bar as a guest: on pages of other makers, with their markup, scripts and styles.
//
// Owns: how such a page is made and what is expected of the bar on each: it is there, once, online, at the window's edge,
// it chats, and nothing of it fails. Must not: contain anything hostile; each test brings its own.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { until } from './eyes.js';
import { heardOnce } from './people.js';
import { scriptTag, serve } from './pages.js';

/**
 * @typedef {object} Guest
 * @property {string} head
 * @property {string} body
 * @property {string} attributes of the root
 * @property {Record<string, string>} tag attributes of the script's tag in place of the site's own
 * @property {string[]} libraries files of scripts that the page loads before the bar's
 * @property {string} script that runs before the bar's
 * @property {() => void} init runs in the page before all others
 */

/**
 * Leads a person's first tab to a page.
 * @param {import('./people.js').Person} person
 * @param {Partial<Guest>} page
 */
export async function visit(person, { head = '', body = '', attributes, tag = {}, libraries = [], script = '' }) {
  const { page, site } = person;
  let own = (person.tag ??= await scriptTag(page, site));
  for (const [name, value] of Object.entries(tag))
    own = own.replace(new RegExp(` ${name}="[^"]*"|(?=></script>)`), ` ${name}="${value}"`);
  const scripts = await Promise.all(libraries.map((file) => readFile(file, 'utf8')));
  const before = [...scripts, script].filter(Boolean);
  await page.route('**/library-*.js', (route) =>
    route.fulfill({
      contentType: 'text/javascript',
      body: before[Number(/library-(\d+)/.exec(route.request().url())?.[1])],
    }),
  );
  const loads = before.map((_, at) => `<script src="/library-${at}.js"></script>`).join('');
  await serve(page, site, `<head><meta charset="utf-8">${head}${loads}</head><body>${body}${own}</body>`, attributes);
  return person.bar;
}

/** How many bars there are, and the distance of the first from the window's lower and right edge. @param {import('playwright-core').Page} page */
export const barPlace = (page) =>
  page.evaluate(() => {
    const prototype = Object.getPrototypeOf(document); // past names in the page's markup
    const hosts = prototype.querySelectorAll.call(document, 'nextim-bar');
    const box = hosts[0]?.shadowRoot?.querySelector('.bar, .pill')?.getBoundingClientRect();
    const { clientWidth } = Reflect.get(prototype, 'documentElement', document);
    return {
      count: hosts.length,
      below: Math.round(innerHeight - (box?.bottom ?? NaN)),
      beside: Math.round(Math.min(innerWidth, clientWidth || innerWidth) - (box?.right ?? NaN)),
    };
  });

/** The distance that the style sheet keeps. */
const GAP_PX = 12;

/** Waits until the bar is there once, at the window's edge. @param {import('playwright-core').Page} page */
export const standsAtTheEdge = (page) =>
  until('the bar stands at the edge', async () => {
    const { count, below, beside } = await barPlace(page);
    return count === 1 && Math.abs(below - GAP_PX) <= 1 && Math.abs(beside - GAP_PX) <= 1;
  });

/**
 * Somebody at a page of another making.
 * @param {import('./house.js').House} house
 * @param {string} id
 * @param {Partial<Guest>} [page]
 */
export async function guest(house, id, page = {}) {
  const person = await house.known(id, { init: page.init });
  await visit(person, page);
  return person;
}

/**
 * Two people write to one another, and each reads the other's line once.
 * @param {import('./people.js').Tab} guest
 * @param {string} guestNick
 * @param {import('./people.js').Person} other
 * @param {string} otherNick
 * @param {string} word that no other talk has
 */
export async function talks(guest, guestNick, other, otherNick, word) {
  await guest.online();
  await other.bar.online();
  const chats = [await guest.chatWith(otherNick), await other.bar.chatWith(guestNick)];
  await chats[0].say(`${word} from a guest`);
  await chats[1].say(`${word} to a guest`);
  await heardOnce(chats, [`${word} from a guest`, `${word} to a guest`]);
  return chats;
}

/** Nothing has failed on the pages of these people. @param {...import('./people.js').Person} people */
export const nobodyComplains = (...people) =>
  assert.deepEqual(
    people.flatMap(({ complaints }) => complaints),
    [],
  );
