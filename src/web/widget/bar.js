// The bar itself.
//
// Owns: its buttons, the chat tabs and which of them fit, the list of those that do not, and the line that says what is
// wrong with the connection. Must not: decide what a button opens.

import { h } from './dom.js';
import { icon } from './icons.js';
import { avatar, badge, iconButton, menu, opener, partner } from './parts.js';
import { countOnline, presenceKind } from './roster.js';
import { safeUrl } from './text.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('../core/types.js').Chat} Chat */

/** @param {string} label @param {string} [detail] */
const join = (label, detail) => (detail ? `${label}, ${detail}` : label);

/**
 * A button of the bar that opens a panel.
 * @param {View} view
 * @param {'contacts' | 'rooms' | 'notices' | 'settings'} name
 * @param {import('./icons.js').Icon} picture
 * @param {string} label
 * @param {{detail?: string, count?: number, text?: string, here?: string}} more
 */
function panelButton(view, name, picture, label, more) {
  const open = view.ui.panel === name;
  return h(
    'button',
    {
      key: name, type: 'button', class: `bb ${name}`, 'data-bar': name, 'data-k': true, title: label, 'aria-label': join(label, more.detail),
      'aria-expanded': String(open), 'aria-controls': open ? 'panel' : null, onclick: () => view.openPanel(open ? '' : name),
    },
    icon(picture),
    more.text && h('span', { class: 'bt' }, more.text),
    more.here && h('span', { class: more.here === '–' ? 'here' : 'here yes', 'data-text': more.here }),
    badge(view, more.count ?? 0),
  );
}

/** @param {View} view @param {import('../core/types.js').MenuEntry} entry */
function entryIcon(view, { icon: mark = '' }) {
  if (!/[./]/.test(mark)) return mark ? h('span', { class: 'glyph' }, mark) : icon('out');
  return view.ui.broken.has(mark) ? icon('out') : h('img', { src: mark, alt: '', onerror: () => (view.ui.broken.add(mark), view.draw()) });
}

/** @param {View} view */
function siteMenu(view) {
  const entries = view.im.menu.map((entry) => ({ ...entry, href: safeUrl(entry.url, document.baseURI) })).filter((entry) => entry.href);
  const target = (/** @type {{external?: boolean}} */ entry) => (entry.external ? { target: '_blank', rel: 'noopener' } : {});
  const label = (/** @type {{title: string, external?: boolean}} */ entry) => (entry.external ? `${entry.title} (${view.t('newWindow')})` : entry.title);
  const shortcuts = entries.filter((entry) => entry.shortcut && !view.narrow);
  const inMenu = entries.filter((entry) => !entry.shortcut || view.narrow);
  const items = inMenu.map((entry) => ({ label: entry.title, mark: entryIcon(view, entry), href: entry.href, props: { ...target(entry), 'aria-label': label(entry) } }));
  const toggle = () => view.popup(view.ui.popup === 'menu' ? '' : 'menu');
  return [
    items.length > 0 && h(
      'span',
      { key: 'menu', class: 'pop start' },
      h('button', { type: 'button', class: 'bb', 'data-bar': 'menu', 'data-k': true, 'aria-label': view.t('menu'), title: view.t('menu'), ...opener(view, 'menu'), onclick: toggle }, icon('menu')),
      menu(view, 'menu', view.t('menu'), items),
    ),
    ...shortcuts.map((entry) => h('a', { key: `s ${entry.url}`, class: 'bb', 'data-k': true, href: entry.href, title: entry.title, 'aria-label': label(entry), ...target(entry) }, entryIcon(view, entry))),
  ];
}

/** @param {View} view @param {Chat} chat */
function tab(view, chat) {
  const who = partner(view, chat);
  const open = view.im.active === chat.key;
  const kind = chat.kind === 'user' ? presenceKind(view.im.contacts.get(chat.id)) : undefined;
  const onclick = () => (open ? view.im.activate('') : view.openChat(chat.key));
  return h(
    'span',
    { key: chat.key, class: open ? 'tab on' : 'tab' },
    h(
      'button',
      {
        type: 'button', class: 'bb', 'data-bar': chat.key, 'data-k': true, title: who.nick, 'aria-label': join(who.nick, chat.unread ? view.t('nUnread', { n: view.words.number(chat.unread) }) : ''),
        'aria-expanded': String(open), 'aria-controls': open ? 'chat' : null, onclick,
      },
      avatar(view, who, kind),
      h('span', { class: 'bt cut', dir: 'auto' }, who.nick),
      badge(view, chat.unread),
    ),
    iconButton(view.t('closeChat', { who: who.nick }), 'x', () => view.im.close(chat.key), { class: 'tx' }),
  );
}

/** Those that fit, the open one always among them. @param {View} view */
function tabs(view) {
  const { im, ui } = view;
  const shown = im.chats.slice(0, ui.tabs);
  const active = im.chats.find((chat) => chat.key === im.active);
  if (active && shown.length && !shown.includes(active)) shown[shown.length - 1] = active;
  const rest = im.chats.filter((chat) => !shown.includes(chat));
  const unread = rest.reduce((sum, chat) => sum + chat.unread, 0);
  const label = shown.length ? view.t('moreChats') : view.t('chats');
  const name = join(label, unread ? view.t('nUnread', { n: view.words.number(unread) }) : '');
  const items = rest.map((chat) => {
    const who = partner(view, chat);
    const kind = chat.kind === 'user' ? presenceKind(view.im.contacts.get(chat.id)) : undefined;
    const said = join(who.nick, chat.unread ? view.t('nUnread', { n: view.words.number(chat.unread) }) : '');
    return { label: who.nick, mark: avatar(view, who, kind), end: badge(view, chat.unread), props: { 'aria-label': said }, run: () => view.openChat(chat.key) };
  });
  const toggle = () => view.popup(ui.popup === 'more' ? '' : 'more');
  return h(
    'span',
    { key: 'tabs', class: 'tabs', role: 'group', 'aria-label': view.t('chats'), 'data-tabs': true },
    ...shown.map((chat) => tab(view, chat)),
    rest.length > 0 && h(
      'span',
      { key: 'more', class: 'pop' },
      h('button', { type: 'button', class: 'bb', 'data-bar': 'more', 'data-k': true, 'aria-label': name, title: label, ...opener(view, 'more'), onclick: toggle }, icon('chat'), h('span', { class: 'bt', 'data-text': `+${view.words.number(rest.length)}` }), badge(view, unread)),
      menu(view, 'more', label, items),
    ),
  );
}

/** What keeps us from being online, and what can be done. @param {View} view */
export function banner(view) {
  const { im, t } = view;
  const { trouble, state } = im;
  const code = trouble?.code ?? '';
  if (state === 'online' || code === 'login' || (!code && !im.me && state === 'offline')) return { text: '', wait: '', action: '' };
  const fallback = state === 'offline' ? t('offlineNow') : t(state);
  const left = trouble?.retryAt ? Math.max(0, Math.ceil((trouble.retryAt - Date.now()) / 1000)) : 0;
  return {
    text: (code ? t(code) : fallback) + (code && trouble?.text ? ` · ${trouble.text}` : ''),
    wait: left > 0 ? t('retryIn', { time: view.words.seconds(left) }) : '',
    action: state === 'connecting' || (state === 'reconnecting' && !left) ? '' : t(state === 'offline' ? 'connect' : 'tryAgain'),
  };
}

/** @param {View} view */
export function bannerLine(view) {
  const { text, wait, action } = banner(view);
  return h(
    'div',
    { key: 'banner', class: text ? 'banner' : 'banner none', part: 'banner' },
    h('span', { role: 'status', class: 'say' }, text && h('span', { class: 'pulse' }), text),
    wait && h('span', { class: 'wait' }, wait),
    action && h('button', { type: 'button', class: 'link', 'data-connect': true, onclick: () => view.im.goOnline() }, action),
  );
}

/** @param {View} view */
function mainButtons(view) {
  const { t, words } = view;
  const { notices, notifications, contacts, trouble, state } = view.im;
  if (trouble?.code === 'login') return [panelButton(view, 'contacts', 'person', t('signInHint'), { text: t('signInHint') })];
  const news = notifications.length + notices.filter((notice) => !notice.read).length;
  const online = state === 'online' ? countOnline(contacts.values()) : 0;
  const detail = state === 'online' ? t('nOnline', { n: words.number(online) }) : t('offline');
  const text = view.im.settings.minimize_layout || view.narrow ? '' : t('contacts');
  return [
    panelButton(view, 'notices', 'bell', t('notifications'), { count: news, detail: news ? t('nNew', { n: words.number(news) }) : '' }),
    panelButton(view, 'rooms', 'people', t('rooms'), { text: text && t('rooms') }),
    panelButton(view, 'contacts', 'person', t('contacts'), { detail, text, here: state === 'online' ? words.number(online) : '–' }),
  ];
}

/** @param {View} view */
export function bar(view) {
  const { t, ui, words } = view;
  const { unread } = view.im;
  if (ui.collapsed) {
    const name = join(t('showBar'), unread ? t('nUnread', { n: words.number(unread) }) : '');
    return h('div', { key: 'pill', class: 'pill', part: 'bar' }, h('button', { type: 'button', class: 'bb', 'data-bar': 'show', 'aria-label': name, title: t('showBar'), 'aria-expanded': 'false', onclick: () => view.collapse(false) }, icon('chat'), badge(view, unread)));
  }
  return h(
    'div',
    { key: 'bar', class: 'dock', part: 'bar' },
    bannerLine(view),
    h(
      'div',
      { class: 'bar', 'data-dock': true, 'data-arrows': true },
      ...siteMenu(view),
      tabs(view),
      ...mainButtons(view),
      panelButton(view, 'settings', 'sliders', t('settings'), {}),
      h('button', { key: 'hide', type: 'button', class: 'bb', 'data-k': true, 'data-bar': 'hide', 'aria-label': t('hideBar'), title: t('hideBar'), 'aria-expanded': 'true', onclick: () => view.collapse(true) }, icon('down')),
    ),
  );
}
