// What happens to lines after they were said, and what lines have beyond their text.
//
// Owns: what signals come to, in every tab and on the next page.
// Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from './sim/browser.js';
import { bodies, chatOf, pair, simulate } from './sim/world.js';

const META = { reply_to: { id: '7', from: 'alice', nick: 'ALICE', body: '</script>\u2028' }, mentions: ['alice'] };

/** Two tabs, to which Bob has said something. */
async function spoken(more) {
  const sims = await pair();
  const row = sims.server.say('bob', 'alice', 'helo', { more });
  await sims.pass(500);
  const id = String(row.id);
  const line = (tab) => chatOf(tab, 'u/bob').messages.find((it) => it.id === id);
  /** Bob does something to the line. */
  const does = (name, data, key = id) => sims.server.signal('bob', 'alice', name, { key, id, ...data });
  return { ...sims, row, id, line, does };
}

test('What a line has beyond its text is kept with it, in every tab and on the next page', async () => {
  const { one, two, line, browser, pass } = await spoken({ meta: META });
  for (const tab of [one, two]) assert.deepEqual(line(tab).meta, META);
  assert.deepEqual(one.told('message').at(-1).meta, META);
  const left = one.close();
  two.close();
  const next = browser.open({ user: 'alice' }, left);
  await pass(2);
  assert.deepEqual(line(next).meta, META, 'as it was kept');
  await pass(1000);
  assert.deepEqual(line(next).meta, META, 'as the site tells it');
});

test('What is sent with a line goes to the site with it, and stays with it when the site has taken it', async () => {
  const { one, two, server, browser, pass } = await pair();
  server.answers.message = { status: 500, data: 'oops' };
  two.im.send('u/bob', 'look', '', META);
  await pass(500);
  server.answers.message = undefined;
  two.close();
  const next = browser.open({ user: 'alice' }, one.close());
  await pass(1000);
  next.acts.retry(chatOf(next, 'u/bob').messages[0].cid);
  await pass(500);
  const [first, second] = server.calls.filter(({ name }) => name === 'message');
  assert.deepEqual(
    [first, second].map(({ params }) => JSON.parse(params.meta)),
    [META, META],
  );
  const [line] = chatOf(next, 'u/bob').messages;
  assert.deepEqual([line.state, line.meta], ['sent', META]);
  next.im.send('u/bob', 'plain');
  await pass(500);
  assert.equal('meta' in server.calls.findLast(({ name }) => name === 'message').params, false);
});

test('That a line has arrived is what the site says, and is not forgotten', async () => {
  const { one, two, server, browser, pass } = await pair();
  const arrivals = (tab) => chatOf(tab, 'u/bob').messages.map((line) => line.arrived);
  const { site_message: usual } = server;
  server.site_message = (...all) => ({ ...usual.apply(server, all), arrived: all[1].body === 'now' });
  for (const body of ['now', 'later', 'never']) one.im.send('u/bob', body);
  await pass(500);
  for (const tab of [one, two]) assert.deepEqual(arrivals(tab), [true, undefined, undefined]);
  server.rows[1].more = { arrived: true }; // Bob comes, and gets it
  one.im.close('u/bob');
  one.im.open('u/bob');
  await pass(500);
  for (const tab of [one, two]) assert.deepEqual(arrivals(tab), [undefined, true, undefined], 'as its rows say');
  two.close();
  const next = browser.open({ user: 'alice' }, one.close());
  await pass(2);
  assert.deepEqual(arrivals(next), [undefined, true, undefined], 'as it was kept');
});

test('Something that is no object is not kept as such', async () => {
  for (const meta of ['text', 7, null, [1], true]) {
    const { one, line } = await spoken({ meta });
    assert.equal('meta' in line(one), false, JSON.stringify(meta));
  }
});

test('An edit and a deletion change the line in every tab, and nothing else', async () => {
  const { one, two, line, does, pass } = await spoken({ meta: META });
  one.im.activate('u/bob');
  does('edit', { rev: 1, body: 'hello' });
  await pass(500);
  for (const tab of [one, two]) {
    const { body, edited, meta } = line(tab);
    assert.deepEqual([body, edited, meta], ['hello', true, META]);
    assert.equal(chatOf(tab, 'u/bob').messages.length, 1);
  }
  does('delete', { rev: 2 });
  await pass(500);
  for (const tab of [one, two]) {
    const { body, deleted, meta } = line(tab);
    assert.deepEqual([body, deleted, meta], ['', true, undefined]);
  }
  assert.equal(one.told('message').length, 1, 'it is no message');
});

test('The change that the site made last holds, in whatever order changes come', async () => {
  const { one, line, does, pass } = await spoken();
  does('edit', { rev: 3, body: 'third' });
  does('edit', { rev: 2, body: 'second' });
  await pass(500);
  assert.equal(line(one).body, 'third');
  does('edit', { rev: 3, body: 'third, but another' });
  does('edit', { body: 'without a number' });
  await pass(500);
  assert.equal(line(one).body, 'third');
  does('react', { rev: 1, emoji: '👍', on: true }, 'a reaction made before the edits');
  await pass(500);
  assert.deepEqual(line(one).reactions, [{ emoji: '👍', count: 1, mine: undefined }]);
});

test('A change is applied after the messages that come with it, and to a line that comes after it', async () => {
  const { one, server, pass } = await pair();
  server.signal('bob', 'alice', 'edit', { key: '101', id: '101', rev: 1, body: 'hello' });
  await pass(500);
  server.say('bob', 'alice', 'helo');
  await pass(500);
  assert.deepEqual(bodies(one, 'u/bob'), ['hello']);
  server.answers.packets = () => {
    delete server.answers.packets;
    const message = server.item({ id: 300, from: 'bob', to: 'alice', type: 'unicast', body: 'wrold', timestamp: 1e12 });
    const data = { id: '300', rev: 1, body: 'world' };
    const signals = [{ from: 'bob', to: 'alice', name: 'edit', data }];
    return { data: { signals, messages: [message], presences: [], statuses: [], status: 'ok', seq: 1000 } };
  };
  server.say('carol', 'alice', 'this answers the poll that waits');
  await pass(500);
  assert.ok(bodies(one, 'u/bob').includes('world'), String(bodies(one, 'u/bob')));
});

test('A row that the site tells again holds over what came before it, and not over what came after it', async () => {
  const { one, row, line, does, pass } = await spoken();
  does('edit', { rev: 1, body: 'first' });
  does('edit', { rev: 4, body: 'fourth' });
  does('react', { rev: 2, emoji: '👍', on: true, count: 3 }, 'thumb');
  await pass(500);
  assert.deepEqual([line(one).body, line(one).reactions[0].count], ['fourth', 3]);
  Object.assign(row, {
    body: 'third',
    more: { rev: 3, edited: true, reactions: [{ emoji: '👍', count: 5, mine: true }, 'odd', { emoji: '' }] },
  });
  one.im.close('u/bob');
  one.im.open('u/bob');
  await pass(500);
  assert.deepEqual([line(one).body, line(one).reactions], ['fourth', [{ emoji: '👍', count: 5, mine: true }]]);
  Object.assign(row, { body: 'fifth', more: { rev: 5, edited: true } });
  one.im.close('u/bob');
  one.im.open('u/bob');
  await pass(500);
  assert.deepEqual([line(one).body, line(one).reactions], ['fifth', undefined]);
});

test('Reactions are counted, mine known, and those taken back gone', async () => {
  const { one, server, id, line, pass } = await spoken({ reactions: [{ emoji: '🎉', count: 2, mine: false }] });
  let rev = 0;
  const react = (from, emoji, on, more) =>
    server.signal(from, 'alice', 'react', { key: `${id}${emoji}`, id, rev: (rev += 1), emoji, on, ...more });
  react('bob', '👍', true);
  react('alice', '👍', true);
  react('carol', '🎉', false);
  react('bob', '🎉', false, { count: 0 });
  await pass(500);
  assert.deepEqual(line(one).reactions, [{ emoji: '👍', count: 2, mine: true }]);
  react('alice', '👍', false);
  await pass(500);
  assert.deepEqual(line(one).reactions, [{ emoji: '👍', count: 1, mine: undefined }]);
  react('bob', '👍', false);
  for (let at = 0; at < 30; at += 1) react('bob', `e${at}`, true);
  await pass(500);
  assert.equal(line(one).reactions.length, 20, 'no line has more');
});

test('What I have read on another device is read here, and how far the other side has read is known', async () => {
  const { one, server, id, pass } = await spoken();
  server.say('bob', 'alice', 'and this');
  await pass(500);
  assert.equal(one.im.unread, 2);
  server.signal('alice', 'bob', 'read', { key: 'u/bob', type: 'unicast', id: 'bob', upto: id }, 'alice');
  await pass(500);
  assert.equal(one.im.unread, 1);
  server.signal('bob', 'alice', 'read', { key: 'u/alice', type: 'unicast', id: 'alice', upto: '300' });
  server.signal('bob', 'alice', 'read', { key: 'again', type: 'unicast', id: 'alice', upto: '200' });
  await pass(500);
  assert.deepEqual([chatOf(one, 'u/bob').readTo, one.im.unread], ['300', 1]);
});

test('Signals that say nothing, or name nothing that is here, harm nothing', async () => {
  const { one, line, server, pass } = await spoken();
  for (const data of [null, 7, 'text', [], {}, { id: '999', rev: 1, body: 'x' }, { id: { a: 1 }, rev: 'many' }])
    for (const name of ['edit', 'delete', 'react', 'read', 'of the future', '__proto__', 'constructor'])
      server.push('alice', { list: 'signals', item: { from: 'bob', to: 'alice', name, data } });
  server.push('alice', { list: 'signals', item: null });
  server.say('bob', 'alice', 'still here');
  await pass(500);
  assert.deepEqual([line(one).body, bodies(one, 'u/bob')], ['helo', ['helo', 'still here']]);
  assert.equal(one.told('signal').filter((it) => it.name === 'of the future').length, 7, 'the page may know it');
});

test('Changes are remembered up to a limit', async () => {
  const { one, server, pass } = await pair();
  for (let id = 1; id <= 2000; id += 1)
    server.signal('bob', 'alice', 'edit', { key: String(id), id: String(id), rev: 1, body: 'x' });
  await pass(500);
  assert.equal(one.im.world.changes.size, 500);
});

test('Who types in a room is seen in the room', async () => {
  const { one, server, pass } = await pair();
  one.im.open('r/lobby');
  one.im.open('u/bob');
  await pass(500);
  const types = (to, show = 'typing') =>
    server.push('alice', { list: 'statuses', item: { from: 'bob', nick: 'Bob', to, show } });
  types('lobby');
  await pass(500);
  assert.deepEqual([chatOf(one, 'r/lobby').typing, chatOf(one, 'u/bob').typing], ['BOB', '']);
  types('lobby', 'clear');
  types('alice');
  await pass(500);
  assert.deepEqual([chatOf(one, 'r/lobby').typing, chatOf(one, 'u/bob').typing], ['', 'BOB']);
});

test('A session whose time is over is renewed, and nobody sees it', async () => {
  const { sim, one, two, server, pass } = await pair();
  /** What a user could see of it: a state that goes and comes back. */
  const seen = () => [one, two].map((tab) => ['offline', 'online', 'error'].flatMap((event) => tab.told(event)).length);
  const before = seen();
  for (let turn = 1; turn <= 3; turn += 1) {
    server.end(`t${turn}`, 'renew');
    server.say('bob', 'alice', `said meanwhile ${turn}`);
    await pass(500);
    assert.deepEqual([one.im.state, two.im.state, one.im.trouble], ['online', 'online', null]);
    assert.equal(server.calls.filter((call) => call.name === 'online').length, turn + 1);
    await pass(60_000);
  }
  for (const tab of [one, two])
    assert.deepEqual(
      bodies(tab, 'u/bob'),
      [1, 2, 3].map((it) => `said meanwhile ${it}`),
    );
  assert.deepEqual(seen(), before);
  assert.equal(sim.server.sessions.size, 1);
});

test('A message server that ends every session at once as if its time were over is not asked without end', async () => {
  const { sim, server, pass } = await pair();
  server.answers.packets = () => ({ data: { status: 'stopped', reason: 'renew' } });
  server.end('t1', 'renew');
  await pass(300_000);
  assert.ok(server.calls.filter((call) => call.name === 'online').length < 40);
  delete server.answers.packets;
  await pass(60_000);
  assert.equal(sim.server.sessions.size, 1);
});

test('A browser that comes after a change sees the line as the site has it', async () => {
  const { clock, random, server, pass } = simulate();
  server.say('bob', 'alice', 'hello', { more: { rev: 2, edited: true, reactions: [{ emoji: '👍', count: 1 }] } });
  const browser = new Browser(clock, random, server);
  browser.jar.user = 'alice';
  const tab = browser.open();
  await pass(1000);
  const [line] = chatOf(tab, 'u/bob').messages;
  assert.deepEqual([line.rev, line.edited, line.reactions], [2, true, [{ emoji: '👍', count: 1 }]]);
});
