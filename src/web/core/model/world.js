// What a tab knows. It is the same in every tab of a browser, because each applies the same events.
//
// Owns: the parts of that knowledge. They are plain data, so that a tab that has just come can be given all of it.
// Must not: do any I/O.

import { defaults } from '../settings.js';

/**
 * A line on its way to the site: of the chat `key`, sent by `tab`; `adopted` if another tab has taken it over once.
 * @typedef {import('../types.js').Message & {key: string, tab: string, adopted?: boolean}} Pending
 */

/**
 * @typedef {object} World
 * @property {import('../types.js').State} state
 * @property {import('../types.js').Trouble | null} trouble
 * @property {boolean} complete it has the session's whole state, so that it may poll on
 * @property {import('../types.js').Connection | null} session
 * @property {number} seq the last packet applied
 * @property {boolean} owes it came by a stream, and is not known to be acknowledged
 * @property {number} offset of the site's clock to ours, ms
 * @property {string} owner the user all this belongs to; known from the store before the site has answered
 * @property {import('../types.js').Me | null} me
 * @property {Map<string, import('../types.js').BuddyInfo>} contacts
 * @property {Map<string, import('../types.js').RoomInfo>} rooms
 * @property {Map<string, Map<string, boolean>>} seats by room and user: whether the last packet was an entry
 * @property {Map<string, import('../types.js').Channel>} channels
 * @property {import('../types.js').Chat[]} chats
 * @property {Map<string, Pending>} outbox by client id
 * @property {import('../types.js').Notice[]} notices
 * @property {import('../types.js').Notification[]} notifications
 * @property {Set<string>} seen which of them the user has seen, by their keys
 * @property {import('../types.js').Settings} settings
 * @property {import('../types.js').MenuEntry[]} menu the site's
 * @property {string} since the greatest decimal id of what was pushed or caught up with
 * @property {Set<string>} counted ids of messages that were shown as new
 * @property {Set<string>} read ids beyond `since` that a history has shown
 * @property {Map<string, import('./changes.js').Change>} changes what happened to lines lately, by what it changes in which
 * @property {Map<string, string>} looks which chat each tab's user is looking at
 * @property {string} chosenShow empty: as the site says
 * @property {string | null} chosenStatus
 * @property {boolean} chosenOffline
 */

/**
 * Where a world's changes go.
 * @typedef {object} Out
 * @property {(what: import('../types.js').Change['what'], key?: string) => void} change
 * @property {import('../emitter.js').Emitter['emit']} tell
 */

/** What is known of a user only while the site says who it is. */
const ofSession = () => ({
  complete: false,
  session: null,
  owes: false,
  me: null,
  contacts: new Map(),
  rooms: new Map(),
  seats: new Map(),
  changes: new Map(),
  channels: new Map(),
  notifications: [],
  menu: [],
});

/** What is kept for a user. */
const ofUser = () => ({
  seq: 0,
  offset: 0,
  owner: '',
  chats: [],
  outbox: new Map(),
  notices: [],
  seen: new Set(),
  settings: defaults(),
  since: '',
  counted: new Set(),
  read: new Set(),
  chosenShow: '',
  chosenStatus: null,
  chosenOffline: false,
});

/** @returns {World} */
export const emptyWorld = () => ({ ...ofSession(), ...ofUser(), state: 'offline', trouble: null, looks: new Map() });

/** Forgets a user and all that belongs to the user. Which chat each tab looks at stays: that is the tabs' own. @param {World} world */
export const forget = (world) => Object.assign(world, ofSession(), ofUser());

/** Nobody is logged in: nothing of the former user may be seen, but the drafts wait for that user. @param {World} world */
export function hide(world) {
  Object.assign(world, ofSession());
  for (const chat of world.chats) Object.assign(chat, { messages: [], loaded: false, complete: false, typing: '' });
}

/** What tells a notification of the site from others. @param {import('../types.js').Notification} notification */
export const notificationKey = ({ text, link = '', time }) => `${time} ${link} ${text}`;

/** @template {{id: string}} T @param {T[]} items @returns {Map<string, T>} */
export const byId = (items) => new Map(items.map((item) => [item.id, item]));
