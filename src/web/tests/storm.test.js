// A simulator: tabs that come, go and crash, a network that loses things, a server that restarts. Whatever happens, in
// the end every tab shows every message once, in order, and has what the others have.
//
// Owns: what must be true after any of it.
// Must not: say how that is reached.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate, chatOf } from './sim/world.js';

const SEEDS = Number(process.env.SEEDS ?? 240);
const STEPS = 60;

/** One thing that may happen. */
function step(sim, dice, seen) {
  const { server, browser } = sim;
  const pick = (list) => list[Math.floor(dice() * list.length)];
  const awake = browser.live.filter((it) => it.im.isOpen);
  const tab = pick(awake.length > 0 ? awake : browser.live);
  const r = awake.length > 0 ? dice() : 1;
  if (r < 0.3) seen.said.push(server.say(pick(['bob', 'carol', 'dave']), 'alice', `m${seen.n++}`));
  else if (r < 0.36) server.say('bob', 'lobby', `m${seen.n++}`, { type: 'multicast' });
  else if (r < 0.52) {
    const key = pick(['u/bob', 'u/carol', 'r/lobby']);
    tab.im.send(key, `m${seen.n++}`);
  } else if (r < 0.6 && browser.live.length < 4) browser.open();
  else if (r < 0.67) {
    const session = tab.close();
    if (browser.live.length === 0 || dice() < 0.4) browser.open({}, session);
  } else if (r < 0.72 && browser.live.length > 1) tab.crash();
  else if (r < 0.75) server.restart();
  else if (r < 0.8) tab.im.open(pick(['u/bob', 'u/carol', 'r/lobby']));
  else if (r < 0.85) tab.look(dice() < 0.5, dice() < 0.7);
  else if (r < 0.9) server.loss = dice() < 0.5 ? 0 : dice() * 0.4;
  else if (r < 0.93) for (const it of browser.live) it.online = !it.online;
  else if (r < 0.95) {
    tab.fire('pagehide', { persisted: true });
    sim.clock.after(dice() * 20_000, () => tab.fire('pageshow', { persisted: true }));
  } else if (r < 0.97) server.end(pick([...server.sessions.keys()]) ?? '', pick(['limit', 'shutdown']));
  else browser.local.removeItem('nextim:/webim:polled'); // a day is over
}

/** The rows of a chat, as the site has them. */
const rowsOf = (server, key) =>
  server.rows.filter((row) =>
    key.startsWith('r/')
      ? row.to === key.slice(2)
      : row.type === 'unicast' && [row.from, row.to].includes(key.slice(2)),
  );

function check({ server, browser }, seen, label) {
  const [first] = browser.live;
  for (const tab of browser.live) {
    const name = `${label} tab ${browser.tabs.indexOf(tab)}`;
    assert.equal(tab.im.state, 'online', `${name}: ${JSON.stringify(tab.im.trouble)}`);
    assert.deepEqual(
      tab.im.chats.map((it) => it.key),
      first.im.chats.map((it) => it.key),
      `${name}: chats`,
    );
    for (const { key, messages } of tab.im.chats) {
      const shown = messages.map((line) => line.id);
      const rows = rowsOf(server, key).map((row) => String(row.id));
      assert.deepEqual(
        shown,
        rows.slice(rows.length - shown.length),
        `${name} ${key}: the newest rows, each once, in order`,
      );
    }
    for (const { from, body } of seen.said)
      assert.ok(chatOf(tab, `u/${from}`), `${name}: no chat for ${body} of ${from}`);
    const told = tab.told('message').map((it) => it.id);
    assert.equal(new Set(told).size, told.length, `${name}: told twice`);
  }
  const sent = server.rows.filter((row) => row.cid).map((row) => row.body);
  assert.equal(new Set(sent).size, sent.length, `${label}: sent twice`);
  assert.equal(browser.live.filter((tab) => tab.im.leads).length, 1, `${label}: one leads`);
}

export async function storm(seed, options) {
  const sim = simulate({ seed, ...options });
  const { server, browser, random, clock } = sim;
  server.rooms.set('lobby', ['alice', 'bob']);
  const seen = { said: [], n: 0 };
  browser.open();
  await sim.pass(1000);
  for (let at = 0; at < STEPS; at += 1) {
    step(sim, random, seen);
    await sim.pass(random() < 0.7 ? random() * 300 : random() * 20_000);
  }
  // Then the world is kind again.
  server.loss = 0;
  for (const tab of browser.live) {
    tab.online = true;
    if (!tab.im.isOpen) tab.fire('pageshow', { persisted: true });
  }
  seen.said.push(server.say('dave', 'alice', `m${seen.n++}`));
  await sim.pass(200_000);
  for (const { messages } of browser.live[0].im.chats) {
    for (const line of [...messages]) if (line.state === 'failed') browser.live[0].acts.retry(line.cid);
  }
  await sim.pass(60_000);
  const unread = browser.live.map((tab) => tab.im.unread);
  assert.deepEqual(
    unread,
    unread.map(() => unread[0]),
    `seed ${seed}: unread`,
  );
  for (const tab of browser.live) for (const { key } of tab.im.chats) tab.im.open(key); // loads what nobody has looked at
  await sim.pass(1000);
  check(sim, seen, `seed ${seed}`);
  return clock.now;
}

test('Whatever happens, every tab shows every message once', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) await storm(seed);
});

test('The same on plain http, where a lease elects', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) await storm(seed + 10_000, { withLocks: false });
});

test('The same by streams of events, with and without locks', async () => {
  for (let seed = 1; seed <= SEEDS / 2; seed += 1)
    await storm(seed + 20_000, { withStreams: true, withLocks: seed % 2 === 0 });
});
