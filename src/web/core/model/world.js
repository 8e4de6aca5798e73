// What a tab knows: the same in every tab of a browser, because each applies the same events.
//
// Owns: the parts of that knowledge, and how it is handed to another tab.
// Must not: do any I/O.

import { RING_MAX } from '../limits.js';
import { createRing } from '../ring.js';
import { defaults } from '../settings.js';

/**
 * A message on its way to the site.
 * @typedef {object} Pending
 * @property {string} key of the chat
 * @property {string} cid
 * @property {string} body
 * @property {string} style
 * @property {number} time
 * @property {'sending' | 'failed'} state
 * @property {string} reason
 * @property {string} tab which sends it
 * @property {boolean} adopted another tab has taken it over once
 */

/**
 * @typedef {object} World
 * @property {import('../types.js').State} state
 * @property {import('../types.js').Trouble | null} trouble
 * @property {boolean} complete it has the session's whole state, so that it may poll on
 * @property {import('../types.js').Connection | null} session
 * @property {number} seq the last packet applied
 * @property {number} offset of the site's clock to ours, ms
 * @property {string} owner whose all this is; known from the store before the site has said it
 * @property {import('../types.js').Me | null} me
 * @property {Map<string, import('../types.js').BuddyInfo>} contacts
 * @property {Map<string, import('../types.js').RoomInfo>} rooms
 * @property {Map<string, Map<string, boolean>>} seats who was last heard to enter or leave a room
 * @property {Map<string, import('../types.js').Channel>} channels
 * @property {import('../types.js').Chat[]} chats
 * @property {Map<string, {from: string, until: number}>} typing by chat
 * @property {Map<string, Pending>} outbox by client id
 * @property {import('../types.js').Notice[]} notices
 * @property {import('../types.js').Notification[]} notifications
 * @property {import('../types.js').Settings} settings
 * @property {import('../types.js').MenuEntry[]} menu the site's
 * @property {string} since the greatest decimal id of what was pushed or caught up with
 * @property {import('../ring.js').Ring} counted ids of messages that were shown as new
 * @property {import('../ring.js').Ring} read ids beyond `since` that a history has shown
 * @property {Map<string, string>} looks which chat each tab's user is looking at
 * @property {string} chosenShow empty: as the site says
 * @property {string | null} chosenStatus
 * @property {boolean} chosenOffline
 */

/**
 * Where a world's changes are told.
 * @typedef {object} Out
 * @property {(what: import('../types.js').Change['what'], key?: string) => void} change
 * @property {(event: string, detail: any) => void} tell
 */

/** @returns {World} */
export const emptyWorld = () => ({
  state: 'offline',
  trouble: null,
  complete: false,
  session: null,
  seq: 0,
  offset: 0,
  owner: '',
  me: null,
  contacts: new Map(),
  rooms: new Map(),
  seats: new Map(),
  channels: new Map(),
  chats: [],
  typing: new Map(),
  outbox: new Map(),
  notices: [],
  notifications: [],
  settings: defaults(),
  menu: [],
  since: '',
  counted: createRing(RING_MAX),
  read: createRing(RING_MAX),
  looks: new Map(),
  chosenShow: '',
  chosenStatus: null,
  chosenOffline: false,
});

/** Forgets a user and all that was his; not who looks where, which is the tabs' own. @param {World} world */
export function forget(world) {
  const { looks, state, trouble } = world;
  Object.assign(world, emptyWorld(), { looks, state, trouble });
}

/** Nobody is logged in: nothing of the former user may be seen, though his drafts wait for him. @param {World} world */
export function hide(world) {
  const { me, session, complete, contacts, rooms, seats, channels, menu, notifications, typing } = emptyWorld();
  Object.assign(world, { me, session, complete, contacts, rooms, seats, channels, menu, notifications, typing });
  for (const chat of world.chats) Object.assign(chat, { messages: [], loaded: false, complete: false, typing: '' });
}

/**
 * As plain data, for a tab that has just come.
 * @param {World} world
 */
export function dump(world) {
  const { contacts, rooms, seats, channels, typing, outbox, counted, read, looks, ...rest } = world;
  return {
    ...rest,
    contacts: [...contacts.values()],
    rooms: [...rooms.values()],
    channels: [...channels.values()],
    outbox: [...outbox.values()],
    counted: counted.list(),
    read: read.list(),
    seats: [...seats].map(([id, seated]) => ({ id, seated: [...seated] })),
    typing: [...typing],
    looks: [...looks],
  };
}

/** @typedef {ReturnType<typeof dump>} Dump */

/**
 * Takes another tab's world over.
 * @param {World} world
 * @param {Dump} dumped
 */
export function restore(world, dumped) {
  const { contacts, rooms, seats, channels, typing, outbox, counted, read, looks, ...rest } = dumped;
  Object.assign(world, rest);
  world.contacts = byId(contacts);
  world.rooms = byId(rooms);
  world.channels = byId(channels);
  world.outbox = new Map(outbox.map((pending) => [pending.cid, pending]));
  world.counted = createRing(RING_MAX, counted);
  world.read = createRing(RING_MAX, read);
  world.seats = new Map(seats.map(({ id, seated }) => [id, new Map(seated)]));
  world.typing = new Map(typing);
  world.looks = new Map(looks);
}

/** @template {{id: string}} T @param {T[]} items @returns {Map<string, T>} */
export const byId = (items) => new Map(items.map((item) => [item.id, item]));
