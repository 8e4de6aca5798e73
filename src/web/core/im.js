// The core, as a user interface sees it.
//
// Owns: what the user does, and the tab's own state: which chat is active, what the page asked for.
// Must not: draw, or touch the browser but through `Env`.

import { browser } from './browser.js';
import { MENU_MAX, NOTIFICATIONS_MAX, STRANGERS_ASKED_MAX } from './limits.js';
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
  /** @type {Map<string, boolean>} uids of the page's links, and whether they were asked for */
  uids = new Map();
  isShown = true; // a bar that is put away shows no chat

  get menu() {
    return [...this.world.menu, ...this.pageMenu];
  }

  // ---- What the user looks at ----------------------------------------------------------------------------------

  /** @override @param {boolean} [again] say it although it is not news */
  look(again = false) {
    const { env } = this;
    const isSeen = this.listening && this.isShown && env.isVisible() && env.isFocused();
    const key = isSeen ? this.active : '';
    if (key === this.tab.looking && !again) return;
    this.tab.looking = key;
    this.publish({ t: 'look', tab: this.tabs.id, key });
  }

  /** @override */
  seen() {
    this.look();
    if (this.env.isVisible()) this.order('wake');
    else if (this.tabs.leads()) this.saveAll();
  }

  /** @param {boolean} isShown */
  show(isShown) {
    this.isShown = isShown;
    this.look();
  }

  /** What waited for the state goes on. @override */
  settled() {
    if (this.world.state !== 'online') return;
    if (!this.tab.isReady) {
      this.tab.isReady = true;
      this.emitter.emit('ready', this);
    }
    this.history.need(this.active);
    void this.askStrangers();
    if (this.tabs.leads()) void this.refreshNotifications();
  }

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
  }

  // ---- Myself --------------------------------------------------------------------------------------------------

  /** @param {{username: string, password: string}} [login] */
  goOnline(login) {
    this.#choose('', null, false);
    this.order('online', login);
  }

  goOffline() {
    this.#choose('', null, true);
    this.order('offline');
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
    if (this.state === 'offline') return this.order('online');
    void this.#post('presence', { show, status, ticket: this.world.session?.ticket });
    return undefined;
  }

  /** @param {Partial<Settings>} change */
  set(change) {
    this.publish({ t: 'settings', change: pick(change) });
    void this.#post('setting', { data: JSON.stringify(this.settings) });
  }

  /** @param {string} name @param {import('./site.js').Params} params */
  async #post(name, params) {
    const answer = await this.site.post(name, params);
    if (!answer.ok && answer.kind === 'login') this.order('renew');
    if (!answer.ok) this.fail(name, answer.text);
    return answer;
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

  /** Nobody hears it from one who is invisible, and nobody who is not there. @override @param {string} key @param {string} show */
  sayTyping(key, show) {
    const id = parseKey(key)?.id ?? '';
    const { state, me, contacts, session } = this.world;
    if (state !== 'online' || me?.show === 'invisible' || contacts.get(id)?.presence !== 'online') return;
    void this.site.post('status', { to: id, show, ticket: session?.ticket });
  }

  /** @param {string} key @param {number} pixels */
  scroll(key, pixels) {
    const chat = findChat(this.world, key);
    if (chat) this.scrolls[key] = chat.scroll = pixels;
  }

  /** @param {string} key */
  older(key) {
    return this.history.older(key);
  }

  /** @param {string} key */
  clear(key) {
    return this.history.clear(key);
  }

  /** @param {string} key */
  downloadUrl(key) {
    return this.history.downloadUrl(key);
  }

  // ---- The rest ------------------------------------------------------------------------------------------------

  readNotices() {
    if (this.notices.some((it) => !it.read)) this.publish({ t: 'notices-read' });
  }

  async refreshNotifications() {
    const answer = await this.site.get('notifications');
    if (!answer.ok) return this.fail('notifications', answer.text);
    return this.publish({ t: 'notifications', list: shape.notifications(answer.data).slice(0, NOTIFICATIONS_MAX) });
  }

  /** @param {string} room */
  async members(room) {
    const answer = await this.site.get('members', { id: room, ticket: this.world.session?.ticket });
    if (answer.ok) this.publish({ t: 'members', room, list: shape.members(answer.data) });
    else this.fail('members', answer.text);
    return this.world.rooms.get(room)?.members ?? [];
  }

  /** @param {string} room @param {boolean} locked */
  async lock(room, locked) {
    const answer = await this.#post(locked ? 'leave' : 'join', { id: room, ticket: this.world.session?.ticket });
    if (!answer.ok) return false;
    const info = shape.rooms([answer.data])[0] ?? null;
    this.publish({ t: 'locked', room, locked, info });
    if (!locked && findChat(this.world, `r/${room}`) && !isMuted(this.world, room)) void this.history.reload(`r/${room}`);
    return true;
  }

  /** @param {string} id @param {boolean} blocked */
  async block(id, blocked) {
    const answer = await this.#post(blocked ? 'block' : 'unblock', { id });
    if (!answer.ok) return false;
    this.publish({ t: 'blocked', id, blocked });
    if (!blocked) {
      const asked = await this.site.get('buddies', { ids: id });
      if (asked.ok) this.publish({ t: 'buddies', list: shape.buddies(asked.data), asked: [id] });
    }
    return true;
  }

  /** @param {string[]} uids */
  strangers(uids) {
    for (const uid of uids) if (!this.uids.has(uid) && this.uids.size < STRANGERS_ASKED_MAX) this.uids.set(uid, false);
    if (this.state === 'online') void this.askStrangers();
  }

  /** Those that go with `online`; it is a new session, so all of them. @override */
  takeStrangers() {
    for (const uid of this.uids.keys()) this.uids.set(uid, true);
    return [...this.uids.keys()];
  }

  /** A page that came after the session was opened asks by itself. */
  async askStrangers() {
    const known = new Set([...this.contacts.values()].map((it) => it.uid));
    const wanted = [...this.uids].filter(([uid, isAsked]) => !isAsked && !known.has(uid)).map(([uid]) => uid);
    for (const uid of this.uids.keys()) this.uids.set(uid, true);
    if (wanted.length === 0) return;
    const answer = await this.site.get('buddies', { ids: '', stranger_ids: wanted });
    if (answer.ok) this.publish({ t: 'buddies', list: shape.buddies(answer.data), asked: [] });
  }

  /** @param {import('./types.js').MenuEntry[]} entries */
  addMenu(entries) {
    this.pageMenu = [...this.pageMenu, ...shape.menu(entries)].slice(0, MENU_MAX);
    this.out.change('menu');
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  on(event, listener) {
    const off = this.emitter.on(event, listener);
    if (event === 'ready' && this.tab.isReady) listener(this);
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
