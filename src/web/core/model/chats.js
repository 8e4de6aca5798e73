// Chats, unread counts, notices, and what is on its way out.
//
// Owns: which chat a message belongs to, whether it is new, and whether it counts as unread.
// Must not: send anything.

import { AHEAD_MS_MAX, CHARS_KEY_MAX, CHATS_MAX, NOTICES_MAX, TYPING_SHOWN_MS } from '../limits.js';
import { insert, isPending, mergeNewest, mergeOlder, settle, trim } from '../lines.js';
import { isNewer, remember } from '../ring.js';
import { amended } from './changes.js';
import { meet } from './people.js';

/**
 * @typedef {import('./world.js').World} World
 * @typedef {import('./world.js').Out} Out
 * @typedef {import('./world.js').Pending} Pending
 * @typedef {import('../types.js').Chat} Chat
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').LogItem} LogItem
 */

/** @param {string} key @returns {{kind: 'user' | 'room', id: string} | null} */
export function parseKey(key) {
  const kind = key.startsWith('u/') ? 'user' : key.startsWith('r/') ? 'room' : null;
  return kind && key.length > 2 && key.length <= CHARS_KEY_MAX ? { kind, id: key.slice(2) } : null;
}

/** @param {string} key of an existing user or room @returns {Chat} */
export function newChat(key) {
  const { kind, id } = parseKey(key) ?? { kind: 'user', id: key };
  return {
    key,
    kind,
    id,
    messages: [],
    unread: 0,
    draft: '',
    loaded: false,
    complete: false,
    typing: '',
    readTo: '',
    until: 0,
    held: 0,
    scroll: 0,
  };
}

/** @param {World} world @param {string} key */
export const findChat = (world, key) => world.chats.find((chat) => chat.key === key);

/** @param {World} world @param {string} key */
const isLookedAt = (world, key) => [...world.looks.values()].includes(key);

/** @param {World} world @param {string} id */
export const isMuted = (world, id) => world.settings.blocked_rooms.includes(id) || !!world.rooms.get(id)?.blocked;

/** A room whose chat was left: its messages are not for me, nor loaded. @param {World} world @param {Chat} chat */
export const isSilent = (world, { kind, id }) => kind === 'room' && isMuted(world, id);

/**
 * The chat of this key, opened if need be. One that nobody needs makes room for it.
 * @param {World} world
 * @param {string} key
 * @param {Out} out
 * @returns {Chat}
 */
export function openChat(world, key, out) {
  const there = findChat(world, key);
  if (there) return there;
  const chat = newChat(key);
  chat.loaded = isSilent(world, chat);
  addPending(world, chat);
  if (world.chats.length >= CHATS_MAX) {
    const idle = world.chats.findIndex(
      (it) => !it.unread && !it.draft && !isLookedAt(world, it.key) && !it.messages.some(isPending),
    );
    closeChat(world, world.chats[Math.max(0, idle)].key, out);
  }
  world.chats.push(chat);
  if (chat.kind === 'user') meet(world, chat.id, '');
  out.change('chats');
  return chat;
}

/** @param {World} world @param {string} key @param {Out} out */
export function closeChat(world, key, out) {
  world.chats = world.chats.filter((chat) => chat.key !== key);
  for (const pending of world.outbox.values()) {
    if (pending.key === key && pending.state === 'failed') world.outbox.delete(pending.cid);
  }
  out.change('chats');
}

/** @param {World} world @param {LogItem} item @returns {Message} */
function toLine(world, item) {
  const own = item.from === world.me?.id;
  /** @type {Message & {new?: boolean}} */
  const line = {
    ...item,
    cid: (own && item.cid) || '',
    own,
    time: item.timestamp,
    state: own ? 'sent' : 'received',
    reason: '',
  };
  delete line.new;
  return amended(world, line);
}

/**
 * Gives every row a time; a row without one, or with a future one, gets its neighbour's.
 * @param {LogItem[]} rows oldest first
 * @param {number} at by the site's clock
 */
function dated(rows, at) {
  const isSure = (/** @type {LogItem} */ { timestamp }) => timestamp > 0 && timestamp < at + AHEAD_MS_MAX;
  let before = rows.find(isSure)?.timestamp ?? at;
  return rows.map((row) => {
    if (isSure(row)) before = row.timestamp;
    return { ...row, timestamp: before };
  });
}

/** Puts the pending lines of a chat into its messages. @param {World} world @param {Chat} chat */
export function addPending(world, chat) {
  for (const pending of world.outbox.values()) if (pending.key === chat.key) insert(chat.messages, pending);
}

/** @param {World} world @param {LogItem} item */
function keyOf(world, item) {
  if (item.type === 'multicast') return `r/${item.to}`;
  return `u/${item.from === world.me?.id ? item.to : item.from}`;
}

/**
 * Takes in a message. Of messages that a new session catches up with, only those marked `new` count as new.
 * @param {World} world
 * @param {LogItem} item
 * @param {{at: number, backlog: '' | 'online' | 'missed'}} how pushed, or answered by which call
 * @param {Out} out
 */
export function receive(world, item, { at, backlog }, out) {
  const { id } = item;
  const isLater = isNewer(id, world.since);
  if (isLater) world.since = id;
  const line = toLine(world, dated([item], at)[0]);
  const channel = item.type === 'multicast' ? world.channels.get(item.to) : undefined;
  const isNotice = channel || item.type === 'broadcast';
  // A notice belongs to no chat, so a repeated one is dropped.
  if (backlog && !item.new) return isNotice ? undefined : repeat(world, item, line, isLater, out);
  const again = remember(world.counted, id);
  if (isNotice) return again ? undefined : notice(world, line, channel, out);

  const key = keyOf(world, item);
  if (!parseKey(key)) return undefined;
  if (item.type === 'multicast' && isMuted(world, item.to)) return undefined;
  if (again && !findChat(world, key)) return undefined;
  if (!line.own) meet(world, item.from, item.nick);
  const chat = openChat(world, key, out);
  taken(world, key, line, out);
  insert(chat.messages, line);
  trim(chat);
  if (!line.own) chat.typing = '';
  if (line.own)
    chat.unread = again ? chat.unread : 0; // a user who answers elsewhere has read
  else if (!again && !isLookedAt(world, key) && !(backlog === 'online' && world.read.has(id))) chat.unread += 1;
  out.change('chat', key);
  return again ? undefined : out.tell('message', { ...line, key });
}

/**
 * A line that is no news: it goes where it belongs if that is open, and calls nobody.
 * @param {World} world
 * @param {LogItem} item
 * @param {Message} line
 * @param {boolean} isLater than all this browser has got
 * @param {Out} out
 */
function repeat(world, item, line, isLater, out) {
  const key = keyOf(world, item);
  taken(world, key, line, out);
  const chat = findChat(world, key);
  if (!chat || isSilent(world, chat)) return;
  insert(chat.messages, line);
  trim(chat);
  if (line.own && isLater) chat.unread = 0; // a user who answers elsewhere has read
  out.change('chat', key);
}

/**
 * @param {World} world
 * @param {Message} line
 * @param {import('../types.js').Channel | undefined} channel
 * @param {Out} out
 */
function notice(world, line, channel, out) {
  /** @type {import('../types.js').Notice} */
  const made = {
    id: line.id,
    kind: channel ? 'channel' : 'broadcast',
    nick: channel?.nick ?? line.nick,
    body: line.body,
    ...(channel?.url && { url: channel.url }),
    time: line.time,
    read: line.own,
  };
  const at = world.notices.findIndex((other) => other.time <= made.time);
  world.notices.splice(at < 0 ? world.notices.length : at, 0, made);
  world.notices.length = Math.min(world.notices.length, NOTICES_MAX);
  out.change('notices');
  out.tell('notice', { ...made });
}

/**
 * @param {World} world
 * @param {import('../types.js').StatusPacket} packet
 * @param {number} at
 * @param {Out} out
 */
export function status(world, packet, at, out) {
  // A state for a room names the room.
  const key = packet.to !== world.me?.id && world.rooms.has(packet.to) ? `r/${packet.to}` : `u/${packet.from}`;
  const chat = findChat(world, key);
  out.tell('status', { from: packet.from, show: packet.show });
  if (!chat || packet.from === world.me?.id) return;
  const nick = world.contacts.get(packet.from)?.nick ?? (packet.nick || packet.from);
  Object.assign(chat, { typing: packet.show === 'typing' ? nick : '', until: at + TYPING_SHOWN_MS });
  out.change('chat', key);
}

/** Of a chat's history; `older` than what is here, or the newest. @typedef {{key: string, rows: LogItem[], older: boolean}} Page */

/**
 * @param {World} world
 * @param {Page & {at: number}} event
 * @param {Out} out
 */
export function history(world, { key, rows, older, at }, out) {
  const chat = findChat(world, key);
  if (!chat) return;
  const lines = dated(rows, at).map((row) => toLine(world, row));
  for (const line of lines) taken(world, key, line, out);
  for (const line of lines) if (isNewer(line.id, world.since)) remember(world.read, line.id);
  if (older) mergeOlder(chat, lines);
  else mergeNewest(chat, lines);
  out.change('chat', key);
}

/** @param {World} world @param {{pending: Pending}} event @param {Out} out */
export function echo(world, { pending }, out) {
  const { messages } = openChat(world, pending.key, out);
  const line = { ...pending, time: Math.max(pending.time, messages.at(-1)?.time ?? 0) };
  if (!insert(messages, line)) return;
  world.outbox.set(line.cid, line);
  out.change('chat', line.key);
}

/** What has become of something sent; `id` and `time` if the site has given it some. @typedef {Partial<Pending>} News */

/**
 * What the site has taken once stays taken.
 * @param {World} world
 * @param {{cid: string, key: string, news: News}} event
 * @param {Out} out
 */
export function fate(world, { cid, key, news }, out) {
  const line = world.outbox.get(cid);
  if (!line) return;
  const chat = news.state === 'failed' ? openChat(world, key, out) : findChat(world, key);
  if (line.state === 'failed' && news.state === 'sending') {
    world.outbox.delete(cid); // it is the last one on its way now
    world.outbox.set(cid, line);
  }
  Object.assign(line, { reason: '' }, news);
  if (!isPending(line)) {
    if (chat) settle(chat.messages, line);
    if (key.startsWith('u/')) delete world.contacts.get(key.slice(2))?.refused;
    keepPlaces(world, line, chat);
    world.outbox.delete(cid);
    remember(world.counted, line.id);
  }
  out.change('chat', key);
}

/**
 * Keeps the order of writing: moves the times of the other pending lines around the time the site gave.
 * @param {World} world
 * @param {Pending} line that the site has taken
 * @param {Chat | undefined} chat
 */
function keepPlaces(world, { key, cid, time }, chat) {
  let isLater = false;
  for (const other of world.outbox.values()) {
    if (other.cid === cid) isLater = true;
    else if (other.key === key && (isLater ? other.time < time : other.time >= time)) {
      other.time = isLater ? time : time - 1;
      if (chat) settle(chat.messages, other);
    }
  }
}

/**
 * Settles a pending line that the site already has: its answer was lost, or reached a page that has closed.
 * @param {World} world
 * @param {string} key
 * @param {Message} line as the site has it
 * @param {Out} out
 */
function taken(world, key, { cid, id, time, arrived }, out) {
  if (cid) fate(world, { cid, key, news: { state: 'sent', id, time, ...(arrived && { arrived }) } }, out);
}

/** @param {World} world @param {{cid: string, key: string}} event @param {Out} out */
export function discard(world, event, out) {
  world.outbox.delete(event.cid);
  const chat = findChat(world, event.key);
  if (chat) chat.messages = chat.messages.filter((line) => line.cid !== event.cid || !isPending(line));
  out.change('chat', event.key);
}

/** A tab's user looks at a chat, or at none; what is looked at is read. @param {World} world @param {{tab: string, key: string}} event @param {Out} out */
export function look(world, { tab, key }, out) {
  if (key) world.looks.set(tab, key);
  else world.looks.delete(tab);
  const chat = findChat(world, key);
  if (!chat?.unread) return;
  chat.unread = 0;
  out.change('chat', key);
}
