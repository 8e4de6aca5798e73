// Several people talk in a group's room.
//
// Owns: rooms with their members, locks, and blocks between users. Must not: test the site's own
// pages of rooms.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openHouse } from './support/house.js';
import { heardOnce } from './support/people.js';

// Others see at once who leaves: no test here is about a change of page.
const house = openHouse({ server: { lingerMs: 500 } });

test('a line in a room reaches all members, and is counted where the room is not open', async () => {
  const [alice, bob, carol] = await house.gather('alice', 'bob', 'carol');
  const room = 'Mountain walkers';
  const [ofAlice, ofCarol] = [await alice.bar.enter(room), await carol.bar.enter(room)];
  await bob.bar.chatWith('Alice');

  await ofAlice.say('Snow on the ridge');
  await ofCarol.hears('Snow on the ridge');
  await ofCarol.log.getByText('Alice', { exact: true }).first().waitFor();
  await bob.bar.button(`${room}, 1 unread`).waitFor();
  await ofCarol.say('Then the lake');
  await ofAlice.hears('Then the lake');
  await bob.bar.button(`${room}, 2 unread`).waitFor();
  const rooms = await bob.bar.panel('Rooms');
  await rooms.getByRole('button', { name: `${room}, 3 of 4 online, 2 unread` }).waitFor();

  const ofBob = await bob.bar.enter(room);
  await ofBob.hears('Snow on the ridge');
  await ofBob.hears('Then the lake');
  await bob.bar.button(room).waitFor();
  await ofBob.say('Agreed');
  await heardOnce([ofAlice, ofBob, ofCarol], ['Agreed', 'Then the lake']);
});

test('a room lists its members as they come and go, and a chat with each can be opened', async () => {
  const [alice, bob] = await house.gather('alice', 'bob');
  const ofAlice = await alice.bar.enter('Mountain walkers');
  await ofAlice.button('Members, 2 online').click();
  const list = ofAlice.window.getByRole('group', { name: 'Members of Mountain walkers' });
  await list.getByRole('button', { name: 'Bob' }).waitFor();
  await list.getByText('Alice').waitFor();
  assert.equal(await list.getByRole('button', { name: 'Alice' }).count(), 0, 'members do not talk to themselves');

  const [carol] = await house.gather('carol');
  await ofAlice.button('Members, 3 online').waitFor();
  await list.getByRole('button', { name: 'Carol' }).click();
  const toCarol = alice.bar.chat('Carol');
  await toCarol.say('Between us');
  await carol.bar.chat('Alice').hears('Between us');

  await alice.bar.enter('Mountain walkers');
  await bob.leave();
  await ofAlice.button('Members, 2 online').waitFor();
  await carol.leave();
  await ofAlice.button('Members, 1 online').waitFor();
});

test('a locked room is silent, and has its history when it is unlocked', async () => {
  const [bob, dave] = await house.gather('bob', 'dave');
  const [ofBob, ofDave] = [await bob.bar.enter('Bicycle kitchen'), await dave.bar.enter('Bicycle kitchen')];
  await ofBob.say('Before the lock');
  await ofDave.hears('Before the lock');
  await ofDave.choose('Lock room');
  await ofDave.window.getByText('You have locked this room.').waitFor();
  await ofDave.box.waitFor({ state: 'detached' });
  await (await dave.bar.panel('Rooms')).getByRole('button', { name: 'Bicycle kitchen, Locked' }).waitFor();

  await ofBob.say('While it was locked');
  await ofBob.hears('While it was locked');
  await ofBob.log
    .getByRole('img', { name: /^(Sent|Delivered)$/ })
    .last()
    .waitFor();
  // A later line is here, so the one before will not come any more.
  await (await bob.bar.chatWith('Dave')).say('Why so quiet?');
  const dialogue = await dave.bar.chatWith('Bob');
  await dialogue.hears('Why so quiet?');
  assert.equal(await dave.bar.button(/^Bicycle kitchen, \d+ unread/).count(), 0);
  await dave.bar.button('Bicycle kitchen').click();
  assert.equal(await ofDave.times('While it was locked'), 0);

  await dave.page.reload();
  await dave.bar.online();
  await ofDave.hears('Before the lock');
  assert.equal(await ofDave.times('While it was locked'), 0);
  // The last page is drawn without asking anybody; a browser that remembers nothing shows nothing of it, either.
  const [elsewhere] = await house.gather('dave');
  await (await elsewhere.bar.panel('Rooms')).getByRole('button', { name: 'Bicycle kitchen, Locked' }).click();
  const locked = elsewhere.bar.chat('Bicycle kitchen');
  await locked.window.getByText('You have locked this room.').waitFor();
  assert.equal(await locked.times('While it was locked'), 0);
  await elsewhere.leave();
  await (await dave.bar.panel('Rooms')).getByRole('button', { name: 'Bicycle kitchen, Locked' }).waitFor();
  await ofDave.button('Unlock').click();
  await ofDave.hears('While it was locked');
  await ofDave.box.waitFor();
  await (await bob.bar.enter('Bicycle kitchen')).say('After the lock');
  await ofDave.hears('After the lock');
  await ofDave.say('Heard');
  await ofBob.hears('Heard');
});

test('after a block no line arrives, neither sees the other, and both see why nothing can be sent', async () => {
  const [xiaoming, meiling] = await house.gather('xiaoming', 'meiling');
  await (await xiaoming.bar.contact('美玲', 'Available')).first().waitFor();
  await (await meiling.bar.contact('小明', 'Available')).first().waitFor();
  const toMeiling = await xiaoming.bar.chatWith('美玲');
  await toMeiling.choose('Block');
  await toMeiling.window.getByText('You have blocked 美玲.').waitFor();
  await toMeiling.box.waitFor({ state: 'detached' });
  await (await xiaoming.bar.contact('美玲', 'Blocked, Offline')).first().waitFor();

  const toXiaoming = await meiling.bar.chatWith('小明');
  await toXiaoming.say('在吗？');
  await toXiaoming.log.getByText('小明 does not take messages from you.').waitFor();
  await (await meiling.bar.contact('小明', 'Offline')).first().waitFor();
  await Promise.all([xiaoming.page.reload(), meiling.page.reload()]);
  await Promise.all([xiaoming.bar.online(), meiling.bar.online()]);
  await (await xiaoming.bar.contact('美玲', 'Blocked, Offline')).first().waitFor();
  await (await meiling.bar.contact('小明', 'Offline')).first().waitFor();
  assert.equal(await toMeiling.times('在吗？'), 0);

  await toMeiling.button('Unblock').click();
  await toMeiling.box.waitFor();
  await (await xiaoming.bar.contact('美玲', 'Available')).first().waitFor();
  await toMeiling.say('刚才手滑了');
  await toXiaoming.hears('刚才手滑了');
  await toXiaoming.say('没关系');
  await toMeiling.hears('没关系');
  await meiling.page.reload();
  await (await meiling.bar.contact('小明', 'Available')).first().waitFor();
});

test('a blocked user is silent in a private chat but not in the room of both', async () => {
  const [alice, carol] = await house.gather('alice', 'carol');
  const toCarol = await alice.bar.chatWith('Carol');
  await toCarol.choose('Block');
  await toCarol.window.getByText('You have blocked Carol.').waitFor();
  const [ofAlice, ofCarol] = [await alice.bar.enter('Mountain walkers'), await carol.bar.enter('Mountain walkers')];
  await ofCarol.say('To all of you');
  await ofAlice.hears('To all of you');
  await (await alice.bar.panel('Contacts')).getByRole('button', { name: 'Options for Carol' }).click();
  await alice.page.getByRole('menuitem', { name: 'Unblock' }).click();
  await (await alice.bar.contact('Carol', 'Available')).first().waitFor();
});
