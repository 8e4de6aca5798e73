// What happens to lines after they were said.
//
// Owns: which of several changes of one thing holds, be its line here before the change or after it.
// Must not: decide who may change what; the site has.

import { CHANGES_MAX, REACTIONS_MAX } from '../limits.js';
import { isNewer } from '../ring.js';
import { read } from '../shape.js';

/**
 * @typedef {import('./world.js').World} World
 * @typedef {import('./world.js').Out} Out
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').SignalPacket} SignalPacket
 */

/**
 * A change of the line `id`: of its text, or of the reactions with one emoji. `rev` counts the changes of that line.
 * @typedef {object} Change
 * @property {string} name
 * @property {string} from
 * @property {string} id
 * @property {number} rev
 * @property {string} body
 * @property {string} emoji
 * @property {true} [on] the reaction was set, not taken back
 * @property {number} [count] how many have reacted so, if the site says it
 */

const NAMES = new Set(['edit', 'delete', 'react']);

/** @param {World} world @param {SignalPacket} packet @param {Out} out */
export function signal(world, packet, out) {
  if (packet.name === 'read') reads(world, packet, out);
  else if (NAMES.has(packet.name)) change(world, packet, out);
  out.tell('signal', packet);
}

/** @param {World} world @param {SignalPacket} packet @param {Out} out */
function change(world, { name, from, data }, out) {
  const it = { name, from, ...read(data, 'id" rev# body" emoji" on! count#') };
  const made = 'count' in data ? it : { ...it, count: undefined };
  const { id, rev, emoji } = made;
  const subject = JSON.stringify([id, name === 'react' ? emoji : '']);
  const { changes } = world;
  if (!id || rev <= (changes.get(subject)?.rev ?? 0)) return;
  changes.delete(subject);
  changes.set(subject, made);
  for (const oldest of changes.keys()) if (changes.size > CHANGES_MAX) changes.delete(oldest);
  for (const { key, messages } of world.chats) {
    const line = messages.find((other) => other.id === id);
    if (!line) continue;
    amend(line, made, world.me?.id);
    out.change('chat', key);
  }
}

/** A line as it is after all that is known to have happened to it since. @param {World} world @param {Message} line */
export function amended(world, line) {
  for (const it of world.changes.values()) if (it.id === line.id) amend(line, it, world.me?.id);
  return line;
}

/** @param {Message} line @param {Change} made @param {string | undefined} me */
function amend(line, made, me) {
  if (made.rev <= (line.rev ?? 0)) return; // the site has told the line with it
  if (made.name === 'react') react(line, made, me);
  else if (made.name === 'edit') Object.assign(line, { body: made.body, edited: true });
  else Object.assign(line, { body: '', deleted: true, meta: undefined, reactions: undefined });
}

/** @param {Message} line @param {Change} change @param {string | undefined} me */
function react(line, { emoji, on, from, ...given }, me) {
  const reactions = line.reactions ?? [];
  const old = reactions.find((it) => it.emoji === emoji) ?? { emoji, count: 0 };
  const count = given.count ?? old.count + (on ? 1 : -1);
  const now = { emoji, count, mine: from === me ? on : old.mine };
  const rest = reactions.includes(old) ? reactions : [...reactions, old];
  line.reactions = rest
    .map((it) => (it === old ? now : it))
    .filter((it) => it.count > 0)
    .slice(0, REACTIONS_MAX);
}

/** Somebody has read a conversation up to a line: I on another page, or the other user. @param {World} world @param {SignalPacket} packet @param {Out} out */
function reads(world, { from, data }, out) {
  const { type, id, upto } = read(data, 'type id" upto');
  const isMine = from === world.me?.id;
  const isRoom = type === 'multicast';
  const key = isRoom ? `r/${id}` : `u/${isMine ? id : from}`;
  const chat = world.chats.find((it) => it.key === key);
  if (!chat) return;
  const left = chat.messages.filter((line) => !line.own && isNewer(line.id, upto)).length;
  if (isMine) chat.unread = Math.min(chat.unread, left);
  else if (!isRoom && isNewer(upto, chat.readTo)) chat.readTo = upto;
  out.change('chat', key);
}
