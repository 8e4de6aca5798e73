// Chats, unread counts, notices, and what is on its way out.
//
// Owns: which chat a message belongs to, whether it is new, and whether it counts as unread.
// Must not: send anything.

import { CHARS_KEY_MAX, CHATS_MAX, NOTICES_MAX, TYPING_SHOWN_MS } from '../limits.js';
import { insert, isPending, mergeNewest, mergeOlder, settle, trim } from '../lines.js';
import { isNewer } from '../ring.js';
import { logItem } from '../shape.js';
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

/** @param {World} world @param {string} key */
export const findChat = (world, key) => world.chats.find((chat) => chat.key === key);

/** @param {World} world @param {string} key */
const isLookedAt = (world, key) => [...world.looks.values()].includes(key);

/** @param {World} world @param {string} id */
export const isMuted = (world, id) => world.settings.blocked_rooms.includes(id) || !!world.rooms.get(id)?.blocked;

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
  const { kind, id } = parseKey(key) ?? { kind: /** @type {const} */ ('user'), id: key };
  /** @type {Chat} */
  const chat = { key, kind, id, messages: [], unread: 0, draft: '', loaded: false, complete: false, typing: '', scroll: 0 };
  addPending(world, chat);
  if (world.chats.length >= CHATS_MAX) {
    const idle = world.chats.findIndex((it) => !it.unread && !it.draft && !isLookedAt(world, it.key) && !it.messages.some(isPending));
    closeChat(world, world.chats[Math.max(0, idle)].key, out);
  }
  world.chats.push(chat);
  if (kind === 'user') meet(world, id, '');
  out.change('chats');
  return chat;
}

/** @param {World} world @param {string} key @param {Out} out */
export function closeChat(world, key, out) {
  world.chats = world.chats.filter((chat) => chat.key !== key);
  world.typing.delete(key);
  for (const pending of [...world.outbox.values()]) {
    if (pending.key === key && pending.state === 'failed') world.outbox.delete(pending.cid);
  }
  out.change('chats');
}

/** @param {World} world @param {LogItem} item @returns {Message} */
export function toLine(world, item) {
  const { id = '', timestamp } = item;
  const own = item.from === world.me?.id;
  return {
    id,
    cid: (own && item.cid) || '',
    from: item.from,
    nick: item.nick,
    own,
    body: item.body,
    style: item.style ?? '',
    time: Number(timestamp),
    state: own ? 'sent' : 'received',
    reason: '',
  };
}

/** @param {World} world @param {Pending} pending @returns {Message} */
function pendingLine(world, pending) {
  const { cid, body, style, time, state, reason } = pending;
  return { id: cid, cid, from: world.owner, nick: world.me?.nick ?? '', own: true, body, style, time, state, reason };
}

/** What of this chat is on its way out. @param {World} world @param {Chat} chat */
export function addPending(world, chat) {
  for (const pending of world.outbox.values()) if (pending.key === chat.key) insert(chat.messages, pendingLine(world, pending));
}

/** @param {World} world @param {LogItem} item */
function keyOf(world, item) {
  if (item.type === 'multicast') return `r/${item.to}`;
  return `u/${item.from === world.me?.id ? item.to : item.from}`;
}

/**
 * A message that was pushed, or that a new session caught up with.
 * @param {World} world
 * @param {LogItem} item
 * @param {{at: number, backlog: boolean}} how
 * @param {Out} out
 */
export function receive(world, item, { at, backlog }, out) {
  const id = item.id ?? logItem(item).id ?? '';
  const again = world.counted.has(id);
  world.counted.add(id);
  if (isNewer(id, world.since)) world.since = id;
  const line = toLine(world, { ...item, id, timestamp: Number(item.timestamp) || at });
  const channel = item.type === 'multicast' ? world.channels.get(item.to) : undefined;
  if (channel || item.type === 'broadcast') return again ? undefined : notice(world, line, channel, out);

  const key = keyOf(world, item);
  if (!parseKey(key)) return undefined;
  const muted = item.type === 'multicast' && isMuted(world, item.to);
  if ((again || muted) && !findChat(world, key)) return undefined;
  if (!line.own) meet(world, item.from, item.nick);
  const chat = openChat(world, key, out);
  arrived(world, chat, line);
  insert(chat.messages, line);
  trim(chat);
  if (!line.own && world.typing.get(key)?.from === item.from) untype(world, key);
  if (line.own) chat.unread = again ? chat.unread : 0; // who answers elsewhere has read
  else if (!again && !muted && !isLookedAt(world, key) && !(backlog && world.read.has(id))) chat.unread += 1;
  out.change('chat', key);
  return again || muted ? undefined : out.tell('message', { ...line, key });
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
  const key = `u/${packet.from}`;
  const chat = findChat(world, key);
  out.tell('status', { from: packet.from, show: packet.show });
  if (!chat || packet.from === world.me?.id) return;
  if (packet.show === 'typing') {
    world.typing.set(key, { from: packet.from, until: at + TYPING_SHOWN_MS });
    chat.typing = world.contacts.get(packet.from)?.nick ?? (packet.nick || packet.from);
  } else untype(world, key);
  out.change('chat', key);
}

/** @param {World} world @param {string} key */
export function untype(world, key) {
  world.typing.delete(key);
  const chat = findChat(world, key);
  if (chat) chat.typing = '';
}

/**
 * A page of history.
 * @param {World} world
 * @param {{key: string, rows: LogItem[], older: boolean}} event
 * @param {Out} out
 */
export function history(world, { key, rows, older }, out) {
  const chat = findChat(world, key);
  if (!chat) return;
  const lines = rows.map((row) => toLine(world, row));
  for (const line of lines) arrived(world, chat, line);
  for (const line of lines) if (isNewer(line.id, world.since)) world.read.add(line.id);
  if (older) mergeOlder(chat, lines);
  else mergeNewest(chat, lines);
  out.change('chat', key);
}

/** @param {World} world @param {Pending} pending @param {Out} out */
export function echo(world, pending, out) {
  const chat = openChat(world, pending.key, out);
  const line = pendingLine(world, pending);
  line.time = Math.max(line.time, chat.messages.at(-1)?.time ?? 0);
  if (!insert(chat.messages, line)) return;
  world.outbox.set(pending.cid, pending);
  chat.unread = 0;
  trim(chat);
  out.change('chat', pending.key);
}

/**
 * What became of something sent. What the site has taken once stays taken.
 * @param {World} world
 * @param {{cid: string, key: string, state: 'sent' | 'delivered' | 'sending' | 'failed', reason?: string, id?: string,
 *   time?: number, tab?: string, adopted?: boolean}} event
 * @param {Out} out
 */
export function fate(world, event, out) {
  const pending = world.outbox.get(event.cid);
  if (!pending) return;
  const { state, reason = '' } = event;
  const chat = state === 'failed' ? openChat(world, event.key, out) : findChat(world, event.key);
  const line = chat?.messages.find((it) => it.cid === event.cid);
  if (state === 'sent' || state === 'delivered') {
    world.outbox.delete(event.cid);
    if (event.id) world.counted.add(event.id);
    if (chat && line) settle(chat.messages, line, { id: event.id ?? '', time: event.time ?? 0 });
  } else Object.assign(pending, { state, reason, tab: event.tab ?? pending.tab, adopted: event.adopted ?? pending.adopted });
  if (line) Object.assign(line, { state, reason });
  out.change('chat', event.key);
}

/**
 * The site has what is still on its way out here: its answer was lost, or came to a page that has gone.
 * @param {World} world
 * @param {Chat} chat
 * @param {Message} line as the site has it
 */
function arrived(world, chat, line) {
  if (!line.cid || !world.outbox.delete(line.cid)) return;
  const sent = chat.messages.find((it) => it.cid === line.cid);
  if (sent) settle(chat.messages, Object.assign(sent, { state: 'sent', reason: '' }), line);
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
