// The core, as a user interface sees it.
//
// Owns: what the user does, and the tab's own state: which chat is active, what the page asked for.
// Must not: draw, or touch the browser but through `Env`.

import { browser } from './browser.js';
import { MENU_MAX } from './limits.js';
import { findChat, isMuted, parseKey } from './model/chats.js';
import { Replica } from './replica.js';
import { pick } from './settings.js';
import * as shape from './shape.js';

/**
 * @typedef {import('./types.js').IM} IM
 * @typedef {import('./types.js').Chat} Chat
 * @typedef {import('./types.js').Settings} Settings
 */

/** @implements {IM} */
export class Core extends Replica {
  /** @type {import('./types.js').MenuEntry[]} */
  pageMenu = [];
  #isUntold = false; // the settings have changed since the site was last told of them

  older = this.history.older;
  clear = this.history.clear;
  downloadUrl = this.history.downloadUrl;

  get menu() {
    return [...this.world.menu, ...this.pageMenu];
  }

  // ---- What the user looks at ----------------------------------------------------------------------------------

  /** @param {string} key @returns {Chat} */
  open(key) {
    if (!findChat(this.world, key)) this.publish({ t: 'open', key });
    this.activate(key);
    return /** @type {Chat} */ (findChat(this.world, key));
  }

  /** @param {string} key */
  close(key) {
    this.typing.clear(key);
    delete this.scrolls[key];
    this.publish({ t: 'close', key });
  }

  /** @param {string} key */
  activate(key) {
    if (key && !findChat(this.world, key)) return;
    this.active = key;
    this.out.change('chats');
    this.look();
    if (key) this.history.need(key);
    this.rollCall();
    this.passersBy.doubt(key.slice(2));
  }

  // ---- Myself --------------------------------------------------------------------------------------------------

  /** @param {{username: string, password: string}} [login] */
  goOnline(login) {
    this.#choose('', null, false);
    this.order('goOnline', login);
  }

  goOffline() {
    this.#choose('', null, true);
    this.order('leave');
  }

  /** @param {string} show @param {string | null} status @param {boolean} offline */
  #choose(show, status, offline) {
    this.publish({ t: 'chosen', show, status, offline });
    this.store.save(this.world);
  }

  /** @param {string} show @param {string} [status] */
  setPresence(show, status) {
    if (show === 'offline') return this.goOffline();
    this.#choose(show, status ?? null, false);
    if (this.state === 'offline') return this.order('goOnline');
    const { session } = this.world;
    if (session) this.inTurn('presence', () => this.call('post', 'presence', { show, status, ticket: session.ticket }));
    return undefined;
  }

  /** @param {Partial<Settings>} change */
  set(change) {
    this.publish({ t: 'settings', change: pick(change) });
    if (this.#isUntold) return;
    this.#isUntold = true;
    this.inTurn('setting', () => this.#tell());
  }

  #tell() {
    this.#isUntold = false;
    return this.call('post', 'setting', { data: JSON.stringify(this.settings) });
  }

  /** @override */
  stop() {
    if (this.#isUntold) void this.#tell(); // the page leaves, and what waits for its turn would be lost
    super.stop();
  }

  // ---- Chats ---------------------------------------------------------------------------------------------------

  /** @param {string} key @param {string} body @param {string} [style] */
  send(key, body, style = '') {
    if (!parseKey(key) || body.trim() === '') return;
    this.typing.clear(key);
    this.sender.send(key, body, style);
    if (findChat(this.world, key)?.draft.trim() === body.trim()) this.publish({ t: 'draft', key, text: '' });
  }

  /** @param {string} _key @param {string} cid */
  retry(_key, cid) {
    this.sender.retry(cid);
  }

  /** @param {string} key */
  retryAll(key) {
    this.sender.retryAll(key);
  }

  /** @param {string} key @param {string} cid */
  discard(key, cid) {
    this.publish({ t: 'discard', key, cid });
  }

  /** @param {string} key @param {string} text */
  draft(key, text) {
    const chat = findChat(this.world, key);
    if (!chat || chat.draft === text) return;
    this.publish({ t: 'draft', key, text });
    if (text.trim() === '') this.typing.clear(key);
    else if (chat.kind === 'user') this.typing.keystroke(key);
  }

  /** @param {string} key @param {number} pixels */
  scroll(key, pixels) {
    const chat = findChat(this.world, key);
    if (chat) this.scrolls[key] = chat.scroll = pixels;
  }

  // ---- The rest ------------------------------------------------------------------------------------------------

  readNotices() {
    if (this.news > 0) this.publish({ t: 'notices-read' });
  }

  async refreshRooms() {
    const answer = await this.call('get', 'rooms', { ids: '' });
    if (answer.ok) this.publish({ t: 'rooms', list: shape.rooms(answer.data) });
  }

  /** @param {string} room @param {boolean} locked */
  async lock(room, locked) {
    const answer = await this.call('post', locked ? 'leave' : 'join', { id: room, ticket: this.world.session?.ticket });
    if (!answer.ok) return false;
    const info = shape.rooms([answer.data])[0] ?? null;
    this.publish({ t: 'locked', room, locked, info });
    if (!locked && findChat(this.world, `r/${room}`) && !isMuted(this.world, room))
      void this.history.reload(`r/${room}`);
    return true;
  }

  /** @param {string} id @param {boolean} blocked */
  async block(id, blocked) {
    const answer = await this.call('post', blocked ? 'block' : 'unblock', { id });
    if (answer.ok) this.publish({ t: 'blocked', id, blocked });
    return answer.ok;
  }

  /** @param {string[]} links @param {string[]} [ids] */
  strangers(links, ids = []) {
    this.passersBy.mark(links, ids);
  }

  /** @param {import('./types.js').MenuEntry[]} entries */
  addMenu(entries) {
    this.pageMenu = [...this.pageMenu, ...shape.menu(entries)].slice(0, MENU_MAX);
    this.out.change('menu');
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  on(event, listener) {
    const off = this.emitter.on(event, listener);
    if (event === 'ready' && this.isReady) listener(this);
    return off;
  }
}

/**
 * @param {import('./types.js').Options} options
 * @param {import('./browser.js').Env} [env] tests bring their own
 * @returns {IM}
 */
export function createIM(options, env = browser()) {
  return new Core(options, env);
}
