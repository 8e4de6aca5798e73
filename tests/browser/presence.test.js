// Being there, more or less.
//
// Owns: how a user's chosen presence reaches others. Must not: break a connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openHouse } from './support/house.js';
import { Person } from './support/people.js';

const house = openHouse();

/** Chooses a presence. @param {Person} person @param {string} show */
async function show(person, show) {
  const panel = await person.bar.panel('Contacts');
  await panel.getByRole('button', { name: /^Your presence/ }).click();
  await person.page.getByRole('menuitemradio', { name: show, exact: true }).click();
  await panel.getByRole('button', { name: `Your presence: ${show}`, exact: true }).waitFor();
}

/** Writes the line beside the presence. @param {Person} person @param {string} text */
async function write(person, text) {
  const line = (await person.bar.panel('Contacts')).getByRole('textbox', { name: 'Your status' });
  await line.fill(text);
  await line.press('Enter');
}

/** Waits until one sees the other so. @param {Person} person @param {string} nick @param {string} presence */
const sees = async (person, nick, presence) => (await person.bar.contact(nick, `${presence}$`)).first().waitFor();

test('away and do not disturb are seen by others with the line beside them, on this page and on the next', async () => {
  const [alice, bob] = await house.gather('alice', 'bob');
  await sees(bob, 'Alice', 'Available');
  await show(alice, 'Away');
  await sees(bob, 'Alice', 'Away');
  await write(alice, 'Up on the <ridge>');
  await sees(bob, 'Alice', 'Up on the <ridge>, Away');
  await show(alice, 'Do not disturb');
  await sees(bob, 'Alice', 'Up on the <ridge>, Do not disturb');
  const toAlice = await bob.bar.chatWith('Alice');
  await toAlice.window.getByText('Do not disturb · Up on the <ridge>').waitFor();

  await alice.page.goto(`${alice.site}/members`);
  await alice.bar.online();
  const panel = await alice.bar.panel('Contacts');
  await panel.getByRole('button', { name: 'Your presence: Do not disturb' }).waitFor();
  assert.equal(await panel.getByRole('textbox', { name: 'Your status' }).inputValue(), 'Up on the <ridge>');
  await bob.page.reload();
  await bob.bar.online();
  await sees(bob, 'Alice', 'Up on the <ridge>, Do not disturb');

  await write(alice, '');
  const contacts = await bob.bar.panel('Contacts');
  await contacts.getByRole('button', { name: 'Alice, Do not disturb', exact: true }).waitFor();
  await show(alice, 'Available');
  await contacts.getByRole('button', { name: 'Alice, Available', exact: true }).waitFor();
});

test('a line that is being edited stays while others come and write', async () => {
  const [alice, carol] = await house.gather('alice', 'carol');
  const line = (await carol.bar.panel('Contacts')).getByRole('textbox', { name: 'Your status' });
  await line.pressSequentially('Out with ');
  await house.gather('bob');
  await sees(carol, 'Bob', 'Available');
  await (await alice.bar.chatWith('Carol')).say('Where are you?');
  await carol.bar.chat('Alice').hears('Where are you?');
  assert.equal(await line.inputValue(), 'Out with ');
  await line.pressSequentially('the camera ');
  await line.press('Enter');
  await sees(alice, 'Carol', 'Out with the camera, Available');
  await carol.bar.panel('Contacts');
  assert.equal(await line.inputValue(), 'Out with the camera');
});

test('a line that is being edited is given up with Escape', async () => {
  const [carol] = await house.gather('carol');
  await write(carol, 'Out with the camera');
  const line = (await carol.bar.panel('Contacts')).getByRole('textbox', { name: 'Your status' });
  await line.fill('Something else');
  await line.press('Escape');
  assert.equal(await line.inputValue(), 'Out with the camera');
  await carol.page.reload();
  await carol.bar.online();
  await carol.bar.panel('Contacts');
  assert.equal(await line.inputValue(), 'Out with the camera');
});

test('an invisible user looks offline, and still receives and sends', async () => {
  const [xiaoming, meiling] = await house.gather('xiaoming', 'meiling');
  await sees(meiling, '小明', 'Available');
  await show(xiaoming, 'Invisible');
  await sees(meiling, '小明', 'Offline');
  const toXiaoming = await meiling.bar.chatWith('小明');
  await toXiaoming.window.getByText('小明 is offline and will read this later.').waitFor();
  await toXiaoming.say('你在的吧？');
  const toMeiling = xiaoming.bar.chat('美玲');
  await toMeiling.hears('你在的吧？');
  await toXiaoming.log.getByRole('img', { name: 'Sent', exact: true }).waitFor();
  await sees(xiaoming, '美玲', 'Available');

  await xiaoming.page.reload();
  await xiaoming.bar.online();
  await toMeiling.hears('你在的吧？');
  await toMeiling.say('嘘');
  await toXiaoming.hears('嘘');
  await meiling.page.reload();
  await meiling.bar.online();
  await sees(meiling, '小明', 'Offline');
  await show(xiaoming, 'Available');
  await sees(meiling, '小明', 'Available');
});

test('a user who goes offline stays so on the next page, and comes back on request', async () => {
  const [bob, dave] = await house.gather('bob', 'dave');
  await sees(bob, 'Dave', 'Available');
  await show(dave, 'Offline');
  await sees(bob, 'Dave', 'Offline');
  await dave.bar.region.getByRole('status').getByText('Offline', { exact: true }).waitFor();

  await dave.page.goto(`${dave.site}/forum`);
  await dave.bar.region.getByRole('status').getByText('Offline', { exact: true }).waitFor();
  await (await bob.bar.chatWith('Dave')).say('For later');
  await bob.bar.chat('Dave').log.getByRole('img', { name: 'Sent', exact: true }).waitFor();
  await dave.page.reload();
  await dave.bar.button('Connect').waitFor();
  assert.equal(await dave.bar.region.getByText('For later').count(), 0);
  await sees(bob, 'Dave', 'Offline');

  await dave.bar.button('Connect').click();
  await dave.bar.online();
  await sees(bob, 'Dave', 'Available');
  await dave.bar.chat('Bob').hears('For later');
  await dave.page.reload();
  await dave.bar.online();
  await show(dave, 'Offline');
  await sees(bob, 'Dave', 'Offline');
  // Another presence is a wish to be there again.
  await show(dave, 'Away');
  await dave.bar.online();
  await sees(bob, 'Dave', 'Away');
});
