// A small world to test in: one clock, one server, browsers.
//
// Owns: how these are put together.
// Must not: check anything.

import { Browser } from './browser.js';
import { Clock, dice } from './clock.js';
import { Server } from './server.js';

export function simulate({ seed = 1, user = 'alice', ...options } = {}) {
  const clock = new Clock();
  const random = dice(seed);
  const server = new Server(clock, random);
  const browser = new Browser(clock, random, server, options);
  browser.jar.user = user;
  server.friends.set('alice', ['bob', 'carol']);
  return { clock, random, server, browser, pass: (ms) => clock.pass(ms) };
}

/** The chat of a key, or nothing. */
export const chatOf = (tab, key) => tab.im.chats.find((chat) => chat.key === key);
export const bodies = (tab, key) => (chatOf(tab, key)?.messages ?? []).map((line) => line.body);

export const calls = (sim, name) => sim.server.calls.filter((call) => call.name === name);

/** A page that is online. */
export async function online(options, open) {
  const sim = simulate(options);
  const tab = sim.browser.open(open);
  await sim.pass(1000);
  return { ...sim, sim, tab };
}

/** Two tabs that are online; the second is no leader. */
export async function pair(setUp) {
  const sim = simulate();
  sim.server.rooms.set('lobby', ['alice', 'bob']);
  setUp?.(sim);
  const one = sim.browser.open();
  await sim.pass(500);
  const two = sim.browser.open();
  await sim.pass(2000);
  return { sim, one, two, server: sim.server, browser: sim.browser, pass: sim.pass };
}
