// Applies one event to a world.
//
// Owns: the list of events, and the order of what one of them does.
// Must not: do I/O, or read a clock; an event has its time.

import { clip } from '../graphemes.js';
import { DRAFT_CHARS_MAX } from '../limits.js';
import { pick } from '../settings.js';
import * as changes from './changes.js';
import * as chats from './chats.js';
import * as people from './people.js';
import { byId, forget, hide, notificationKey } from './world.js';

/**
 * @typedef {import('./world.js').World} World
 * @typedef {import('./world.js').Out} Out
 * @typedef {import('../types.js').LogItem} LogItem
 * @typedef {import('../types.js').State} State
 */

/**
 * What the site's answer to `online` comes to.
 * @typedef {object} Opened
 * @property {import('../types.js').Me} me
 * @property {import('../types.js').Connection} session
 * @property {number} offset
 * @property {import('../types.js').BuddyInfo[]} buddies
 * @property {import('../types.js').RoomInfo[]} rooms
 * @property {LogItem[]} messages
 * @property {string} more the id up to which they are here, if there are more
 * @property {chats.Page[]} pages of history that came with the buddies and the rooms
 * @property {unknown} setting
 * @property {import('../types.js').MenuEntry[]} menu
 * @property {import('../types.js').Channel[]} channels
 */

/**
 * @typedef {{t: 'opened', at: number} & Opened
 *   | {t: 'packets', at: number, ticket: string, answer: Pick<import('../types.js').PollAnswer, 'messages' | 'presences' | 'statuses' | 'signals' | 'seq'>, more?: string, isPushed?: boolean}
 *   | {t: 'acked', ticket: string, seq: number}
 *   | {t: 'link', state: State, trouble: import('../types.js').Trouble | null}
 *   | {t: 'nobody'}
 *   | {t: 'echo', pending: import('./world.js').Pending}
 *   | {t: 'fate', key: string, cid: string, news: chats.News}
 *   | {t: 'discard', key: string, cid: string}
 *   | {t: 'held', key: string, until: number}
 *   | {t: 'history', at: number} & chats.Page
 *   | {t: 'cleared', key: string}
 *   | {t: 'open', key: string}
 *   | {t: 'close', key: string}
 *   | {t: 'look', tab: string, key: string}
 *   | {t: 'draft', key: string, text: string}
 *   | {t: 'tick', at: number}
 *   | {t: 'buddies', buddies: import('../types.js').BuddyInfo[], asked: string[]}
 *   | {t: 'unsure', id: string}
 *   | {t: 'rooms', list: import('../types.js').RoomInfo[]}
 *   | {t: 'members', room: string, list: import('../types.js').Member[]}
 *   | {t: 'locked', room: string, locked: boolean, info: import('../types.js').RoomInfo | null}
 *   | {t: 'blocked', id: string, blocked: boolean}
 *   | {t: 'chosen', show: string, status: string | null, offline: boolean}
 *   | {t: 'settings', change: Partial<import('../types.js').Settings>}
 *   | {t: 'notices-read'}
 *   | {t: 'notifications', list: import('../types.js').Notification[]}} Event
 */

/** @type {{[T in Event['t']]: (world: World, event: Extract<Event, {t: T}>, out: Out) => void}} */
const handlers = {
  opened,
  packets,
  acked(world, { ticket, seq }) {
    if (ticket === world.session?.ticket && seq >= world.seq) world.owes = false;
  },
  link(world, { state, trouble }, out) {
    world.state = state;
    world.trouble = trouble;
    out.change('state');
  },
  nobody(world, _, out) {
    hide(world);
    everything(world, out);
  },
  echo: chats.echo,
  fate: chats.fate,
  discard: chats.discard,
  held(world, { key, until }, out) {
    const chat = chats.findChat(world, key);
    if (!chat) return;
    chat.held = until;
    out.change('chat', key);
  },
  history: chats.history,
  cleared(world, { key }, out) {
    const chat = chats.findChat(world, key);
    if (!chat) return;
    Object.assign(chat, {
      messages: chat.messages.filter((line) => world.outbox.has(line.cid)),
      complete: true,
      loaded: true,
    });
    out.change('chat', key);
  },
  open(world, { key }, out) {
    chats.openChat(world, key, out);
  },
  close: (world, { key }, out) => chats.closeChat(world, key, out),
  look: chats.look,
  draft(world, { key, text }, out) {
    const chat = chats.findChat(world, key);
    if (!chat) return;
    chat.draft = clip(text, DRAFT_CHARS_MAX);
    out.change('chat', key);
  },
  tick(world, { at }, out) {
    for (const chat of world.chats) {
      if (!chat.typing || chat.until > at) continue;
      chat.typing = '';
      out.change('chat', chat.key);
    }
  },
  buddies: people.completed,
  unsure: people.unsure,
  rooms: people.rooms,
  members: people.members,
  locked: people.locked,
  blocked: people.blocked,
  chosen(world, { show, status, offline }, out) {
    if (show) world.chosenShow = show;
    if (status !== null) world.chosenStatus = status;
    world.chosenOffline = offline;
    if (world.me) Object.assign(world.me, show && { show }, status !== null && { status });
    out.change('me');
  },
  settings(world, { change }, out) {
    Object.assign(world.settings, pick(change));
    out.change('settings');
  },
  'notices-read'(world, _, out) {
    for (const notice of world.notices) notice.read = true;
    world.seen = new Set(world.notifications.map(notificationKey));
    out.change('notices');
  },
  notifications(world, { list }, out) {
    world.notifications = list;
    out.change('notifications');
  },
};

/** @param {World} world @param {Event} event @param {Out} out */
export function apply(world, event, out) {
  const handler = /** @type {(world: World, event: Event, out: Out) => void} */ (
    Object.hasOwn(handlers, event.t) ? handlers[event.t] : () => {}
  );
  handler(world, event, out); // a tab of another build may post what this one does not know
}

/** @param {World} world @param {Out} out */
export function everything(world, out) {
  for (const what of /** @type {const} */ ([
    'me',
    'settings',
    'menu',
    'notifications',
    'notices',
    'contacts',
    'rooms',
    'chats',
    'state',
  ])) {
    out.change(what);
  }
  for (const chat of world.chats) out.change('chat', chat.key);
}

/**
 * A new session. Messages first, so that what is new counts as such although an embedded history has it too.
 * @param {World} world
 * @param {Extract<Event, {t: 'opened'}>} event
 * @param {Out} out
 */
function opened(world, event, out) {
  if (world.owner && world.owner !== event.me.id) forget(world);
  const { me, session, offset, setting, menu, at, more } = event;
  Object.assign(world, {
    owner: me.id,
    me,
    session,
    offset,
    menu,
    seq: 0,
    owes: false,
    complete: !more,
    channels: byId(event.channels),
  });
  Object.assign(world.settings, pick(setting));
  people.replacePeople(world, event);
  for (const message of event.messages.sort((a, b) => a.timestamp - b.timestamp))
    chats.receive(world, message, { at, backlog: 'online' }, out);
  for (const chat of world.chats) {
    chat.loaded = chats.isSilent(world, chat);
    chats.addPending(world, chat);
    if (chat.kind === 'user') people.meet(world, chat.id, '');
  }
  for (const page of event.pages) chats.history(world, { ...page, at }, out);
  everything(world, out);
}

/**
 * A poll's answer, or more of what was missed before the first poll. One that came to an earlier leader too is known by its `seq`; its messages are known by their ids, and
 * may have been overtaken.
 * @param {World} world
 * @param {Extract<Event, {t: 'packets'}>} event
 * @param {Out} out
 */
function packets(world, { ticket, answer, at, more, isPushed }, out) {
  if (ticket !== world.session?.ticket) return;
  world.complete ||= more === '';
  for (const message of answer.messages)
    chats.receive(world, message, { at, backlog: more === undefined ? '' : 'missed' }, out);
  if (answer.seq && answer.seq <= world.seq) return;
  for (const packet of answer.signals ?? []) changes.signal(world, packet, out); // a tab of another build knows of none
  for (const packet of answer.presences) people.presence(world, packet, out);
  for (const packet of answer.statuses) chats.status(world, packet, at, out);
  world.seq = answer.seq;
  world.owes = !!isPushed;
}
