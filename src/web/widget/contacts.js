// The contacts.
//
// Owns: the panel with myself, the search, the groups and each contact's menu; the log-in box that takes its place.
// Must not: sort or count; `roster.js` does.

import { h, memo } from './dom.js';
import { icon } from './icons.js';
import { avatar, badge, dot, empty, iconButton, menu, opener, panel, presenceWord } from './parts.js';
import { STRANGER, groupContacts, presenceKind } from './roster.js';
import { safeUrl } from './text.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('../core/types.js').BuddyInfo} BuddyInfo */

const SHOWS = /** @type {const} */ (['available', 'away', 'dnd', 'invisible', 'offline']);
const STATUS_LETTERS_MAX = 140;

/** @param {View} view @param {typeof SHOWS[number]} show */
function choose(view, show) {
  const { im } = view;
  if (show === 'offline') im.goOffline();
  else {
    im.setPresence(show);
    if (im.state === 'offline') im.goOnline();
  }
}

/** @param {View} view */
function myself(view) {
  const { im, t } = view;
  if (!im.me) return null;
  const me = im.me;
  const current = im.state === 'offline' ? 'offline' : (SHOWS.find((show) => show === me.show) ?? 'available');
  const items = SHOWS.map((show) => ({ label: t(show), checked: show === current, mark: dot(presenceKind({ show })), run: () => choose(view, show) }));
  const toggle = () => view.popup(view.ui.popup === 'presence' ? '' : 'presence');
  const commit = (/** @type {any} */ event) => event.target.value.trim() !== me.status && im.setPresence(me.show, event.target.value.trim());
  const onkeydown = (/** @type {any} */ event) => {
    if (event.key === 'Enter' && !event.isComposing) event.target.blur();
    if (event.key !== 'Escape' || event.target.value === me.status) return;
    event.target.value = me.status;
    event.stopPropagation();
  };
  return h(
    'div',
    { class: 'me' },
    avatar(view, me, presenceKind({ show: current })),
    h(
      'div',
      { class: 'txt' },
      h('span', { class: 'nick cut', dir: 'auto' }, me.nick),
      h('input', { key: `status ${me.status}`, class: 'status', type: 'text', value: me.status, maxlength: STATUS_LETTERS_MAX, placeholder: t('statusHint'), 'aria-label': t('status'), dir: 'auto', onchange: commit, onkeydown }),
    ),
    h(
      'span',
      { class: 'pop' },
      h('button', { type: 'button', class: 'show', 'aria-label': t('presence', { show: t(current) }), ...opener(view, 'presence'), onclick: toggle }, h('span', { class: 'cut' }, t(current)), icon('down')),
      menu(view, 'presence', t('presence', { show: t(current) }), items),
    ),
  );
}

/** @param {View} view @param {BuddyInfo} who */
function contactMenu(view, who) {
  const { im, t } = view;
  const href = who.url && safeUrl(who.url, document.baseURI);
  return menu(view, `contact ${who.id}`, t('optionsOf', { who: who.nick }), [
    { label: t('sendMessage'), mark: icon('chat'), run: () => view.openChat(`u/${who.id}`) },
    ...(href ? [{ label: t('profile'), mark: icon('person'), href }] : []),
    { label: t(who.blocked ? 'unblock' : 'block'), mark: icon('ban'), run: () => void im.block(who.id, !who.blocked) },
  ], { style: { top: `${view.ui.popupTop}px` } });
}

/** Where a menu of a list goes: under its row, or above it in the lower half. @param {HTMLElement} item */
function menuTop(item) {
  const list = /** @type {HTMLElement} */ (item.closest('.list'));
  const top = item.offsetTop - list.scrollTop + item.offsetHeight;
  const frame = /** @type {HTMLElement} */ (list.offsetParent);
  return Math.max(0, Math.min(top, frame.clientHeight - 132));
}

/** A contact's row; there may be a thousand, so one that is as it was is not described anew. @param {View} view @param {BuddyInfo} who */
function row(view, who) {
  const { im, ui, words } = view;
  const unread = im.chats.find((chat) => chat.key === `u/${who.id}`)?.unread ?? 0;
  const kind = presenceKind(who);
  const signs = [words.lang, who.nick, kind, who.status, who.blocked, unread, who.pic_url, who.default_pic_url, ui.broken.size, ui.popup === `contact ${who.id}`];
  return memo(who, signs, () => makeRow(view, who, kind, unread));
}

/** @param {View} view @param {BuddyInfo} who @param {import('./roster.js').Kind} kind @param {number} unread */
function makeRow(view, who, kind, unread) {
  const { t } = view;
  const line = who.blocked ? t('blocked') : who.status;
  const id = `contact ${who.id}`;
  const name = [who.nick, line, presenceWord(view, who), unread && t('nUnread', { n: view.words.number(unread) })].filter(Boolean).join(', ');
  const open = (/** @type {any} */ event) => {
    event.preventDefault();
    view.popup(view.ui.popup === id ? '' : id, menuTop(event.currentTarget.parentNode));
  };
  return h(
    'li',
    { key: who.id, class: kind === 'offline' ? 'row off' : 'row' },
    h(
      'button',
      { type: 'button', class: 'who', 'data-k': true, 'aria-label': name, onclick: () => view.openChat(`u/${who.id}`), oncontextmenu: open },
      avatar(view, who, kind),
      h('span', { class: 'txt' }, h('span', { class: 'nick cut', dir: 'auto' }, who.nick), ' ', line && h('span', { class: 'sub cut', dir: 'auto' }, line)),
      badge(view, unread),
    ),
    iconButton(t('optionsOf', { who: who.nick }), 'dots', open, { class: 'more', 'data-sub': true, ...opener(view, id) }),
  );
}

/** @param {View} view @param {import('./roster.js').Group} group @param {number} index */
function groupOf(view, group, index) {
  const { t, ui, words } = view;
  const fixed = { '': t('friends'), friend: t('friends'), [STRANGER]: t('stranger') }[group.name];
  const name = fixed ?? group.name;
  const open = ui.query !== '' || !ui.closed.has(group.name);
  const fold = () => {
    if (!ui.closed.delete(group.name)) ui.closed.add(group.name);
    view.save();
  };
  return h(
    'div',
    { key: `g ${group.name}`, class: 'group' },
    h(
      'h3',
      null,
      h(
        'button',
        { type: 'button', 'data-k': true, 'aria-expanded': String(open), 'aria-controls': open ? `g${index}` : null, onclick: fold },
        icon('down'),
        h('span', { class: 'cut', dir: 'auto' }, name),
        h('span', { class: 'count' }, `${words.number(group.online)}/${words.number(group.total)}`),
      ),
    ),
    open && h('ul', { id: `g${index}`, 'aria-label': name }, ...group.contacts.map((who) => row(view, who))),
  );
}

/** @param {View} view */
function login(view) {
  const { im, t, ui } = view;
  const onsubmit = (/** @type {any} */ event) => {
    event.preventDefault();
    const { username, password } = event.target.elements;
    ui.tried = true;
    im.goOnline({ username: username.value, password: password.value });
    password.value = '';
    view.draw();
  };
  const text = im.trouble?.text;
  // What the site says to a wrong password is a protocol's word; ours is for people.
  const error = ui.tried && (!text || text === 'Not Authorized' ? t('wrongLogin') : text);
  const field = (/** @type {'username' | 'password'} */ name, /** @type {string} */ type, /** @type {string} */ complete) =>
    h('label', null, t(name), h('input', { type, name, required: true, autocomplete: complete, 'data-first': name === 'username', 'aria-describedby': error ? 'login-error' : null, 'aria-invalid': error ? 'true' : null }));
  return panel(
    view,
    t('signInHint'),
    h(
      'form',
      { class: 'login', onsubmit },
      field('username', 'text', 'username'),
      field('password', 'password', 'current-password'),
      h('p', { id: 'login-error', class: 'error', role: 'alert' }, error),
      h('button', { class: 'primary' }, t('signIn')),
    ),
  );
}

/** @param {View} view */
export function contactsPanel(view) {
  const { im, t, ui } = view;
  if (im.trouble?.code === 'login') return login(view);
  const groups = groupContacts(im.contacts.values(), ui.query, view.words.lang);
  const search = (/** @type {any} */ event) => {
    ui.query = event.target.value;
    view.draw();
  };
  const nothing = ui.query ? empty('search', t('noMatch', { query: ui.query })) : empty('person', t('noContacts'), t('noContactsHint'));
  const menuOf = [...im.contacts.values()].find((who) => ui.popup === `contact ${who.id}`);
  return panel(
    view,
    t('contacts'),
    myself(view),
    h('div', { class: 'search' }, icon('search'), h('input', { type: 'search', value: ui.query, placeholder: t('search'), 'aria-label': t('search'), 'data-first': !view.narrow, autocomplete: 'off', oninput: search })),
    h('div', { class: 'list', 'data-keys': 'v' }, groups.length ? groups.map((group, index) => groupOf(view, group, index)) : nothing),
    menuOf && contactMenu(view, menuOf),
  );
}
