// What came from outside, brought into the shapes of types.js.
//
// Owns: the distrust of the site's, the message server's and the store's data.
// Must not: refuse a whole answer because a part of it is wrong.

/**
 * @typedef {import('./types.js').BuddyInfo} BuddyInfo
 * @typedef {import('./types.js').RoomInfo} RoomInfo
 * @typedef {import('./types.js').LogItem} LogItem
 * @typedef {import('./types.js').PollAnswer} PollAnswer
 * @typedef {import('./types.js').OnlineAnswer} OnlineAnswer
 * @typedef {Record<string, any>} Raw
 */

/** A text; the words old code sends for nothing are nothing. @param {unknown} value */
export function text(value) {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== 'undefined' && value !== 'null' ? value : '';
}

/** @param {unknown} value @returns {Raw} */
export const object = (value) => (value && typeof value === 'object' ? value : {});

/** The members of a list or of an object that stands for one. @param {unknown} value @returns {Raw[]} */
export function list(value) {
  const members = Array.isArray(value) ? value : Object.values(object(value));
  return members.filter((member) => member && typeof member === 'object');
}

/** @param {unknown} value */
const flag = (value) => value === true || value === 1 || value === '1' || value === 'true';

/** @param {Raw} raw @param {string[]} names @returns {Record<string, string>} */
function texts(raw, names) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const name of names) if (text(raw[name])) found[name] = text(raw[name]);
  return found;
}

const PAGE = ['url', 'pic_url', 'default_pic_url'];

/** @param {Raw} raw @returns {BuddyInfo} */
export function buddy(raw) {
  const id = text(raw.id);
  const online = raw.presence === undefined ? false : raw.presence === 'online';
  return {
    ...texts(raw, [...PAGE, 'uid', 'group', 'status_time']),
    id,
    nick: text(raw.nick) || id,
    presence: online ? 'online' : 'offline',
    show: text(raw.show) || (online ? 'available' : 'unavailable'),
    status: text(raw.status),
    ...(flag(raw.blocked) && { blocked: true }),
    ...(flag(raw.incomplete) && { incomplete: true }),
    ...(Array.isArray(raw.history) && { history: logItems(raw.history) }),
  };
}

/** @param {unknown} raw @returns {BuddyInfo[]} */
export const buddies = (raw) => list(raw).map(buddy).filter(named);

/** @param {{id: string}} it */
const named = (it) => it.id !== '';

/** @param {Raw} raw @returns {RoomInfo} */
export function room(raw) {
  const id = text(raw.id);
  return {
    ...texts(raw, PAGE),
    id,
    nick: text(raw.nick) || id,
    count: Number(raw.count) || 0,
    all_count: Number(raw.all_count) || 0,
    ...(flag(raw.blocked) && { blocked: true }),
    ...(Array.isArray(raw.members) && { members: members(raw.members) }),
    ...(Array.isArray(raw.history) && { history: logItems(raw.history) }),
  };
}

/** A list, or an object keyed by id. @param {unknown} raw @returns {RoomInfo[]} */
export const rooms = (raw) => list(raw).map(room).filter(named);

/** @param {unknown} raw */
export const members = (raw) =>
  list(raw)
    .map((member) => ({ id: text(member.id), nick: text(member.nick) || text(member.id) }))
    .filter(named);

const TYPES = new Map([
  ['chat', 'unicast'],
  ['grpchat', 'multicast'],
]);

/** @param {Raw} raw @returns {LogItem & {id: string, timestamp: number}} */
export function logItem(raw) {
  const type = text(raw.type);
  const item = {
    from: text(raw.from),
    nick: text(raw.nick) || text(raw.from),
    to: text(raw.to),
    timestamp: Number(raw.timestamp) || 0,
    type: TYPES.get(type) ?? (type || 'unicast'),
    body: text(raw.body) || (typeof raw.body === 'string' ? raw.body : ''),
    style: text(raw.style),
    cid: text(raw.cid),
  };
  return { id: text(raw.id) || `~${item.timestamp}~${item.from}~${item.body.slice(0, 64)}`, ...item };
}

/** @param {unknown} raw */
export const logItems = (raw) => list(raw).map(logItem);

/** @param {unknown} raw @returns {PollAnswer | null} null if it is no answer to a poll */
export function pollAnswer(raw) {
  const answer = object(raw);
  if (answer.status !== 'ok' && answer.status !== 'stopped') return null;
  return {
    status: answer.status,
    reason: answer.reason,
    retry: Number(answer.retry) || 0,
    messages: logItems(answer.messages),
    presences: list(answer.presences).map((it) => ({
      from: text(it.from),
      nick: text(it.nick),
      type: text(it.type),
      show: text(it.show),
      status: text(it.status),
    })),
    statuses: list(answer.statuses).map((it) => ({
      from: text(it.from),
      nick: text(it.nick),
      to: text(it.to),
      show: text(it.show),
    })),
    seq: Number(answer.seq) || 0,
  };
}

/** @param {unknown} raw */
export const notifications = (raw) =>
  list(raw)
    .map((it) => ({ text: text(it.text), ...texts(it, ['link']) }))
    .filter((it) => it.text);

/** @param {unknown} raw @returns {import('./types.js').MenuEntry[]} */
export const menu = (raw) =>
  list(raw)
    .map((it) => ({
      title: text(it.title),
      url: text(it.url),
      ...texts(it, ['icon']),
      ...(flag(it.external) && { external: true }),
      ...(flag(it.shortcut) && { shortcut: true }),
    }))
    .filter((it) => it.title && it.url);

/** @param {unknown} raw @returns {import('./types.js').Channel[]} */
export const channels = (raw) =>
  list(raw)
    .map((it) => ({ id: text(it.id), nick: text(it.nick) || text(it.id), ...texts(it, ['url']) }))
    .filter(named);

/** Whom to poll with, and where; null if it cannot be. @param {unknown} raw @returns {import('./types.js').Connection | null} */
export function connection(raw) {
  const given = object(raw);
  const ticket = text(given.ticket);
  const server = text(given.server);
  if (!ticket || !server) return null;
  return {
    ticket,
    server,
    domain: text(given.domain),
    ...(given.jsonp !== undefined && { jsonp: flag(given.jsonp) }),
    ...(Number(given.timeout) > 0 && { timeout: Number(given.timeout) }),
  };
}

/** @param {unknown} raw @returns {import('./types.js').Me | null} */
export function me(raw) {
  const it = object(raw);
  const id = text(it.id);
  if (!id) return null;
  return {
    ...texts(it, [...PAGE, 'uid']),
    id,
    nick: text(it.nick) || id,
    show: text(it.show) || 'available',
    status: text(it.status),
  };
}
