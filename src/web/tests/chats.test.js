// What is said: sending, receiving, unread, typing, history.
//
// Owns: what a user interface sees of it, in every tab.
// Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BODY_BYTES_MAX, CHATS_MAX } from '../core/limits.js';
import { bodies, calls, chatOf, pair } from './sim/world.js';

const packet = (sim, list, item) => sim.server.push('alice', { list, item });
const states = (tab, key) => chatOf(tab, key).messages.map((line) => line.state);

test('What is sent is shown at once in every tab, then sent', async () => {
  const { sim, one, two, pass } = await pair();
  two.im.send('u/bob', 'hello', 'color: red');
  assert.deepEqual(states(two, 'u/bob'), ['sending']);
  await pass(6);
  assert.deepEqual(states(one, 'u/bob'), ['sending']);
  await pass(500);
  for (const tab of [one, two]) {
    const [line] = chatOf(tab, 'u/bob').messages;
    assert.deepEqual(
      [line.state, line.id, line.own, line.from, line.style],
      ['sent', '101', true, 'alice', 'color: red'],
    );
  }
  const [{ params, init }] = calls(sim, 'message');
  assert.deepEqual(
    [params.type, params.to, params.body, params.ticket, params.offline],
    ['unicast', 'bob', 'hello', 't1', 'true'],
  );
  assert.ok(params.cid);
  assert.equal(init.keepalive, true, 'it outlives the page');
  assert.equal(two.im.unread, 0);
});

test('That the other side has got it is not guessed from whom it seems to be there', async () => {
  const { sim, one, pass } = await pair((it) => it.server.begin('bob'));
  one.im.send('u/bob', 'hello');
  one.im.send('u/carol', 'hello');
  one.im.send('r/lobby', 'hello');
  await pass(500);
  assert.deepEqual(
    [states(one, 'u/bob'), states(one, 'u/carol'), states(one, 'r/lobby')],
    [['sent'], ['sent'], ['sent']],
  );
  assert.equal(calls(sim, 'message')[0].params.offline, 'false');
});

test('What fails says why, and is sent again with the same client id', async () => {
  for (const [answer, reason] of [
    [{ status: 403, data: { error: 'You are blocked.' } }, 'You are blocked.'],
    [{ data: { success: false, error_msg: 'Forbidden' } }, 'Forbidden'],
    [{ status: 500, data: 'oops' }, ''],
  ]) {
    const { sim, one, two, server, pass } = await pair();
    server.answers.message = () => answer;
    two.im.send('u/bob', 'hello');
    await pass(500);
    for (const tab of [one, two]) {
      const [line] = chatOf(tab, 'u/bob').messages;
      assert.deepEqual([line.state, line.reason], ['failed', reason]);
    }
    delete server.answers.message;
    const [{ cid }] = chatOf(one, 'u/bob').messages;
    one.acts.retry(cid);
    await pass(500);
    assert.deepEqual(states(two, 'u/bob'), ['sent']);
    assert.deepEqual(
      calls(sim, 'message').map((it) => it.params.cid),
      [cid, cid],
    );
  }
});

test('A lost answer does not say it twice', async () => {
  const { one, two, server, pass } = await pair();
  two.online = true;
  server.answers.message = (call) => {
    server.site_message('alice', call.params);
    return { status: 502, data: 'lost' };
  };
  two.im.send('u/bob', 'once');
  await pass(500);
  delete server.answers.message;
  two.acts.retry(chatOf(two, 'u/bob').messages[0].cid);
  await pass(500);
  assert.equal(server.rows.length, 1);
  assert.deepEqual(bodies(one, 'u/bob'), ['once']);
});

test('What failed can be forgotten', async () => {
  const { one, two, server, pass } = await pair();
  server.answers.message = { status: 403, data: {} };
  one.im.send('u/bob', 'oh');
  await pass(500);
  two.acts.discard('u/bob', chatOf(two, 'u/bob').messages[0].cid);
  await pass(500);
  assert.deepEqual([bodies(one, 'u/bob'), bodies(two, 'u/bob')], [[], []]);
});

test('What is said in one chat goes one after another', async () => {
  const { one, server, pass } = await pair();
  for (let at = 0; at < 10; at += 1) one.im.send('u/bob', `m${at}`);
  await pass(2000);
  assert.deepEqual(
    server.rows.map((row) => row.body),
    Array.from({ length: 10 }, (_, at) => `m${at}`),
  );
});

test('While the poll is down what is said still goes to the site', async () => {
  const { one, server, pass } = await pair();
  server.answers.packets = () => ({ status: 503, data: '' });
  server.say('bob', 'alice', 'x');
  await pass(2000);
  assert.equal(one.im.state, 'reconnecting');
  one.im.send('u/bob', 'still here');
  await pass(500);
  assert.deepEqual(states(one, 'u/bob'), ['received', 'sent']);
});

test('Too long a body and an empty one do not leave the page', async () => {
  const { sim, one, pass } = await pair();
  one.im.send('u/bob', '  \n');
  one.im.send('x/bob', 'no such kind');
  one.im.send('u/bob', '大'.repeat(BODY_BYTES_MAX / 3 + 1));
  await pass(500);
  assert.equal(calls(sim, 'message').length, 0);
  const [line] = chatOf(one, 'u/bob').messages;
  assert.deepEqual([line.state, line.reason], ['failed', 'too long']);
});

test('What was on its way when the page left is sent once more with the same id', async () => {
  const { sim, one, two, server, browser, pass } = await pair();
  two.close();
  server.answers.message = () => ({ status: 200, data: { status: 'ok', id: '900' } });
  one.im.send('u/bob', 'hello');
  const { cid } = chatOf(one, 'u/bob').messages[0];
  one.im.send('u/carol', 'fails');
  const session = one.close();
  const next = browser.open({}, session);
  assert.deepEqual(states(next, 'u/bob'), ['sending']);
  await pass(2000);
  assert.deepEqual(states(next, 'u/bob'), ['sent']);
  assert.ok(calls(sim, 'message').filter((it) => it.params.cid === cid).length <= 2);
  assert.equal(chatOf(next, 'u/bob').messages[0].id, '900');
});

test('What failed waits for the next page', async () => {
  const { one, two, server, browser, pass } = await pair();
  two.close();
  server.answers.message = { status: 403, data: { error: 'No' } };
  one.im.send('u/bob', 'please');
  await pass(1000);
  const next = browser.open({}, one.close());
  await pass(1000);
  const [line] = chatOf(next, 'u/bob').messages;
  assert.deepEqual([line.body, line.state, line.reason], ['please', 'failed', 'No']);
});

test('Unread is counted once, in every tab, and read in every tab', async () => {
  const { one, two, server, pass } = await pair();
  server.say('bob', 'alice', 'one');
  server.say('bob', 'alice', 'two');
  server.say('carol', 'alice', 'three');
  await pass(500);
  assert.deepEqual([one.im.unread, two.im.unread], [3, 3]);
  assert.deepEqual(one.told('unread').at(-1), 3);
  assert.deepEqual(
    one.told('message').map((it) => [it.key, it.body]),
    [
      ['u/bob', 'one'],
      ['u/bob', 'two'],
      ['u/carol', 'three'],
    ],
  );
  two.im.open('u/bob');
  await pass(100);
  assert.deepEqual([one.im.unread, two.im.unread], [3, 3], 'a window that nobody looks at');
  two.look(true);
  await pass(100);
  assert.deepEqual([one.im.unread, two.im.unread], [1, 1]);
  server.say('bob', 'alice', 'four');
  await pass(500);
  assert.deepEqual([one.im.unread, two.im.unread], [1, 1], 'it was seen');
  two.look(false);
  await pass(10);
  server.say('bob', 'alice', 'five');
  await pass(500);
  assert.deepEqual([one.im.unread, two.im.unread], [2, 2]);
  two.look(true);
  await pass(100);
  two.crash();
  await pass(400_000);
  server.say('bob', 'alice', 'six');
  await pass(500);
  assert.equal(one.im.unread, 2, 'who crashed looks at nothing');
});

test("A message opens its chat, but no window: that is the user interface's to do", async () => {
  const { one, two, server, pass } = await pair();
  two.im.open('u/carol');
  server.say('bob', 'alice', 'hi');
  await pass(500);
  assert.deepEqual([one.im.active, two.im.active], ['', 'u/carol']);
  assert.ok(chatOf(one, 'u/bob') && chatOf(two, 'u/bob'));
});

test('My own words from elsewhere go to the chat they were said in', async () => {
  const { one, two, server, pass } = await pair();
  server.say('bob', 'alice', 'hi');
  await pass(500);
  packet({ server }, 'messages', {
    id: '500',
    from: 'alice',
    nick: 'Alice at work',
    to: 'bob',
    type: 'unicast',
    timestamp: server.clock.now + 5_000_000,
    body: 'mine',
  });
  await pass(500);
  for (const tab of [one, two]) {
    assert.deepEqual(bodies(tab, 'u/bob'), ['hi', 'mine']);
    assert.equal(chatOf(tab, 'u/bob').messages[1].own, true);
    assert.equal(tab.im.contacts.get('bob').nick, 'BOB');
    assert.equal(tab.im.unread, 0, 'who answers has read');
    assert.equal(chatOf(tab, 'u/alice'), undefined);
  }
});

test('Typing: said once, cleared after a while, on sending and when emptied', async () => {
  const { sim, one, pass } = await pair((it) => it.server.begin('bob'));
  const said = () => calls(sim, 'status').map((it) => `${it.params.to} ${it.params.show}`);
  one.im.open('u/bob');
  for (const text of ['t', 'th', 'the']) {
    one.acts.draft('u/bob', text);
    await pass(3000);
  }
  assert.deepEqual(said(), ['bob typing']);
  await pass(4000);
  assert.deepEqual(said(), ['bob typing', 'bob clear']);
  one.acts.draft('u/bob', 'hell');
  one.acts.draft('u/bob', '');
  await pass(100);
  one.acts.draft('u/bob', 'x');
  one.im.send('u/bob', 'x');
  await pass(100);
  assert.deepEqual(said(), ['bob typing', 'bob clear', 'bob typing', 'bob clear', 'bob typing', 'bob clear']);
  assert.equal(chatOf(one, 'u/bob').draft, '');
  one.im.setPresence('invisible');
  one.acts.draft('u/bob', 'secretly');
  one.im.open('u/carol');
  one.acts.draft('u/carol', 'to nobody');
  await pass(100);
  assert.equal(said().length, 6);
});

test('A user who types is shown for ten seconds at most, or until the message', async () => {
  const { one, two, server, pass } = await pair();
  server.say('bob', 'alice', 'hi');
  await pass(500);
  const typing = (show) => packet({ server }, 'statuses', { from: 'bob', nick: 'x', to: 'alice', show });
  typing('typing');
  await pass(100);
  assert.deepEqual([chatOf(one, 'u/bob').typing, chatOf(two, 'u/bob').typing], ['BOB', 'BOB']);
  await pass(9000);
  assert.equal(chatOf(two, 'u/bob').typing, 'BOB');
  await pass(1500);
  assert.deepEqual([chatOf(one, 'u/bob').typing, chatOf(two, 'u/bob').typing], ['', '']);
  for (const end of [() => typing('clear'), () => server.say('bob', 'alice', 'done')]) {
    typing('typing');
    await pass(100);
    end();
    await pass(100);
    assert.equal(chatOf(one, 'u/bob').typing, '');
  }
});

test('History: loaded when opened, or later if it could not be had then, paged back without holes, cleared in every tab', async () => {
  const { sim, one, two, server, browser, pass } = await pair();
  one.close();
  two.close();
  await pass(30_000);
  for (let at = 0; at < 70; at += 1) {
    server.say(at % 2 ? 'bob' : 'alice', at % 2 ? 'alice' : 'bob', `m${at}`);
    if (at % 3) server.clock.now += 1000;
  }
  server.rows.forEach((row) => (row.delivered = true));
  const tab = browser.open({}, undefined);
  await pass(1000);
  server.answers.history = { status: 500 };
  const chat = tab.im.open('u/bob');
  await pass(500);
  assert.equal(chat.loaded, false);
  delete server.answers.history;
  await pass(60_000);
  assert.deepEqual([chat.messages.length, chat.loaded, chat.complete], [30, true, false]);
  assert.equal(tab.im.unread, 0);
  const both = [tab.acts.older('u/bob'), tab.acts.older('u/bob')];
  await pass(500);
  assert.deepEqual(await Promise.all(both), [true, true]);
  tab.acts.older('u/bob');
  await pass(500);
  assert.equal(await Promise.all([tab.acts.older('u/bob'), pass(500)]).then(([any]) => any), false);
  assert.deepEqual(
    bodies(tab, 'u/bob'),
    Array.from({ length: 70 }, (_, at) => `m${at}`),
  );
  assert.equal(chat.complete, true);
  assert.match(tab.acts.downloadUrl('u/bob'), /^\/webim\/download_history\?type=unicast&id=bob&_=\d/);
  const other = browser.open();
  await pass(2000);
  assert.equal(await Promise.all([other.acts.clear('u/bob'), pass(500)]).then(([ok]) => ok), true);
  assert.deepEqual(bodies(tab, 'u/bob'), []);
  assert.deepEqual(calls(sim, 'clear_history')[0].params, { type: 'unicast', id: 'bob' });
});

test("Time is the site's", async () => {
  const { one, server, pass } = await pair();
  server.answers.message = { data: 'ok' };
  one.im.send('u/bob', 'now');
  await pass(100);
  const [line] = chatOf(one, 'u/bob').messages;
  assert.ok(Math.abs(line.time - (server.clock.now + 5_000_000)) < 1000);
  assert.equal(line.state, 'sent', 'a site of the old kind says only ok');
});

test('So many chats are open, and those that matter stay', async () => {
  const { one, pass } = await pair();
  one.look(true);
  one.im.open('u/kept');
  one.acts.draft('u/kept', 'a draft');
  for (let at = 0; at < CHATS_MAX + 5; at += 1) one.im.open(`u/p${at}`);
  await pass(500);
  assert.equal(one.im.chats.length, CHATS_MAX);
  assert.ok(chatOf(one, 'u/kept'));
  one.im.close('u/kept');
  assert.equal(chatOf(one, 'u/kept'), undefined);
  assert.equal(one.im.active, `u/p${CHATS_MAX + 4}`);
});

test('A site that no longer knows the user is asked who this is', async () => {
  const { one, two, browser, pass } = await pair();
  browser.jar.user = null;
  two.im.send('u/bob', 'hello?');
  await pass(1000);
  assert.deepEqual([one.im.state, one.im.trouble.code, one.im.me], ['offline', 'login', null]);
});
