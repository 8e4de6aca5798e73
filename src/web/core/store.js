// What outlives a page, in localStorage by site and user.
//
// Owns: the keys, and the check of what is found there: its shapes, not its length, which is limited where it grows.
// Must not: fail. Private windows, full disks and garbage are as if nothing were stored.

import { LINES_STORED_MAX, OUTBOX_BODY_CHARS_MAX, OUTBOX_MAX, POLLS_MS, SNAPSHOT_AGE_MS_MAX } from './limits.js';
import { isPending } from './lines.js';
import { addPending, newChat, parseKey } from './model/chats.js';
import { byId } from './model/world.js';
import { defaults, pick } from './settings.js';
import * as shape from './shape.js';
import { createShelf } from './shelf.js';

/**
 * @typedef {import('./model/world.js').World} World
 * @typedef {Record<string, (raw: unknown) => unknown>} Table
 */

/** What of a world waits for its user, and how each part is read. @type {Table} */
const MEMORY = {
  since: (raw) => /^\d{1,64}$/.exec(shape.text(raw))?.[0] ?? '',
  counted: ids,
  read: ids,
  chats,
  outbox: (raw) =>
    new Map(
      lines(raw, `key tab ${LINE} adopted!`).flatMap((it) =>
        parseKey(it.key) && it.cid && isPending(it) ? [[it.cid, it]] : [],
      ),
    ),
  notices: (raw) => all(raw, 'id kind nick body" url? time@ read!').filter(({ id }) => id),
  seen: ids,
  settings: (raw) => ({ ...defaults(), ...pick(raw) }),
  chosenShow: shape.text,
  chosenStatus: (raw) => (typeof raw === 'string' ? raw : null),
  chosenOffline: shape.flag,
};

/** What of it is drawn before the site has answered. @type {Table} */
const PICTURE = {
  offset: Number,
  me: shape.me,
  contacts: (raw) => byId(shape.buddies(raw)),
  rooms: (raw) => byId(shape.rooms(raw)),
  channels: (raw) => byId(shape.channels(raw)),
  menu: shape.menu,
  notifications: shape.notifications,
};

const LINE = `id cid from" nick own! body" style time@ state reason ${shape.EXTRAS}`;
const STATES = new Set(['sending', 'sent', 'failed', 'received']);

/** @template {string} D @param {unknown} raw @param {D} description */
const all = (raw, description) => shape.list(raw).map((it) => shape.read(it, description));

/** @template {string} D @param {unknown} raw @param {D} description */
const lines = (raw, description) =>
  /** @type {(shape.Described<D> & import('./types.js').Message)[]} */ (all(raw, description)).filter(
    ({ id, state }) => id && STATES.has(state),
  );

/** @param {unknown} raw */
function ids(raw) {
  return new Set(Array.isArray(raw) ? raw.map(shape.text).filter(Boolean) : []);
}

/** @param {unknown} raw */
function chats(raw) {
  const valid = all(raw, 'key unread# draft"').filter(({ key }) => parseKey(key));
  return [...new Map(valid.map((it) => [it.key, { ...newChat(it.key), ...it }])).values()];
}

/** @param {World} world @param {Table} table @param {shape.Raw} raw */
function restore(world, table, raw) {
  for (const [part, read] of Object.entries(table)) Object.assign(world, { [part]: read(raw[part]) });
}

/** @param {World} world @param {Table} table */
const parts = (world, table) => Object.fromEntries(Object.entries(world).filter(([part]) => part in table));

/** @param {import('./browser.js').Env} env @param {string} name of the site */
export function createStore(env, name) {
  const shelf = createShelf(env.local, name);
  const { read, write, remove } = shelf;
  const ofTab = createShelf(env.session, name);
  let told = ''; // the ticket that a tab said it left, should storage not say so

  return {
    /**
     * What the last page knew; what it showed only if it was just now or the page says that it is the same user's. A page
     * cache may give a user another's page, so that nothing is dropped for what the page says: the site's answer decides.
     * @param {World} world
     * @param {string | undefined} user whose page it is, as it says
     */
    recall(world, user) {
      const owner = shape.verbatim(read('user'));
      if (!owner) return;
      world.owner = owner;
      restore(world, MEMORY, shape.object(read(`memory:${owner}`)));
      for (const chat of world.chats) addPending(world, chat);
      const picture = shape.object(read(`picture:${owner}`));
      const isFresh =
        user === undefined ? Math.abs(env.now() - Number(picture.at)) < SNAPSHOT_AGE_MS_MAX : user === owner;
      if (isFresh && shape.me(picture.me)?.id === owner) draw(world, picture, env.now());
    },
    /** @param {World} world */
    save(world) {
      const { owner, outbox } = world;
      if (!owner) return;
      const unsent = [...outbox.values()].filter(({ body }) => body.length <= OUTBOX_BODY_CHARS_MAX);
      write('user', owner);
      write(`memory:${owner}`, { ...parts(world, MEMORY), outbox: unsent.slice(-OUTBOX_MAX) });
    },
    /** @param {World} world */
    savePicture(world) {
      if (!world.me) return;
      const kept = world.chats.map(({ key, messages }) => ({
        key,
        lines: messages.filter((it) => !isPending(it)).slice(-LINES_STORED_MAX),
      }));
      write(`picture:${world.owner}`, { ...parts(world, PICTURE), at: env.now(), lines: kept });
    },
    /** @param {string} owner */
    dropPicture: (owner) => remove(`picture:${owner}`),
    /** @param {string} owner */
    drop(owner) {
      this.dropPicture(owner);
      remove(`memory:${owner}`);
      if (read('user') === owner) remove('user');
    },
    /** Before a page says it leaves, so that another knows why its session ends. @param {string} ticket */
    leaveSession: (ticket) => write('left', ticket),
    /** Another tab has said that it left with this ticket. @param {string} ticket */
    hearLeave(ticket) {
      told = ticket;
    },
    /** Whether the ticket is no longer the browser's. @param {string} ticket */
    hasLeft: (ticket) => told === ticket || read('left') === ticket,
    /** What is of this tab alone. @returns {{active: string, scroll: Record<string, number>}} */
    tab() {
      const { active, scroll } = shape.object(ofTab.read('tab'));
      return { active: shape.text(active), scroll: shape.numbers(scroll) };
    },
    /** @param {{active: string, scroll: Record<string, number>}} tab */
    saveTab: (tab) => ofTab.write('tab', tab),
    ...polling(env, shelf),
  };
}

/**
 * Until when a site is polled because no stream comes through.
 * @param {import('./browser.js').Env} env
 * @param {import('./shelf.js').Shelf} shelf
 */
function polling({ now }, { read, write }) {
  let until = 0; // should storage not say so
  return {
    /** Storage holds anything, and clocks are set: what is further ahead than it was ever written is not believed. */
    isPolled() {
      const left = (until || Number(read('polled'))) - now();
      return left > 0 && left <= POLLS_MS;
    },
    /** @param {number} at ms since 1970; 0: streams may be tried */
    pollUntil(at) {
      until = at;
      write('polled', at);
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */

/** @param {World} world @param {shape.Raw} picture @param {number} now by our clock */
function draw(world, picture, now) {
  restore(world, PICTURE, picture);
  if (!shape.time(now + world.offset)) world.offset = 0;
  const drawn = new Map(shape.list(picture.lines).map((it) => [it.key, it.lines]));
  for (const chat of world.chats) {
    chat.messages = lines(drawn.get(chat.key), LINE);
    addPending(world, chat);
  }
}
