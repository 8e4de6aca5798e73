// A page that leaves while something is on its way.
//
// Owns: what becomes of calls that the browser cuts off, and of answers that nobody heard.
// Must not: leave anything to chance; storm.test.js does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from './sim/clock.js';
import { bodies, chatOf, simulate } from './sim/world.js';

/** A page that has just sent `body`, and the call, which is not answered; `serve`: although the site has carried it out. */
async function sending(body, serve) {
  const sim = simulate();
  const tab = sim.browser.open();
  await sim.pass(1000);
  tab.im.open('u/bob');
  const answer = sim.server.serve.bind(sim.server);
  let call;
  sim.server.serve = (made, reply, isOver) => {
    if (made.name !== 'message') return answer(made, reply, isOver);
    call = made;
    if (serve) sim.server.site_message('alice', made.params);
    return undefined;
  };
  tab.im.send('u/bob', body);
  await sim.pass(100);
  return { ...sim, tab, call, heal: () => (sim.server.serve = answer) };
}

test('What the browser cuts off before a page leaves has not failed, and is sent by the next page', async () => {
  const { tab, browser, server, call, heal, pass } = await sending('hello');
  call.fail('cut off');
  await settle();
  await settle();
  const session = tab.close();
  heal();
  const next = browser.open({}, session);
  await pass(5000);
  assert.deepEqual(
    chatOf(next, 'u/bob').messages.map(({ body, state }) => [body, state]),
    [['hello', 'sent']],
  );
  assert.deepEqual(
    server.rows.map((row) => row.body),
    ['hello'],
  );
});

test('What a page that stays could not send has failed', async () => {
  const { tab, call, heal, pass } = await sending('hello');
  call.fail('no network');
  await pass(5000);
  const [line] = chatOf(tab, 'u/bob').messages;
  assert.equal(line.state, 'failed');
  heal();
  tab.acts.retry(line.cid);
  await pass(1000);
  assert.deepEqual(
    chatOf(tab, 'u/bob').messages.map(({ body, state }) => [body, state]),
    [['hello', 'sent']],
  );
});

test('What the site has taken is never shown beside the same line that waits for its answer', async () => {
  const { tab, browser, pass } = await sending('hello', true);
  const next = browser.open({}, tab.close());
  for (let at = 0; at < 100; at += 1) {
    await pass(20);
    assert.ok(bodies(next, 'u/bob').length <= 1, `${bodies(next, 'u/bob')}`);
  }
  assert.deepEqual(
    chatOf(next, 'u/bob').messages.map(({ body, state }) => [body, state]),
    [['hello', 'sent']],
  );
});

test('What was left unsent is shown although its answer comes before that of going online', async () => {
  const { tab, browser, server, heal, pass } = await sending('hello');
  const session = tab.close();
  heal();
  browser.local.removeItem('nextim:/webim:picture:alice');
  const serve = server.serve.bind(server); // going online is carried out at once; its answer takes its time
  server.serve = (call, answer, isOver) =>
    serve(
      call,
      call.name === 'online' ? (...given) => server.clock.after(500, () => answer(...given)) : answer,
      isOver,
    );
  const next = browser.open({}, session);
  await pass(3000);
  assert.deepEqual(
    chatOf(next, 'u/bob').messages.map(({ body, state }) => [body, state]),
    [['hello', 'sent']],
  );
});

test('Settings that wait for their turn go with the page', async () => {
  const { browser, server, pass } = simulate();
  const tab = browser.open();
  await pass(1000);
  for (const zoom of [90, 100, 110]) tab.acts.set({ zoom });
  tab.close();
  await pass(1000);
  const kept = server.calls.filter((it) => it.name === 'setting').map((it) => JSON.parse(it.params.data).zoom);
  assert.equal(kept.at(-1), 110);
});
