// The bar itself.
//
// Owns: its buttons, the chat tabs and which of them fit, the list of those that do not, and the line that says what is
// wrong with the connection. Must not: decide what a button opens.

import { attempt, h } from './dom.js';
import { number, seconds, t } from './i18n.js';
import { icon } from './icons.js';
import {
  avatar,
  badge,
  dropdown,
  iconButton,
  link,
  opener,
  partner,
  picture,
  siteLink,
  siteUrl,
  spoken,
  theirs,
  unreadWord,
} from './parts.js';
import { countOnline } from './roster.js';
import { collapse, im, isSigningIn, openChat, openPanel, ui } from './state.js';

/** @typedef {import('../core/types.js').Chat} Chat */
/** @typedef {import('../core/types.js').MenuEntry} MenuEntry */
/** @typedef {import('./dom.js').Child} Child */
/** @typedef {import('./dom.js').Props} Props */

/**
 * A button of the bar.
 * @param {string} id
 * @param {string} title
 * @param {string | 0} detail of its name
 * @param {Props} props
 * @param {...Child} kids
 */
const button = (id, title, detail, props, ...kids) =>
  h('button.bb', { key: id, id, title, label: spoken(title, detail), ...props }, ...kids);

/**
 * A button of the bar that opens a panel.
 * @param {Exclude<typeof ui.panel, ''>} name
 * @param {import('./icons.js').Icon} mark
 * @param {string} title
 * @param {string} [detail]
 * @param {...Child} kids
 */
function panelButton(name, mark, title, detail = '', ...kids) {
  const open = ui.panel === name;
  return button(
    name,
    title,
    detail,
    { 'aria-expanded': open, onclick: () => openPanel(open ? '' : name) },
    icon(mark),
    ...kids,
  );
}

/** @param {MenuEntry} entry */
const entryIcon = ({ icon: mark = '' }) =>
  /[./]/.test(mark) ? picture([mark], icon('out')) : mark ? h('span.glyph', mark) : icon('out');

/** @param {MenuEntry} entry */
const entryProps = ({ title, external }) => ({
  label: external ? `${title} (${t('new window')})` : title,
  ...(external && { target: '_blank', rel: 'noopener' }),
});

function siteMenu() {
  const entries = im.menu.map((entry) => ({ ...entry, href: siteUrl(entry.url) })).filter((entry) => entry.href);
  const shortcut = (/** @type {MenuEntry} */ entry) => entry.shortcut && !ui.narrow;
  const items = entries
    .filter((entry) => !shortcut(entry))
    .map((entry) => ({ label: entry.title, mark: entryIcon(entry), href: entry.href, props: entryProps(entry) }));
  return [
    items.length > 0 && dropdown(button('site', t('Menu'), '', opener('site'), icon('menu')), items),
    entries
      .filter(shortcut)
      .map((entry) =>
        siteLink(entry.href, '.bb', { key: entry.url, title: entry.title, ...entryProps(entry) }, entryIcon(entry)),
      ),
  ];
}

/** @param {Chat} chat */
function tab(chat) {
  const who = partner(chat);
  const open = im.active === chat.key;
  const onclick = () => (open ? im.activate('') : openChat(chat.key));
  return h(
    `span.tab${open ? '.on' : ''}`,
    { key: chat.key },
    button(
      chat.key,
      who.nick,
      unreadWord(chat.unread),
      { 'aria-expanded': open, onclick },
      avatar(who, who.kind),
      theirs('.bt.cut', who.nick),
      badge(chat.unread),
    ),
    iconButton(t('Close chat with {}', who.nick), 'x', () => im.close(chat.key), {}, '.tx'),
  );
}

/** Those that fit, the open one always among them. */
function tabs() {
  const { chats } = im;
  const shown = chats.slice(0, ui.tabs);
  const active = chats.find((chat) => chat.key === im.active);
  if (active && shown.length && !shown.includes(active)) shown[shown.length - 1] = active;
  const rest = chats.filter((chat) => !shown.includes(chat));
  const unread = rest.reduce((sum, chat) => sum + chat.unread, 0);
  const label = shown.length ? t('More chats') : t('Chats');
  const count = `+${number(rest.length)}`;
  const items = rest.map((chat) => {
    const who = partner(chat);
    return {
      label: who.nick,
      mark: avatar(who, who.kind),
      end: badge(chat.unread),
      props: { label: spoken(who.nick, unreadWord(chat.unread)) },
      run: () => openChat(chat.key),
    };
  });
  return h(
    'span.tabs',
    { key: 'tabs', id: 'tabs', role: 'group', label: t('Chats') },
    ...shown.map((chat) => attempt(() => tab(chat))),
    rest.length > 0 &&
      dropdown(
        button(
          'more',
          label,
          spoken(count, unreadWord(unread)),
          opener('more'),
          icon('chat'),
          h('span.bt', count),
          badge(unread),
        ),
        items,
      ),
  );
}

/** @type {Record<string, string>} */
const TROUBLES = {
  refused: 'The site refused',
  site: 'The site cannot be reached',
  server: 'The message server cannot be reached',
  replaced: 'Connected in another window',
  ended: 'The site has ended the chat',
  limit: 'Too many windows',
  network: 'No network connection',
  stuck: 'New messages are held up on their way',
  offline: 'Offline',
  connecting: 'Connecting…',
  reconnecting: 'Reconnecting…',
};

/** How long until it is tried again by itself; 0 if it is not. */
export const secondsLeft = () =>
  im.state === 'online' ? 0 : Math.max(0, Math.ceil(((im.trouble?.retryAt ?? 0) - Date.now()) / 1000));

/** What keeps us from being online, and what can be done. */
function banner() {
  const { trouble, state, me } = im;
  const offline = state === 'offline';
  if (state === 'online' || trouble?.code === 'login' || (!trouble && !me && offline))
    return h('div.none', { key: 'banner' }, h('span', { role: 'status' }));
  const left = secondsLeft();
  return h(
    'div.banner',
    { key: 'banner', part: 'banner' },
    h(
      'span.say',
      { role: 'status' },
      h('span.pulse'),
      t(TROUBLES[trouble?.code ?? state] ?? ''),
      trouble?.text && ` · ${trouble.text}`,
    ),
    left > 0 && h('span.wait', t('Trying again in {}', seconds(left))),
    (offline || (left > 0 && state === 'reconnecting')) &&
      link(t(offline ? 'Connect' : 'Try again'), () => im.goOnline()),
  );
}

function mainButtons() {
  const { news, contacts, state, settings } = im;
  const signIn = t('Sign in to chat');
  if (isSigningIn()) return panelButton('contacts', 'person', signIn, '', h('span.bt', signIn));
  const online = state === 'online';
  const count = countOnline(contacts.values());
  const text = (/** @type {string} */ title) => !settings.minimize_layout && !ui.narrow && h('span.bt', title);
  return [
    panelButton('notices', 'bell', t('Notifications'), news ? t('{} new', news) : '', badge(news)),
    panelButton('rooms', 'people', t('Rooms'), '', text(t('Rooms'))),
    panelButton(
      'contacts',
      'person',
      t('Contacts'),
      online ? t('{} online', count) : t('Offline'),
      text(t('Contacts')),
      online && [' ', h('span.here', number(count))],
    ),
  ];
}

export function bar() {
  if (ui.collapsed)
    return h(
      'div.pill',
      { key: 'pill', part: 'bar' },
      button(
        'show',
        t('Show chat bar'),
        unreadWord(im.unread),
        { 'aria-expanded': false, onclick: () => collapse(false) },
        icon('chat'),
        badge(im.unread),
      ),
    );
  return h(
    'div.dock',
    { key: 'bar', part: 'bar' },
    banner(),
    h(
      'div.bar',
      { id: 'bar', 'data-keys': 'bar' },
      ...siteMenu(),
      tabs(),
      mainButtons(),
      panelButton('settings', 'sliders', t('Settings')),
      button('hide', t('Hide chat bar'), '', { 'aria-expanded': true, onclick: () => collapse(true) }, icon('down')),
    ),
  );
}
