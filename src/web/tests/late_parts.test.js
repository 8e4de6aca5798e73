// Parts of the core that come when there is something for them to do.
//
// Owns: that the core asks for them then, and not before, and that what waited for them is done once they are there.
// Must not: load anything; a bar does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatOf, simulate } from './sim/world.js';

test('A page where nothing happens needs no part', async () => {
  const { browser, pass } = simulate();
  const tab = browser.open({ isEquipped: false });
  await pass(5000);
  assert.deepEqual([tab.im.state, tab.told('missing')], ['online', []]);
});

test('A message that is written before its part is there goes out once, when it is', async () => {
  const { browser, server, pass } = simulate();
  const tab = browser.open({ isEquipped: false });
  await pass(1000);
  tab.im.send('u/bob', 'early');
  await pass(1000);
  const sent = () => server.calls.filter(({ name }) => name === 'message').length;
  assert.deepEqual([tab.told('missing')[0], sent()], ['opened', 0]);
  tab.equip();
  await pass(1000);
  assert.equal(sent(), 1);
  tab.im.open('u/bob');
  assert.deepEqual(
    chatOf(tab, 'u/bob').messages.map(({ body, state }) => [body, state]),
    [['early', 'sent']],
  );
});

test('A user who writes and is no contact is asked about when the part is there', async () => {
  const { browser, server, pass } = simulate();
  const tab = browser.open({ isEquipped: false });
  await pass(1000);
  server.say('dan', 'alice', 'psst');
  await pass(1000);
  const asked = () => server.calls.filter(({ name }) => name === 'buddies').length;
  assert.deepEqual([tab.told('missing')[0], asked()], ['strangers', 0]);
  tab.equip();
  await pass(1000);
  assert.equal(asked(), 1);
  assert.equal(tab.im.contacts.get('dan').incomplete, undefined);
});

test('Users whose links stand in the page go with `online`, though their part comes later, and are not asked about twice', async () => {
  const { browser, server, pass } = simulate();
  const tab = browser.open({ isEquipped: false, start: false });
  tab.im.linked = ['eve'];
  tab.im.start();
  await pass(1000);
  const calls = (name) => server.calls.filter((call) => call.name === name);
  assert.equal(calls('online')[0].params.stranger_ids, 'eve');
  tab.equip();
  tab.strangers.mark(['eve'], []);
  await pass(1000);
  assert.equal(calls('buddies').length, 0);
});

test('They go with `online`, too, where their part comes before the page was looked at again', async () => {
  const { browser, server, pass } = simulate();
  const tab = browser.open({ isEquipped: false, start: false });
  tab.im.linked = ['eve'];
  tab.equip();
  tab.im.start();
  await pass(1000);
  assert.equal(server.calls.find(({ name }) => name === 'online').params.stranger_ids, 'eve');
});
