// What came from outside, brought into the shapes of types.js.
//
// Owns: the distrust of the site's, the message server's and the store's data.
// Must not: refuse a whole answer because a part of it is wrong.

import { REACTIONS_MAX, RETRY_MS_MAX, TIME_MS_MAX, TIME_MS_MIN } from './limits.js';
import { isNewer } from './ring.js';

/**
 * @typedef {import('./types.js').BuddyInfo} BuddyInfo
 * @typedef {import('./types.js').RoomInfo} RoomInfo
 * @typedef {import('./types.js').LogItem} LogItem
 * @typedef {import('./types.js').PollAnswer} PollAnswer
 * @typedef {Record<string, unknown>} Raw
 */

/** @template {string} D @typedef {D extends `${infer W} ${infer Rest}` ? W | Words<Rest> : D} Words of a description */
/** @template {string} W @typedef {W extends `${infer N}${'?' | '"' | '#' | '%' | '@' | '!' | '+' | '&' | '^'}` ? N : W} NameOf a word, without its mark */
/** @template {string} W @template {string} M @typedef {W extends `${string}${M}` ? W : never} Marked those words that have such a mark */
/**
 * What `read` makes of a description.
 * @template {string} D
 * @typedef {{[W in Exclude<Words<D>, Marked<Words<D>, '?' | '#' | '%' | '@' | '!' | '+' | '&' | '^'>> as NameOf<W>]: string}
 *   & {[W in Marked<Words<D>, '#' | '@'> as NameOf<W>]: number}
 *   & {[W in Marked<Words<D>, '?'> as NameOf<W>]?: string}
 *   & {[W in Marked<Words<D>, '!'> as NameOf<W>]?: true}
 *   & {[W in Marked<Words<D>, '%'> as NameOf<W>]?: number}
 *   & {[W in Marked<Words<D>, '&'> as NameOf<W>]?: Raw}
 *   & {[W in Marked<Words<D>, '^'> as NameOf<W>]?: import('./types.js').Reaction[]}
 *   & {[W in Marked<Words<D>, '+'> as NameOf<W>]?: import('./types.js').Member[]}} Described
 */

/** A text; the words old code sends for nothing are nothing. @param {unknown} value */
export function text(value) {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== 'undefined' && value !== 'null' ? value : '';
}

/** A name or what somebody said: as it is, whatever the word. @param {unknown} value */
export const verbatim = (value) => (typeof value === 'string' ? value : text(value));

/** @param {unknown} value @returns {value is Raw} */
const isObject = (value) => typeof value === 'object' && value !== null;

/** @param {unknown} value @returns {Raw} */
export const object = (value) => (isObject(value) ? value : {});

/** The members of a list or of an object that stands for one. @param {unknown} value */
export const list = (value) => Object.values(object(value)).filter(isObject);

/** The numbers that stand under a name; 0 for what is none. @param {unknown} value */
export const numbers = (value) =>
  Object.fromEntries(Object.entries(object(value)).map(([name, it]) => [name, count(it)]));

/** How long a text is where it is counted in bytes. @param {string} it */
export const bytesOf = (it) => new TextEncoder().encode(it).length;

/** @param {unknown} value */
export const flag = (value) => value === true || value === 1 || value === '1' || value === 'true';

/** A number that can be counted with, be it written as a text; 0 if it is none. @param {unknown} value */
function count(value) {
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : 0;
  return Number.isFinite(number) ? Math.max(0, number) : 0;
}

/** ms since 1970, or 0 if it is no time. @param {unknown} value */
export function time(value) {
  const ms = count(value);
  return ms >= TIME_MS_MIN && ms < TIME_MS_MAX ? ms : 0;
}

/** How a word of a description is read, by the mark at its end. @type {Partial<Record<string, (value: unknown) => unknown>>} */
const MARKS = {
  '?': (value) => text(value) || undefined, // a text, left out where there is none
  '"': verbatim,
  '#': count,
  '@': time,
  '!': (value) => flag(value) || undefined, // left out unless it is set
  '+': (value) => (Array.isArray(value) ? members(value) : undefined),
  '%': (value) => count(value) || undefined,
  '&': (value) => (isObject(value) && !Array.isArray(value) ? value : undefined), // as it is
  '^': (value) => (Array.isArray(value) ? reactions(value) : undefined),
};

/**
 * What of a thing its description names; without a mark it is a text.
 * @template {string} D
 * @param {unknown} raw
 * @param {D} description
 */
export function read(raw, description) {
  const from = object(raw);
  /** @type {Raw} */
  const made = {};
  for (const word of description.split(' ')) {
    const mark = MARKS[word.slice(-1)];
    const name = mark ? word.slice(0, -1) : word;
    const value = (mark ?? text)(from[name]);
    if (value !== undefined) made[name] = value;
  }
  return /** @type {Described<D>} */ (made);
}

/** Those that have an id; one without a nick is called by it. @template {string} D @param {unknown} raw @param {D} description */
const named = (raw, description) =>
  list(raw)
    .map((it) => /** @type {Described<D> & {id: string, nick: string}} */ (read(it, description)))
    .filter((it) => it.id)
    .map((it) => ({ ...it, nick: it.nick || it.id }));

const PAGE = 'url? pic_url? default_pic_url?';

/** @param {unknown} raw */
export const buddies = (raw) =>
  named(raw, `id" nick presence show status uid? group? status_time? blocked! incomplete! ${PAGE}`).map((it) => {
    const online = it.presence === 'online';
    const presence = online ? 'online' : 'offline';
    return /** @type {BuddyInfo} */ ({ ...it, presence, show: it.show || (online ? 'available' : 'unavailable') });
  });

/** A list, or an object keyed by id. @param {unknown} raw */
export const rooms = (raw) =>
  /** @type {RoomInfo[]} */ (named(raw, `id" nick count# all_count# blocked! members+ ${PAGE}`));

/** @param {unknown} raw */
export const members = (raw) => /** @type {import('./types.js').Member[]} */ (named(raw, 'id" nick'));

/** @param {unknown} raw */
export const channels = (raw) => /** @type {import('./types.js').Channel[]} */ (named(raw, 'id" nick url?'));

/** Null if nobody is meant. @param {unknown} raw @returns {import('./types.js').Me | null} */
export function me(raw) {
  const [it] = named([raw], `id" nick show status uid? ${PAGE}`);
  return it ? { ...it, show: it.show || 'available' } : null;
}

const OLD_TYPES = new Map([
  ['', 'unicast'],
  ['chat', 'unicast'],
  ['grpchat', 'multicast'],
]);

/** @param {unknown} raw @returns {import('./types.js').Reaction[]} */
const reactions = (raw) =>
  list(raw)
    .map((it) => read(it, 'emoji count# mine!'))
    .filter((it) => it.emoji && it.count)
    .slice(0, REACTIONS_MAX);

/** What a line may have beyond its text. */
export const EXTRAS = 'arrived! rev% edited! deleted! meta& reactions^';

/** @param {unknown} raw @returns {LogItem[]} */
export const logItems = (raw) =>
  list(raw).map((it) => {
    const item = read(it, `id from" nick to" type timestamp@ body" style cid? new! ${EXTRAS}`);
    item.nick ||= item.from;
    item.type = OLD_TYPES.get(item.type) ?? item.type;
    item.id ||= `~${text(it.timestamp)}~${item.from}~${item.body.slice(0, 64)}`;
    return item;
  });

/** What was said meanwhile and, if that is not all, the id up to which it is. @param {unknown} raw @param {string} [since] */
export function missed(raw, since = '') {
  const { new_messages, more } = object(raw);
  return { messages: logItems(new_messages), more: isNewer(text(more), since) ? text(more) : '' };
}

/** @param {unknown} raw @returns {PollAnswer | null} null if it is no answer to a poll */
export function pollAnswer(raw) {
  const { messages, presences, statuses, signals } = object(raw);
  const answer = read(raw, 'status reason retry# seq#');
  const { status } = answer;
  if (status !== 'ok' && status !== 'stopped') return null;
  return {
    ...answer,
    status,
    messages: logItems(messages),
    presences: list(presences).map((it) => read(it, 'from" nick type show status')),
    statuses: list(statuses).map((it) => read(it, 'from" nick to" show')),
    signals: list(signals).map((it) => ({ ...read(it, 'from" to" name'), data: object(it.data) })),
  };
}

/** @param {unknown} raw @returns {import('./types.js').Notification[]} */
export const notifications = (raw) =>
  list(raw)
    .map((it) => read(it, 'text link? time@'))
    .filter((it) => it.text);

/** @param {unknown} raw @returns {import('./types.js').MenuEntry[]} */
export const menu = (raw) =>
  list(raw)
    .map((it) => read(it, 'title url icon? external! shortcut!'))
    .filter((it) => it.title && it.url);

/** Whom to poll with, and where; null if it cannot be. @param {unknown} raw @returns {import('./types.js').Connection | null} */
export function connection(raw) {
  const given = read(raw, 'ticket domain server jsonp! timeout#');
  return given.ticket && given.server ? { ...given, timeout: Math.min(given.timeout, RETRY_MS_MAX) } : null;
}
