// Strangers: users of whom no packet tells whether they come or go.
//
// Owns: what a page knows of them, and how often it asks.
// Must not: look into the core's parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { USERS_ASKED_MAX } from '../core/limits.js';
import { calls, simulate } from './sim/world.js';

const MINUTE = 60_000;
/** By then a change has been seen. */
const SOON = 1.5 * MINUTE;
const seen = (tab, id) => tab.im.contacts.get(id)?.presence;

/** A page with links to these. */
async function pageOf(...names) {
  const sim = simulate();
  const tab = sim.browser.open({ start: false });
  tab.strangers.mark(names, []);
  tab.im.start();
  await sim.pass(1000);
  return { sim, tab, server: sim.server, pass: sim.pass };
}

test('A stranger of the page comes and goes, and the page sees both', async () => {
  const { sim, tab, server, pass } = await pageOf('eve', 'bob');
  assert.deepEqual([seen(tab, 'eve'), seen(tab, 'bob')], ['offline', 'offline']);
  server.present.add('eve');
  await pass(SOON);
  assert.equal(seen(tab, 'eve'), 'online');
  assert.deepEqual(
    tab.told('presence').map(({ id, presence }) => [id, presence]),
    [['eve', 'online']],
  );
  server.present.delete('eve');
  await pass(SOON);
  assert.equal(seen(tab, 'eve'), 'offline');
  assert.ok(calls(sim, 'buddies').length <= 4, 'about once a minute');
  for (const { params } of calls(sim, 'buddies'))
    assert.deepEqual([params.ids, params.stranger_ids], ['eve', ''], 'friends tell themselves');
});

test('A page that nobody sees does not ask, and asks when it is seen', async () => {
  const { sim, tab, server, pass } = await pageOf('eve');
  tab.look(false, false);
  await pass(10 * MINUTE);
  assert.equal(calls(sim, 'buddies').length, 0);
  server.present.add('eve');
  tab.look(true);
  await pass(100);
  assert.equal(seen(tab, 'eve'), 'online');
});

test('Who was met in mid-session does not stay online for ever', async () => {
  const { tab, server, pass } = await pageOf();
  server.present.add('dan');
  server.say('dan', 'alice', 'psst');
  await pass(500);
  assert.equal(seen(tab, 'dan'), 'online');
  tab.im.close('u/dan');
  server.present.delete('dan');
  await pass(SOON);
  assert.equal(seen(tab, 'dan'), 'offline');
});

test('A chat that is opened or looked at again asks at once', async () => {
  const { sim, tab, server, pass } = await pageOf('eve');
  server.present.add('eve');
  tab.im.open('u/eve');
  await pass(100);
  assert.equal(seen(tab, 'eve'), 'online');
  server.present.delete('eve');
  tab.im.activate('');
  tab.im.activate('u/eve');
  await pass(100);
  assert.equal(seen(tab, 'eve'), 'offline');
  const asked = calls(sim, 'buddies').length;
  tab.im.open('u/bob');
  await pass(100);
  assert.equal(calls(sim, 'buddies').length, asked, 'a friend needs no asking');
});

test('What one tab asked the others know', async () => {
  const { sim, tab, server, pass } = await pageOf('eve');
  const other = sim.browser.open();
  other.strangers.mark(['eve', 'dan'], []);
  await pass(5000);
  assert.equal(seen(tab, 'dan'), 'offline');
  server.present.add('eve').add('dan');
  await pass(SOON);
  for (const it of [tab, other]) assert.deepEqual([seen(it, 'eve'), seen(it, 'dan')], ['online', 'online']);
  const asked = () => calls(sim, 'buddies').filter(({ params }) => params.ids.includes('eve')).length;
  const before = asked();
  await pass(10 * MINUTE);
  assert.ok(asked() - before <= 12, 'not each by itself');
});

test('However long a page grows, all of it is asked for, so many at a time', async () => {
  const names = Array.from({ length: 3 * USERS_ASKED_MAX }, (_, at) => `s${at}`);
  const { sim, tab, server, pass } = await pageOf(...names.slice(0, USERS_ASKED_MAX + 1));
  assert.equal(calls(sim, 'online')[0].params.stranger_ids.split(',').length, USERS_ASKED_MAX);
  assert.equal(seen(tab, names[USERS_ASKED_MAX]), 'offline');
  tab.strangers.mark(names, []);
  await pass(500);
  assert.deepEqual(
    names.filter((name) => !seen(tab, name)),
    [],
  );
  for (const { params } of calls(sim, 'buddies')) assert.ok(params.stranger_ids.split(',').length <= USERS_ASKED_MAX);
  for (const name of names) server.present.add(name);
  await pass(SOON);
  assert.deepEqual(
    names.filter((name) => seen(tab, name) !== 'online'),
    [],
  );

  // Who stands there no longer and is not there either is asked for no more.
  for (const name of names) server.present.delete(name);
  tab.strangers.mark([], []);
  await pass(SOON);
  const before = calls(sim, 'buddies').length;
  await pass(SOON);
  assert.equal(calls(sim, 'buddies').length, before);
});

test('Users whom the site does not know take nobody else’s turn, however many', async () => {
  const { tab, server, pass } = await pageOf();
  const known = ({ params }) => [params.ids, params.stranger_ids].join().split(',').includes('eve');
  server.answers.buddies = (call) => ({ data: known(call) ? [server.buddy('alice', 'eve')] : [] });
  tab.strangers.mark([...Array.from({ length: 5 * USERS_ASKED_MAX }, (_, at) => `nobody${at}`), 'eve'], []);
  await pass(5 * MINUTE);
  assert.equal(seen(tab, 'eve'), 'offline');
  server.present.add('eve');
  await pass(5 * MINUTE);
  assert.equal(seen(tab, 'eve'), 'online');
});

test('After users whom the site does not know the next are asked for in seconds', async () => {
  const { sim, tab, server, pass } = await pageOf();
  server.answers.buddies = ({ params }) => ({
    data: params.stranger_ids.split(',').includes('eve') ? [server.buddy('alice', 'eve')] : [],
  });
  tab.strangers.mark([...Array.from({ length: 2 * USERS_ASKED_MAX }, (_, at) => `nobody${at}`), 'eve'], []);
  await pass(2000);
  assert.equal(seen(tab, 'eve'), 'offline');
  assert.equal(calls(sim, 'buddies').length, 3);
  // The next line of the list comes while the site is left alone.
  server.answers.buddies = { data: [] };
  tab.strangers.mark(['nobody', 'no one'], []);
  await pass(100);
  tab.strangers.mark(['neither'], []);
  await pass(100);
  server.answers.buddies = { data: [server.buddy('alice', 'dan')] };
  tab.strangers.mark(['dan'], []);
  await pass(2000);
  assert.equal(seen(tab, 'dan'), 'offline');
});

test('A site that fails is asked again, not at once and not for ever', async () => {
  const { sim, tab, server, pass } = await pageOf();
  server.answers.buddies = { status: 500, data: 'Oops' };
  tab.strangers.mark(['eve'], []);
  await pass(2 * MINUTE);
  const { length } = calls(sim, 'buddies');
  assert.ok(length > 1 && length < 8, `${length} calls`);
  delete server.answers.buddies;
  await pass(MINUTE);
  assert.equal(seen(tab, 'eve'), 'offline');
});
