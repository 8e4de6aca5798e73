// What outlives a page, in localStorage by site and user.
//
// Owns: the keys, and what is believed of what is found there.
// Must not: fail. Private windows, full disks and garbage are as if nothing were stored.

import { CHATS_MAX, DRAFT_CHARS_MAX, LINES_STORED_MAX, NOTICES_MAX, OUTBOX_BODY_CHARS_MAX, OUTBOX_MAX, RING_MAX, SNAPSHOT_AGE_MS_MAX } from './limits.js';
import { isPending } from './lines.js';
import { addPending, parseKey } from './model/chats.js';
import { byId } from './model/world.js';
import { createRing } from './ring.js';
import { pick } from './settings.js';
import * as shape from './shape.js';

/**
 * @typedef {import('./model/world.js').World} World
 * @typedef {import('./types.js').Message} Message
 */

/**
 * JSON in a storage that may not be there, be full, or hold anything.
 * @param {string} name
 */
function tolerant(name) {
  /** @param {Storage | null} area @param {string} key @returns {any} */
  const read = (area, key) => {
    try {
      return JSON.parse(area?.getItem(`${name}:${key}`) ?? 'null');
    } catch {
      return null;
    }
  };
  /** @param {Storage | null} area @param {string} key @param {unknown} value null removes it */
  const write = (area, key, value) => {
    try {
      if (value === null) area?.removeItem(`${name}:${key}`);
      else area?.setItem(`${name}:${key}`, JSON.stringify(value));
    } catch {
      // The next page begins with less.
    }
  };
  return { read, write };
}

/** @param {import('./browser.js').Env} env @param {string} name of the site */
export function createStore(env, name) {
  const { local, session: perTab } = env;

  const { read, write } = tolerant(name);

  return {
    /** Whose the last page was. */
    owner: () => shape.text(read(local, 'user')),
    /** @param {World} world */
    recall(world) {
      const owner = shape.text(read(local, 'user'));
      if (owner) recall(world, owner, shape.object(read(local, `memory:${owner}`)));
    },
    /** Draws the last page's state, if it was just now or the page says whose it is. @param {World} world @param {boolean} isSure */
    draw(world, isSure) {
      const picture = world.owner ? read(local, `picture:${world.owner}`) : null;
      if (picture && (isSure || Math.abs(env.now() - Number(picture.at)) < SNAPSHOT_AGE_MS_MAX)) draw(world, picture);
    },
    /** @param {World} world */
    save(world) {
      if (!world.owner) return;
      write(local, 'user', world.owner);
      write(local, `memory:${world.owner}`, memory(world));
    },
    /** @param {World} world */
    savePicture(world) {
      if (world.me) write(local, `picture:${world.owner}`, picture(world, env.now()));
    },
    /** @param {string} owner */
    dropPicture: (owner) => write(local, `picture:${owner}`, null),
    /** @param {string} owner */
    drop(owner) {
      write(local, `picture:${owner}`, null);
      write(local, `memory:${owner}`, null);
      if (read(local, 'user') === owner) write(local, 'user', null);
    },
    /** The browser's session. @param {import('./types.js').Connection} session */
    keepSession(session) {
      write(local, 'session', session);
      write(local, 'left', null);
    },
    /** Before a page says it leaves, so that another knows why its session ends. @param {string} ticket */
    leaveSession(ticket) {
      write(local, 'left', ticket);
      write(local, 'session', null);
    },
    /** Whether the ticket is still the browser's; who cannot store believes it. @param {string} ticket */
    isKept: (ticket) => shape.text(read(local, 'left')) !== ticket && (read(local, 'session')?.ticket ?? ticket) === ticket,
    /** @param {string} ticket */
    hasLeft: (ticket) => read(local, 'left') === ticket,
    /** What is of this tab alone. @returns {{active: string, scroll: Record<string, number>}} */
    tab() {
      const raw = shape.object(read(perTab, 'tab'));
      const scroll = Object.entries(shape.object(raw.scroll)).filter(([key, px]) => parseKey(key) && Number.isFinite(px));
      return { active: parseKey(shape.text(raw.active)) ? raw.active : '', scroll: Object.fromEntries(scroll) };
    },
    /** @param {{active: string, scroll: Record<string, number>}} tab */
    saveTab: (tab) => write(perTab, 'tab', tab),
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */

/** @param {World} world */
const memory = (world) => ({
  since: world.since,
  counted: world.counted.list(),
  read: world.read.list(),
  chats: world.chats.map(({ key, unread, draft }) => ({ key, unread, draft })),
  outbox: [...world.outbox.values()].filter(({ body }) => body.length <= OUTBOX_BODY_CHARS_MAX).slice(-OUTBOX_MAX),
  notices: world.notices,
  settings: world.settings,
  show: world.chosenShow,
  status: world.chosenStatus,
  offline: world.chosenOffline,
});

/** @param {unknown} raw */
const ids = (raw) => (Array.isArray(raw) ? raw.map(shape.text).filter(Boolean) : []);

/** @param {World} world @param {string} owner @param {Record<string, any>} raw */
function recall(world, owner, raw) {
  const since = shape.text(raw.since);
  Object.assign(world, {
    owner,
    since: /^\d{1,64}$/.test(since) ? since : '',
    counted: createRing(RING_MAX, ids(raw.counted)),
    read: createRing(RING_MAX, ids(raw.read)),
    outbox: new Map(shape.list(raw.outbox).flatMap(pending)),
    notices: shape.list(raw.notices).slice(0, NOTICES_MAX).map(notice),
    chosenShow: shape.text(raw.show),
    chosenStatus: typeof raw.status === 'string' ? raw.status : null,
    chosenOffline: raw.offline === true,
  });
  Object.assign(world.settings, pick(raw.settings));
  const seen = new Set();
  for (const { key, unread, draft } of shape.list(raw.chats)) {
    const parsed = typeof key === 'string' && parseKey(key);
    if (!parsed || seen.size === CHATS_MAX || seen.has(key)) continue;
    seen.add(key);
    world.chats.push({
      key,
      ...parsed,
      messages: [],
      unread: Math.max(0, Math.trunc(Number(unread)) || 0),
      draft: shape.text(draft).slice(0, DRAFT_CHARS_MAX),
      loaded: false,
      complete: false,
      typing: '',
      scroll: 0,
    });
  }
  for (const chat of world.chats) addPending(world, chat);
}

/** @param {Record<string, any>} raw @returns {[string, import('./model/world.js').Pending][]} none if it cannot be sent */
function pending(raw) {
  const [key, cid, body] = [raw.key, raw.cid, raw.body].map(shape.text);
  if (!parseKey(key) || !cid || !body) return [];
  const state = raw.state === 'sending' ? 'sending' : 'failed';
  const [style, reason, tab] = [raw.style, raw.reason, raw.tab].map(shape.text);
  return [[cid, { key, cid, body, style, reason, tab, state, time: Number(raw.time) || 0, adopted: raw.adopted === true }]];
}

/** @param {Record<string, any>} raw @returns {import('./types.js').Notice} */
const notice = (raw) => ({
  id: shape.text(raw.id),
  kind: raw.kind === 'channel' ? 'channel' : 'broadcast',
  nick: shape.text(raw.nick),
  body: shape.text(raw.body),
  ...(shape.text(raw.url) && { url: raw.url }),
  time: Number(raw.time) || 0,
  read: raw.read === true,
});

/** @param {World} world @param {number} at */
const picture = (world, at) => ({
  at,
  me: world.me,
  contacts: [...world.contacts.values()],
  rooms: [...world.rooms.values()].map((room) => ({ ...room, members: undefined })),
  channels: [...world.channels.values()],
  menu: world.menu,
  notifications: world.notifications,
  lines: world.chats.map(({ key, messages }) => ({ key, lines: messages.filter((it) => !isPending(it)).slice(-LINES_STORED_MAX) })),
});

/** @param {World} world @param {Record<string, any>} raw */
function draw(world, raw) {
  const me = shape.me(raw.me);
  if (me?.id !== world.owner) return;
  Object.assign(world, {
    me,
    contacts: byId(shape.buddies(raw.contacts)),
    rooms: byId(shape.rooms(raw.rooms)),
    channels: byId(shape.channels(raw.channels)),
    menu: shape.menu(raw.menu),
    notifications: shape.notifications(raw.notifications),
  });
  for (const { key, lines } of shape.list(raw.lines)) {
    const chat = world.chats.find((it) => it.key === key);
    if (!chat) continue;
    chat.messages = shape.list(lines).slice(-LINES_STORED_MAX).map((it) => line(it, world.owner));
    addPending(world, chat);
  }
}

/** @param {Record<string, any>} raw @param {string} owner @returns {Message} */
function line(raw, owner) {
  const { id, from, nick, body, style } = shape.logItem(raw);
  const own = from === owner;
  const state = own ? (raw.state === 'delivered' ? 'delivered' : 'sent') : 'received';
  return { id, cid: shape.text(raw.cid), from, nick, own, body, style: style ?? '', time: Number(raw.time) || 0, state, reason: '' };
}
