// The lines of one chat: in order, each once.
//
// Owns: where a line stands, and which two are the same.
// Must not: know of unread counts or of other chats.

import { HISTORY_ROWS, LINES_MAX } from './limits.js';
import { isNewer } from './ring.js';

/**
 * @typedef {import('./types.js').Message} Message
 * @typedef {import('./types.js').Chat} Chat
 */

/** Whether the site has not yet taken it. @param {Message} line */
export const isPending = (line) => line.state === 'sending' || line.state === 'failed';

/** An id that the site did not give. @param {string} id */
const isMade = (id) => id.startsWith('~');

/** @param {Message} a @param {Message} b */
function isSame(a, b) {
  if (a.id === b.id || (a.cid !== '' && a.cid === b.cid)) return true;
  if (!isMade(a.id) && !isMade(b.id)) return false;
  return a.from === b.from && a.time === b.time && a.body === b.body;
}

/** What the site has not taken has no id to compare: it is the last of its moment. @param {Message} a @param {Message} b */
const isAfter = (a, b) => a.time > b.time || (a.time === b.time && !isPending(b) && isNewer(a.id, b.id));

/**
 * Puts a line where its time says. Answers whether it was not there before; if it was, the newer of the two holds.
 * @param {Message[]} lines
 * @param {Message} line
 */
export function insert(lines, line) {
  const same = lines.find((other) => isSame(other, line));
  if (!same) place(lines, line);
  else if (line.arrived) same.arrived = true;
  if (same && (line.rev ?? 0) > (same.rev ?? 0)) {
    const { rev, body, edited, deleted, meta, reactions } = line;
    Object.assign(same, { rev, body, edited, deleted, meta, reactions });
  }
  return !same;
}

/** @param {Message[]} lines @param {Message} line */
function place(lines, line) {
  let at = lines.length;
  while (at > 0 && isAfter(lines[at - 1], line)) at -= 1;
  lines.splice(at, 0, line);
}

/**
 * The site has given a line its id and time: it goes to its place, and the same line that came another way goes.
 * @param {Message[]} lines
 * @param {Message} line
 */
export function settle(lines, line) {
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    if (lines[at] === line || isSame(lines[at], line)) lines.splice(at, 1);
  }
  place(lines, line);
}

/** Forgets the oldest lines beyond the limit. @param {Chat} chat */
export function trim(chat) {
  const extra = chat.messages.length - LINES_MAX;
  if (extra <= 0) return;
  chat.messages.splice(0, extra);
  chat.complete = false;
}

/**
 * The newest page of the history. If it does not reach back to what is here there is a hole, and what lies before it
 * goes, so that paging back fills it.
 * @param {Chat} chat
 * @param {Message[]} rows oldest first
 */
export function mergeNewest(chat, rows) {
  const settled = chat.messages.filter((line) => !isPending(line));
  const whole = rows.length < HISTORY_ROWS;
  const meets = rows.some((row) => settled.some((line) => isSame(line, row)));
  if (!whole && !meets) {
    const first = rows[0];
    chat.messages = chat.messages.filter((line) => isPending(line) || !isAfter(first, line));
    chat.complete = false;
  }
  for (const row of rows) insert(chat.messages, row);
  if (whole) chat.complete = true;
  chat.loaded = true;
  trim(chat);
}

/**
 * A page before the first line. Answers whether there was anything new.
 * @param {Chat} chat
 * @param {Message[]} rows
 */
export function mergeOlder(chat, rows) {
  const isNews = rows.filter((row) => insert(chat.messages, row)).length > 0;
  if (!isNews || rows.length < HISTORY_ROWS) chat.complete = true;
  return isNews;
}
