// The window of one chat.
//
// Owns: its head with the menu, the members of a room, and the notices between head and lines. Must not: draw lines
// (`log.js`) or take what is typed (`composer.js`).

import { composer } from './composer.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { log } from './log.js';
import { avatar, iconButton, menu, opener, partner, presenceWord, siteLink, toggleTray } from './parts.js';
import { presenceKind } from './roster.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('../core/types.js').Chat} Chat */

/** Does something at the site and says if it did not work. @param {View} view @param {Promise<boolean>} done */
async function attempt(view, done) {
  const worked = await done.catch(() => false);
  view.ui.failure = worked ? '' : view.t('didNotWork');
  view.draw();
}

/** @param {View} view @param {Chat} chat @param {boolean} blocked */
function setBlocked(view, chat, blocked) {
  return attempt(view, chat.kind === 'room' ? view.im.lock(chat.id, blocked) : view.im.block(chat.id, blocked));
}

/** @param {View} view @param {Chat} chat */
function isBlocked(view, chat) {
  const known = chat.kind === 'room' ? view.im.rooms.get(chat.id) : view.im.contacts.get(chat.id);
  return Boolean(known?.blocked);
}

/** @param {View} view @param {Chat} chat */
function chatMenu(view, chat) {
  const { t } = view;
  const blocked = isBlocked(view, chat);
  const block = chat.kind === 'room' ? t(blocked ? 'unlock' : 'lock') : t(blocked ? 'unblock' : 'block');
  return menu(view, 'chat', t('options'), [
    { label: block, mark: icon(chat.kind === 'room' ? 'lock' : 'ban'), run: () => void setBlocked(view, chat, !blocked) },
    { label: t('download'), mark: icon('download'), href: view.im.downloadUrl(chat.key), props: { download: '' } },
    { label: t('clearHistory'), mark: icon('trash'), run: () => {
      view.ui.tray = 'clear';
      view.focus(() => view.find('confirm', 'no'));
    } },
  ]);
}

/** @param {View} view @param {Chat} chat */
async function showMembers(view, chat) {
  const { ui, im } = view;
  toggleTray(view, 'members');
  if (ui.tray !== 'members') return;
  ui.members.delete(chat.id);
  view.focus(() => view.find('tray', 'members'));
  ui.members.set(chat.id, await im.members(chat.id).catch(() => []));
  view.draw();
}

/** @param {View} view @param {Chat} chat */
function head(view, chat) {
  const { im, t, words } = view;
  const who = partner(view, chat);
  const contact = im.contacts.get(chat.id);
  const room = im.rooms.get(chat.id);
  const minimise = () => {
    im.activate('');
    view.focus(() => view.find('bar', chat.key) ?? view.find('bar', 'more'));
  };
  const close = () => {
    im.close(chat.key);
    view.focus(() => view.find('bar', 'contacts'));
  };
  const line = chat.kind === 'room'
    ? room && t('roomCount', { n: words.number(room.count), all: words.number(room.all_count) })
    : contact && [presenceWord(view, contact), contact.status].filter(Boolean).join(' · ');
  const count = room ? t('nOnline', { n: words.number(room.count) }) : '';
  return h(
    'header',
    { class: 'head' },
    view.narrow && iconButton(t('back'), 'back', minimise, { class: 'flip' }),
    avatar(view, who, chat.kind === 'user' ? presenceKind(contact) : undefined),
    h('div', { class: 'txt' }, h('h2', null, siteLink(who.url, { class: 'nick cut', dir: 'auto' }, who.nick)), line && h('span', { class: 'sub cut', dir: 'auto', title: line }, line)),
    chat.kind === 'room' && iconButton([t('members'), count].filter(Boolean).join(', '), 'people', () => void showMembers(view, chat), { 'aria-expanded': String(view.ui.tray === 'members'), 'data-opens': 'members' }),
    h('span', { class: 'pop' }, iconButton(t('options'), 'dots', () => view.popup(view.ui.popup === 'chat' ? '' : 'chat'), opener(view, 'chat')), chatMenu(view, chat)),
    !view.narrow && iconButton(t('minimise'), 'minus', minimise),
    iconButton(t('close'), 'x', close),
  );
}

/** @param {View} view @param {Chat} chat */
function members(view, chat) {
  const { im, t, ui } = view;
  const list = ui.members.get(chat.id);
  const talk = (/** @type {string} */ id) => () => view.openChat(`u/${id}`);
  const row = (/** @type {import('../core/types.js').Member} */ member) => {
    const body = [avatar(view, { ...member, ...im.contacts.get(member.id) }), h('span', { class: 'nick cut', dir: 'auto' }, member.nick)];
    const mine = member.id === im.me?.id;
    return h('li', { key: member.id, class: 'row' }, mine ? h('span', { class: 'who' }, body, h('span', { class: 'sub' }, t('you'))) : h('button', { type: 'button', class: 'who', 'data-k': true, onclick: talk(member.id) }, body));
  };
  return h(
    'div',
    { key: 'members', class: 'tray members', role: 'group', 'aria-label': t('membersOf', { who: partner(view, chat).nick }), tabIndex: -1, 'data-tray': 'members', 'aria-busy': String(!list) },
    !list && h('p', { class: 'hint' }, t('loading')),
    list?.length === 0 && h('p', { class: 'hint' }, t('noMembers')),
    h('ul', { 'data-keys': 'v' }, ...(list ?? []).map(row)),
  );
}

/** Asks in the window itself, not in a dialog that stops the page. @param {View} view @param {Chat} chat */
function confirmClear(view, chat) {
  const { t } = view;
  const done = () => {
    toggleTray(view, 'clear');
    view.focus(() => view.find('opener', 'chat'));
  };
  const clear = () => {
    done();
    void attempt(view, view.im.clear(chat.key));
  };
  return h(
    'div',
    { key: 'clear', class: 'note ask', role: 'group', 'aria-label': t('clearAsk') },
    h('span', null, t('clearAsk')),
    h('button', { type: 'button', class: 'link danger', onclick: clear }, t('clear')),
    h('button', { type: 'button', class: 'link', 'data-confirm': 'no', onclick: done }, t('cancel')),
  );
}

/** What the user should know before he writes. @param {View} view @param {Chat} chat */
function notes(view, chat) {
  const { im, t } = view;
  const { nick } = partner(view, chat);
  const contact = im.contacts.get(chat.id);
  if (isBlocked(view, chat)) {
    const room = chat.kind === 'room';
    const open = () => void setBlocked(view, chat, false);
    return h('div', { class: 'note' }, h('span', null, room ? t('roomLocked') : t('youBlocked', { who: nick })), h('button', { type: 'button', class: 'link', onclick: open }, t(room ? 'unlock' : 'unblock')));
  }
  const away = chat.kind === 'user' && im.state === 'online' && contact && !contact.incomplete && contact.presence === 'offline';
  return away && h('div', { class: 'note' }, h('span', null, t('isOffline', { who: nick })));
}

/** @param {View} view @param {Chat} chat */
export function chatWindow(view, chat) {
  const { t, ui } = view;
  const { nick } = partner(view, chat);
  return h(
    'section',
    { key: `chat ${chat.key}`, class: 'chat', id: 'chat', part: 'chat', 'aria-label': t('chatWith', { who: nick }), 'data-chat': chat.key },
    head(view, chat),
    ui.tray === 'clear' && confirmClear(view, chat),
    h('div', { role: 'alert', class: ui.failure ? 'note error' : 'none' }, ui.failure),
    h('div', { class: 'mid' }, log(view, chat), ui.tray === 'members' && members(view, chat)),
    notes(view, chat),
    !isBlocked(view, chat) && composer(view, chat),
  );
}
