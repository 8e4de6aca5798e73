// Contacts, rooms and who is there.
//
// Owns: presences, room counts and members.
// Must not: know of messages.

import { byId } from './world.js';

/**
 * @typedef {import('./world.js').World} World
 * @typedef {import('./world.js').Out} Out
 * @typedef {import('../types.js').BuddyInfo} BuddyInfo
 */

/**
 * A user of whom only the id is sure: the leader asks the site.
 * @param {World} world
 * @param {string} id
 * @param {string} nick
 */
export function meet(world, id, nick) {
  const known = world.contacts.get(id);
  if (known || id === world.me?.id || !id) return known;
  /** @type {BuddyInfo} */
  const made = { id, nick: nick || id, presence: 'offline', show: 'unavailable', group: 'stranger', incomplete: true };
  world.contacts.set(id, made);
  return made;
}

/**
 * The contacts and rooms of a new session. Strangers that were known and are missing there are asked for again.
 * @param {World} world
 * @param {{buddies: BuddyInfo[], rooms: import('../types.js').RoomInfo[]}} answer
 */
export function replacePeople(world, answer) {
  const former = world.contacts;
  world.contacts = byId(answer.buddies);
  for (const it of former.values()) {
    if (!world.contacts.has(it.id) && it.group === 'stranger') {
      world.contacts.set(it.id, { ...it, presence: 'offline', show: 'unavailable', incomplete: true });
    }
  }
  world.rooms = byId(answer.rooms);
  world.seats = new Map();
}

/**
 * The site's answer about users. Users that it does not know stay as they are.
 * @param {World} world
 * @param {{buddies: BuddyInfo[], asked: string[]}} event
 * @param {Out} out
 */
export function completed(world, { buddies, asked }, out) {
  for (const info of buddies) {
    const before = world.contacts.get(info.id) ?? info;
    if (info.id === world.me?.id) continue;
    world.contacts.set(info.id, { ...info, ...(before.refused && { refused: true }) });
    if (before.presence !== info.presence) out.tell('presence', { ...info });
  }
  for (const id of asked) {
    const contact = world.contacts.get(id);
    if (contact) delete contact.incomplete;
  }
  out.change('contacts');
}

/**
 * @param {World} world
 * @param {import('../types.js').PresencePacket} packet
 * @param {Out} out
 */
export function presence(world, packet, out) {
  const { type, from, nick, show, status } = packet;
  if (type === 'join' || type === 'leave') return seat(world, status, { id: from, nick }, type === 'join', out);
  if (from === world.me?.id) {
    if (type !== 'show') return undefined;
    Object.assign(world.me, { show, status });
    return out.change('me');
  }
  const online = type !== 'offline';
  const contact = online ? meet(world, from, nick) : world.contacts.get(from);
  if (!contact || (online && contact.blocked)) return undefined;
  contact.presence = online ? 'online' : 'offline';
  contact.show = online ? show || 'available' : 'unavailable';
  if (online) contact.status = status;
  if (online && nick) contact.nick = nick;
  if (!online) leaveRooms(world, from, out);
  out.change('contacts', `u/${from}`);
  return out.tell('presence', { ...contact });
}

/** A user who goes offline is in no room any more. @param {World} world @param {string} id @param {Out} out */
function leaveRooms(world, id, out) {
  for (const room of world.rooms.values()) {
    if (room.members?.some((member) => member.id === id)) seat(world, room.id, { id, nick: '' }, false, out);
  }
}

/**
 * A user entered or left a room. The same packet twice counts once.
 * @param {World} world
 * @param {string} roomId
 * @param {import('../types.js').Member} member
 * @param {boolean} there
 * @param {Out} out
 */
function seat(world, roomId, member, there, out) {
  const room = world.rooms.get(roomId);
  if (!room) return;
  const seats = world.seats.get(roomId) ?? new Map();
  world.seats.set(roomId, seats);
  const before = seats.get(member.id) ?? (room.members ? room.members.some((it) => it.id === member.id) : !there);
  seats.set(member.id, there);
  if (before === there) return;
  room.count = Math.max(0, room.count + (there ? 1 : -1));
  if (room.members) {
    room.members = room.members.filter((it) => it.id !== member.id);
    if (there) room.members.push({ ...member, nick: member.nick || member.id });
    out.change('members', `r/${roomId}`);
  }
  out.change('rooms', `r/${roomId}`);
}

/** What is known of a user may be old: the site has refused a message to the user. @param {World} world @param {{id: string}} event */
export function unsure(world, { id }) {
  const contact = world.contacts.get(id);
  if (contact) Object.assign(contact, { incomplete: true, refused: true });
}

/**
 * Rooms as the site's last answer has them.
 * @param {World} world
 * @param {{list: import('../types.js').RoomInfo[]}} event
 * @param {Out} out
 */
export function rooms(world, { list }, out) {
  for (const info of list) {
    world.rooms.set(info.id, { ...world.rooms.get(info.id), ...info });
    world.seats.delete(info.id);
  }
  out.change('rooms');
}

/**
 * The members of a room as the site's last answer has them.
 * @param {World} world
 * @param {{room: string, list: import('../types.js').Member[]}} event
 * @param {Out} out
 */
export function members(world, event, out) {
  const room = world.rooms.get(event.room);
  if (!room) return;
  room.members = event.list;
  room.count = event.list.length;
  world.seats.delete(event.room);
  out.change('members', `r/${room.id}`);
  out.change('rooms', `r/${room.id}`);
}

/**
 * A room's chat was left, or entered again.
 * @param {World} world
 * @param {{room: string, locked: boolean, info: import('../types.js').RoomInfo | null}} event
 * @param {Out} out
 */
export function locked(world, event, out) {
  const { settings } = world;
  const rest = settings.blocked_rooms.filter((id) => id !== event.room);
  settings.blocked_rooms = event.locked ? [...rest, event.room] : rest;
  const room = world.rooms.get(event.room);
  if (room || event.info) {
    const now = /** @type {import('../types.js').RoomInfo} */ ({ ...room, ...event.info, blocked: event.locked });
    if (event.locked) delete now.members;
    world.rooms.set(event.room, now);
  }
  world.seats.delete(event.room);
  out.change('rooms', `r/${event.room}`);
  out.change('settings');
}

/** @param {World} world @param {{id: string, blocked: boolean}} event @param {Out} out */
export function blocked(world, event, out) {
  const contact = meet(world, event.id, '');
  if (!contact) return;
  contact.blocked = event.blocked;
  if (event.blocked) Object.assign(contact, { presence: 'offline', show: 'unavailable' });
  else contact.incomplete = true;
  out.change('contacts', `u/${event.id}`);
}
