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
