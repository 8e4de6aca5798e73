// A page to look at the bar without a site or a server.
//
// Owns: an `IM` whose data are made up and which does what the core would, as far as it can be seen. Serve `src/web/`
// by any static server and open `demo/`. `?theme=dark`, `?lang=zh-CN`, `?dir=rtl`, `?zoom=150`, `?minimal`,
// `?trouble=server` (or another code), `?contacts=1000`, `?chats=12`, `?empty` show the rest; `demo` in the console is
// the IM, `demo.say('u/bob', 'text')` a message that comes in, `demo.push()` a broadcast.
// Must not: be shipped; nothing outside this folder knows of it.

/* global AbortController, URL, document, fetch, reportError, setTimeout */

import { guardKeys } from '../widget/guard.js';
import { createWidget } from '../widget/widget.js';
import { DAY, MINUTE, bob, chat, contacts, message, now, people, query, room, rooms } from './data.js';

if (query.get('dir')) document.documentElement.dir = query.get('dir');
if (query.get('lang')) document.documentElement.lang = query.get('lang');
if (query.get('theme') === 'dark') document.documentElement.dataset.dark = '';

let made = 0;
const listeners = new Map();
const emit = (name, detail) => listeners.get(name)?.forEach((listener) => listener(detail));
const change = (what, key) => emit('change', { what, key });

const code = query.get('trouble');
const im = {
  state: code
    ? code === 'login' || code === 'replaced'
      ? 'offline'
      : 'reconnecting'
    : (query.get('state') ?? 'online'),
  trouble: code ? { code, text: '', retryAt: ['site', 'server', 'limit'].includes(code) ? now + 25_000 : 0 } : null,
  me:
    code === 'login'
      ? null
      : {
          id: 'alice',
          uid: '1',
          nick: 'Alice Liddell',
          show: 'available',
          status: 'Down the rabbit hole',
          url: '/user/alice',
        },
  contacts,
  rooms,
  chats: query.has('empty')
    ? []
    : [
        chat('u/bob', bob, { typing: 'Bob' }),
        chat('r/7', room, { unread: 3 }),
        chat('u/wang', [], { complete: true, unread: 0 }),
        chat('u/carol', [message('carol', 'Hello?', MINUTE)], { unread: 120 }),
      ],
  active: query.get('active') ?? '',
  notices: query.has('empty')
    ? []
    : [
        {
          id: 'n2',
          kind: 'channel',
          nick: 'Forum',
          body: 'Carol: How often do you water in winter?',
          url: '/thread/12',
          time: now - 8 * MINUTE,
          read: false,
        },
        {
          id: 'n1',
          kind: 'broadcast',
          nick: 'Admin',
          body: 'The site will be down for ten minutes tonight at 23:00.\nDetails: https://example.com/status',
          time: now - DAY,
          read: true,
        },
      ],
  notifications: query.has('empty')
    ? []
    : [
        { text: 'Judy wants to be your friend', link: '/friends', time: now - 3 * MINUTE },
        { text: 'Dan replied to “Orchids at home”', link: '/thread/12#p9', time: now - DAY },
      ],
  settings: {
    play_sound: true,
    buddy_sticky: !query.has('loose'),
    minimize_layout: query.has('minimal'),
    msg_auto_pop: true,
    blocked_rooms: ['9'],
    desktop_notify: false,
    theme: query.get('theme') ?? 'auto',
    lang: '',
    opacity: Number(query.get('opacity') ?? 100),
    zoom: Number(query.get('zoom') ?? 100),
  },
  menu: [
    { title: 'Home', url: '/', icon: '⌂', shortcut: true },
    { title: 'My page', url: '/user/alice', icon: '★' },
    { title: 'Gallery', url: 'https://example.com/', external: true },
    { title: 'Bad', url: 'javascript:alert(1)' },
  ],
  get unread() {
    return im.chats.reduce((sum, one) => sum + one.unread, 0) + im.notices.filter((notice) => !notice.read).length;
  },
  get news() {
    return im.notices.filter((notice) => !notice.read).length + (im.isSeen ? 0 : im.notifications.length);
  },
  get now() {
    return Date.now();
  },
  start() {},
  stop() {},
  goOnline(login) {
    Object.assign(im, { state: 'connecting' });
    change('state');
    setTimeout(() => {
      const wrong = login && login.password !== 'secret';
      Object.assign(
        im,
        wrong
          ? { state: 'offline', trouble: { code: 'login', text: 'Not Authorized', retryAt: 0 } }
          : {
              state: 'online',
              trouble: null,
              me: im.me ?? { id: 'alice', nick: 'Alice', show: 'available', status: '' },
            },
      );
      change('state');
    }, 600);
  },
  goOffline() {
    Object.assign(im, { state: 'offline' });
    change('state');
  },
  setPresence(show, status = im.me.status) {
    if (show === 'offline') return this.goOffline();
    if (im.state === 'offline') this.goOnline();
    Object.assign(im.me, { show, status });
    change('me');
  },
  set(part) {
    Object.assign(im.settings, part);
    change('settings');
  },
  open(key) {
    let one = im.chats.find((other) => other.key === key);
    if (!one) im.chats.push((one = chat(key, [], { complete: true })));
    im.activate(key);
    return one;
  },
  close(key) {
    im.chats = im.chats.filter((one) => one.key !== key);
    if (im.active === key) im.active = '';
    change('chats');
  },
  show() {},
  activate(key) {
    im.active = key;
    const one = im.chats.find((other) => other.key === key);
    if (one) one.unread = 0;
    change('chats');
    emit('unread', im.unread);
  },
  send(key, body, style = '') {
    const cid = `cid${made++}`;
    const sent = message('alice', body, now - Date.now(), { state: 'sending', cid, style });
    im.open(key).messages.push(sent);
    change('chat', key);
    setTimeout(() => ((sent.state = 'sent'), change('chat', key)), 500);
  },
  retry(cid) {
    for (const { key, messages } of im.chats)
      for (const one of messages) if (one.cid === cid) ((one.state = 'sent'), change('chat', key));
  },
  retryAll(key) {
    for (const one of im.open(key).messages) if (one.state === 'failed') one.state = 'sent';
    change('chat', key);
  },
  discard(key, cid) {
    const one = im.open(key);
    one.messages = one.messages.filter((other) => other.cid !== cid);
    change('chat', key);
  },
  draft(key, text) {
    im.chats.find((one) => one.key === key).draft = text;
  },
  scroll(key, pixels) {
    const one = im.chats.find((other) => other.key === key);
    if (one) one.scroll = pixels;
  },
  async older(key) {
    const one = im.chats.find((other) => other.key === key);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const first = one.messages[0]?.time ?? now;
    const from = one.kind === 'room' ? 'mei' : one.id;
    one.messages = [
      ...Array.from({ length: 30 }, (_, index) => ({
        ...message(index % 3 ? from : 'alice', `An older line, ${index}`, 0),
        time: first - (30 - index) * 9 * MINUTE,
      })),
      ...one.messages,
    ];
    one.complete = one.messages.length > 70;
    change('chat', key);
    return true;
  },
  async clear(key) {
    Object.assign(im.open(key), { messages: [], complete: true });
    change('chat', key);
    return true;
  },
  downloadUrl: (key) => `/download?key=${encodeURIComponent(key)}`,
  readNotices() {
    if (!im.news) return;
    im.isSeen = true;
    for (const notice of im.notices) notice.read = true;
    change('notices');
  },
  async refreshNotifications() {},
  async refreshRooms() {},
  async members() {
    return [
      { id: 'alice', nick: 'Alice Liddell' },
      { id: 'mei', nick: '陈美丽' },
      { id: 'ivan', nick: 'Иван' },
      { id: 'bob', nick: 'Bob' },
    ];
  },
  async lock(id, locked) {
    rooms.get(id).blocked = locked;
    change('rooms', `r/${id}`);
    return true;
  },
  async block(id, blocked) {
    Object.assign(contacts.get(id), { blocked, presence: 'offline' });
    change('contacts', `u/${id}`);
    return true;
  },
  equip: () => im,
  linked: [],
  mark: () => change('contacts'),
  on(name, listener) {
    const all = listeners.get(name) ?? listeners.set(name, new Set()).get(name);
    all.add(listener);
    return () => all.delete(listener);
  },
};

for (let index = im.chats.length; index < Number(query.get('chats') ?? 0); index += 1)
  im.chats.push(chat(`u/${people[index + 6][0]}`, [], { complete: true, unread: index % 4 ? 0 : 2 }));

/** The style of a file, with those it imports. */
async function styleOf(name) {
  const text = await (await fetch(new URL(`../widget/${name}`, import.meta.url))).text();
  const [, imported] = /@import '\.\/(\S+)';/.exec(text) ?? [];
  return imported ? (await styleOf(imported)) + text.replace(/@import .*/, '') : text;
}

/** A chunk as its sources are: what is shared is shared because it is the same module. */
const CHUNKS = {
  opened: ['chunk.opened.js', 'rows.css'],
  chat: ['chunk.chat.js', 'chat.css'],
  panels: ['chunk.panels.js', 'panels.css'],
  strangers: ['chunk.strangers.js', 'strangers.css'],
  zh: ['words.js'],
};
async function load(name) {
  const [module, css] = CHUNKS[name];
  const make = async () => ({ parts: await import(`../widget/${module}`), css: css ? await styleOf(css) : '' });
  return make;
}

const { signal } = new AbortController();
const kit = { signal, report: reportError, load, giveKeys: guardKeys(signal, reportError) };
const widget = createWidget(im, kit, { style: await styleOf('widget.css'), lang: '', theme: '', userLinks: [] });
globalThis.demo = Object.assign(im, {
  widget,
  change,
  say(key, body) {
    const one =
      im.chats.find((other) => other.key === key) ??
      (im.chats.push(chat(key, [], { complete: true })), im.chats.at(-1));
    const came = message(key.startsWith('u/') ? key.slice(2) : 'mei', body, now - Date.now());
    one.messages.push(came);
    if (im.active !== key) one.unread += 1;
    change('chat', key);
    emit('message', { ...came, key });
    emit('unread', im.unread);
  },
  push(kind = 'broadcast') {
    const notice = {
      id: `x${made++}`,
      kind,
      nick: kind === 'channel' ? 'Forum' : 'Admin',
      body: 'The garden opens at ten on Sunday. https://example.com/garden',
      url: kind === 'channel' ? '/thread/12' : undefined,
      time: Date.now(),
      read: false,
    };
    im.notices.unshift(notice);
    change('notices');
    emit('notice', notice);
  },
});
