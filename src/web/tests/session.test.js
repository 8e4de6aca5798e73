// One session a browser: going online, polling, stopping.
//
// Owns: what the site and the message server see of one page.
// Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodies, calls, chatOf, online, simulate } from './sim/world.js';

const stopped = (reason, retry) => ({
  data: { status: 'stopped', reason, retry, messages: [], presences: [], statuses: [], seq: 0 },
});

test('A page goes online and says what it is', async () => {
  const { sim, tab } = await online();
  assert.equal(tab.im.state, 'online');
  assert.equal(tab.im.me.id, 'alice');
  const [call] = calls(sim, 'online');
  assert.equal(call.method, 'POST');
  assert.equal(
    call.init.credentials ?? 'same-origin',
    'same-origin',
    'with the cookie, which is what fetch does by itself',
  );
  assert.equal(call.params.version, '6');
  assert.equal('since' in call.params, false);
  const [poll] = calls(sim, 'packets');
  assert.deepEqual([poll.init.mode, poll.init.credentials, poll.init.cache], ['cors', 'omit', 'no-store']);
  assert.match(poll.params._, /^\d/, 'no cache can have an answer');
  assert.deepEqual({ ...poll.params, _: '' }, { domain: 'test', ticket: 't1', seq: '0', _: '' });
  assert.deepEqual(tab.told('ready').length, 1);
  assert.equal(tab.told('online')[0].id, 'alice');
});

test('A 404 means a new session, and what was missed is fetched', async () => {
  const { sim, tab, server, pass } = await online();
  server.say('bob', 'alice', 'one');
  await pass(500);
  server.restart();
  for (let at = 0; at < 40; at += 1) server.say('bob', 'alice', `m${at}`);
  await pass(60_000);
  assert.equal(tab.im.state, 'online');
  assert.deepEqual(bodies(tab, 'u/bob'), ['one', ...Array.from({ length: 40 }, (_, at) => `m${at}`)]);
  assert.equal(calls(sim, 'online').length, 2);
  assert.equal(calls(sim, 'packets').find((it) => it.params.ticket === 't2').params.seq, '0');
});

test('What was missed comes page by page if it is much, in order, each once', async () => {
  const { sim, tab, server, browser, pass } = await online();
  server.rooms.set('lobby', ['alice', 'bob']);
  server.say('bob', 'alice', 'seen');
  await pass(500);
  const session = tab.close();
  await pass(20_000);
  server.rowsAtOnce = 10;
  const said = Array.from({ length: 35 }, (_, at) => `m${at}`);
  for (const [at, body] of said.entries())
    server.say('bob', at % 5 ? 'alice' : 'lobby', body, { type: at % 5 ? 'unicast' : 'multicast' });
  const next = browser.open({}, session);
  await pass(2000);
  assert.equal(next.im.state, 'online');
  assert.deepEqual(
    calls(sim, 'missed').map((it) => it.params.since),
    ['111', '121', '131'],
  );
  assert.deepEqual(bodies(next, 'u/bob'), ['seen', ...said.filter((_, at) => at % 5)]);
  assert.deepEqual(
    bodies(next, 'r/lobby'),
    said.filter((_, at) => at % 5 === 0),
  );
  assert.deepEqual(
    [chatOf(next, 'u/bob').unread, chatOf(next, 'r/lobby').unread],
    [1 + 28, 7],
    'rooms that were not open count as well',
  );
  assert.deepEqual(
    next
      .told('message')
      .map((it) => it.body)
      .sort(),
    [...said].sort(),
  );
  server.say('bob', 'alice', 'live');
  await pass(500);
  assert.equal(bodies(next, 'u/bob').at(-1), 'live');
});

for (const how of ['the leader crashes', 'the leader is closed', 'the site fails', 'the user changes page']) {
  test(`Nothing of what was missed is left out although ${how} in the middle of it`, async () => {
    const { tab, server, browser, pass } = await online();
    server.say('bob', 'alice', 'seen');
    await pass(500);
    let session = tab.close();
    await pass(20_000);
    server.rowsAtOnce = 10;
    const said = Array.from({ length: 35 }, (_, at) => `m${at}`);
    for (const body of said) server.say('bob', 'alice', body);
    let page = browser.open({}, session);
    const other = how.startsWith('the leader') && browser.open();
    let pages = 0;
    server.answers.missed = () => {
      pages += 1;
      if (pages !== 2) return null;
      server.say('bob', 'alice', 'live');
      if (how === 'the site fails') return { status: 503, data: 'Oops' };
      if (how === 'the leader crashes') page.crash();
      else session = page.close();
      return null;
    };
    await pass(5000);
    if (how === 'the user changes page') page = browser.open({}, session);
    await pass(60_000);
    const left = other || page;
    assert.equal(left.im.state, 'online');
    const told = new Set(browser.tabs.flatMap((it) => it.told('message').map((message) => message.body)));
    assert.deepEqual(
      [...said, 'live'].filter((body) => !told.has(body)),
      [],
    );
    const shown = bodies(left, 'u/bob');
    assert.deepEqual(shown.slice(-30), [...said, 'live'].slice(-30));
    assert.equal(new Set(shown).size, shown.length);
    assert.ok(pages > 2);
  });
}

test('A poll that fails is asked again with the same number, later each time', async () => {
  const { tab, server, clock, pass } = await online();
  server.say('bob', 'alice', 'one');
  await pass(100);
  const times = [];
  server.answers.packets = ({ params }) => {
    times.push(clock.now);
    assert.equal(params.seq, '2');
    return { status: 503, data: 'shutting down' };
  };
  server.say('bob', 'alice', 'two'); // what answers the poll that waits
  await pass(60_000);
  assert.equal(tab.im.state, 'reconnecting');
  assert.equal(tab.im.trouble.code, 'server');
  assert.ok(tab.im.trouble.retryAt > clock.now);
  assert.ok(times.length < 12, `${times.length} tries`);
  const gaps = times.slice(1).map((at, index) => at - times[index]);
  assert.ok(gaps.at(-1) > 10_000, 'half a minute in the end');
  delete server.answers.packets;
  tab.fire('online');
  await pass(4000);
  assert.equal(tab.im.state, 'online', 'a poll that waits has reached the server');
  assert.equal(tab.im.trouble, null);
  server.say('bob', 'alice', 'three');
  await pass(100);
  assert.deepEqual(bodies(tab, 'u/bob'), ['one', 'two', 'three']);
});

test('Retry-After is kept to, whatever the browser says', async () => {
  const { sim, tab, server, pass } = await online();
  server.answers.packets = () => ({ status: 429, data: 'too many polls', retryAfter: '20' });
  server.say('bob', 'alice', 'x');
  await pass(100);
  const tries = calls(sim, 'packets').length;
  tab.fire('online');
  tab.im.goOnline();
  await pass(15_000);
  assert.equal(calls(sim, 'packets').length, tries);
  await pass(6000);
  assert.equal(calls(sim, 'packets').length, tries + 1);
});

test('A poll is given up after 40 s', async () => {
  const { sim, server, pass } = await online();
  let hung = 0;
  server.packets = () => (hung += 1);
  server.restart();
  await pass(30_000);
  const before = hung;
  await pass(41_000);
  assert.ok(hung > before);
  assert.equal(calls(sim, 'online').length, 1, 'no answer is not a 404');
});

test('No timer stands between an answer and the next poll', async () => {
  const { sim, tab, server, pass } = await online();
  tab.look(false, false);
  tab.frozen = true; // no timer runs any more
  for (const body of ['a', 'b', 'c']) {
    server.say('bob', 'alice', body);
    await pass(100);
  }
  assert.deepEqual(bodies(tab, 'u/bob'), ['a', 'b', 'c']);
  assert.equal(calls(sim, 'packets').length, 4);
});

test('Why a session stopped decides what comes next', async () => {
  for (const [reason, retry, state, code, comes] of [
    ['shutdown', 3000, 'reconnecting', 'server', 1],
    ['limit', 3000, 'reconnecting', 'limit', 1],
    ['replaced', 0, 'offline', 'replaced', 0],
  ]) {
    const { sim, tab, server, pass } = await online();
    server.answers.packets = () => stopped(reason, retry);
    server.say('bob', 'alice', 'x');
    await pass(100);
    delete server.answers.packets;
    assert.deepEqual([tab.im.state, tab.im.trouble?.code], [state, code], reason);
    await pass(60_000);
    assert.equal(calls(sim, 'online').length, 1 + comes, reason);
    tab.im.goOnline();
    await pass(1000);
    assert.equal(tab.im.state, 'online', `${reason}: the user may come back`);
  }
});

test('A session that ended because another tab thought it was the last goes on at once', async () => {
  const { sim, tab, server, browser, pass } = await online();
  browser.local.setItem('nextim:/webim:left', JSON.stringify('t1'));
  server.end('t1');
  await pass(200);
  assert.equal(tab.im.state, 'online');
  assert.equal(calls(sim, 'online').length, 2);
});

test('What the site refuses is said, and tried again only if it may help', async () => {
  for (const [answer, state, code, text, retries] of [
    [
      { status: 401, data: { success: false, error_msg: 'Not Authorized' } },
      'offline',
      'login',
      'Not Authorized',
      false,
    ],
    [{ data: { success: false, error_msg: 'Not Authorized' } }, 'offline', 'login', 'Not Authorized', false],
    [{ data: { success: false, error_msg: 'Forbidden' } }, 'offline', 'refused', 'Forbidden', false],
    [{ data: { success: false, error_msg: 'Not Found' } }, 'offline', 'refused', 'Not Found', false],
    [
      { data: { success: false, error_msg: 'IM Server Not Found' } },
      'connecting',
      'server',
      'IM Server Not Found',
      true,
    ],
    [{ status: 500, data: 'Oops' }, 'connecting', 'site', '', true],
    [{ status: 429, data: { error: 'Slowly' } }, 'connecting', 'site', 'Slowly', true],
    [{ data: '<html>maintenance' }, 'connecting', 'site', '', true],
  ]) {
    const sim = simulate();
    sim.server.answers.online = () => answer;
    const tab = sim.browser.open();
    await sim.pass(5000);
    const label = JSON.stringify(answer);
    assert.deepEqual([tab.im.state, tab.im.trouble.code, tab.im.trouble.text], [state, code, text], label);
    assert.equal(calls(sim, 'online').length > 1, retries, label);
    assert.equal(tab.im.trouble.retryAt > 0, retries, label);
  }
});

test('A site that answers with its front page, as without its plugin, is soon asked every ten minutes only', async () => {
  const sim = simulate();
  sim.server.answers.online = () => ({ data: '<!doctype html><title>Forum</title>' });
  const tab = sim.browser.open();
  await sim.pass(120_000);
  const soon = calls(sim, 'online').length;
  assert.deepEqual([tab.im.state, tab.im.trouble.code, soon], ['connecting', 'site', 7]);
  await sim.pass(3_600_000);
  assert.equal(calls(sim, 'online').length, soon + 6);
  tab.im.goOnline();
  await sim.pass(1000);
  assert.ok(calls(sim, 'online').length > soon + 6, 'the user need not wait');
});

test('By JSONP, two polls that fail mean a new session', async () => {
  const sim = simulate();
  sim.server.connection = { jsonp: true };
  const tab = sim.browser.open({ jsonp: true });
  await sim.pass(1000);
  assert.equal(calls(sim, 'online')[0].method, 'GET');
  assert.equal(tab.im.state, 'online');
  sim.server.say('bob', 'alice', 'hi');
  await sim.pass(500);
  sim.server.restart();
  await sim.pass(60_000);
  assert.equal(calls(sim, 'online').length, 2);
  assert.equal(calls(sim, 'packets').filter((it) => it.params.ticket === 't1').length, 3, 'the lost one, and one more');
  sim.server.say('bob', 'alice', 'again');
  await sim.pass(500);
  assert.deepEqual(bodies(tab, 'u/bob'), ['hi', 'again']);
});

test('By JSONP too it is seen that the user is not known any more, and what is refused', async () => {
  const sim = simulate();
  const tab = sim.browser.open({ jsonp: true });
  await sim.pass(1000);
  sim.server.answers.message = { status: 403, data: { error: 'Bob does not take messages from you.' } };
  tab.im.send('u/bob', 'hello?');
  await sim.pass(3000);
  const [line] = chatOf(tab, 'u/bob').messages;
  assert.deepEqual(
    [line.state, line.reason, tab.im.state],
    ['failed', 'Bob does not take messages from you.', 'online'],
  );
  assert.deepEqual(
    calls(sim, 'buddies').map((it) => it.params.ids),
    ['bob'],
    'what is known of the contact may be old',
  );
  delete sim.server.answers.message;
  sim.server.answers.online = { data: { success: false, error_msg: 'Not Authorized' } };
  sim.browser.jar.user = null;
  tab.im.send('u/bob', 'hello again');
  await sim.pass(1000);
  assert.deepEqual([tab.im.state, tab.im.trouble.code, tab.im.me], ['offline', 'login', null]);
});
