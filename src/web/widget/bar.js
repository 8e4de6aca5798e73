// The bar itself.
//
// Owns: its buttons, the chat tabs and which of them fit, the list of those that do not, and the line that says what is
// wrong with the connection. Must not: decide what a button opens.

import { h } from './dom.js';

import { icon } from './icons.js';
import {
  avatar,
  badge,
  dropdown,
  iconButton,
  link,
  logInLink,
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

/** @typedef {import('./state.js').Bar} Bar */
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
 * @param {Bar} bar
 * @param {Exclude<import('./types.js').Ui['panel'], ''>} name
 * @param {import('./icons.js').Icon} mark
 * @param {string} title
 * @param {string} [detail]
 * @param {...Child} kids
 */
function panelButton(bar, name, mark, title, detail = '', ...kids) {
  const open = bar.ui.panel === name;
  return button(
    name,
    title,
    detail,
    { 'aria-expanded': open, onclick: () => bar.openPanel(open ? '' : name) },
    icon(bar, mark),
    ...kids,
  );
}

/** @param {Bar} bar @param {MenuEntry} entry */
const entryIcon = (bar, { icon: mark = '' }) =>
  /[./]/.test(mark) ? picture(bar, [mark], icon(bar, 'out')) : mark ? h('span.glyph', mark) : icon(bar, 'out');

/** @param {Bar} bar @param {MenuEntry} entry */
const entryProps = (bar, { title, external }) => ({
  label: external ? `${title} (${bar.t('new window')})` : title,
  ...(external && { target: '_blank', rel: 'noopener' }),
});

/** @param {Bar} bar */
function siteMenu(bar) {
  const entries = bar.im.menu.map((entry) => ({ ...entry, href: siteUrl(entry.url) })).filter((entry) => entry.href);
  const shortcut = (/** @type {MenuEntry} */ entry) => entry.shortcut && !bar.ui.narrow;
  const items = entries
    .filter((entry) => !shortcut(entry))
    .map((entry) => ({
      label: entry.title,
      mark: entryIcon(bar, entry),
      href: entry.href,
      props: entryProps(bar, entry),
    }));
  return [
    items.length > 0 && dropdown(bar, button('site', bar.t('Menu'), '', opener(bar, 'site'), icon(bar, 'menu')), items),
    entries
      .filter(shortcut)
      .map((entry) =>
        siteLink(
          entry.href,
          '.bb',
          { key: entry.url, title: entry.title, ...entryProps(bar, entry) },
          entryIcon(bar, entry),
        ),
      ),
  ];
}

/** @param {Bar} bar @param {Chat} chat */
function tab(bar, chat) {
  const who = partner(bar, chat);
  const open = bar.im.active === chat.key;
  const onclick = () => (open ? bar.im.activate('') : bar.openChat(chat.key));
  return h(
    `span.tab${open ? '.on' : ''}`,
    { key: chat.key },
    button(
      chat.key,
      who.nick,
      unreadWord(bar, chat.unread),
      { 'aria-expanded': open, onclick },
      avatar(bar, who, who.kind),
      theirs('.bt.cut', who.nick),
      badge(bar, chat.unread),
    ),
    iconButton(bar, bar.t('Close chat with {}', who.nick), 'x', () => bar.im.close(chat.key), {}, '.tx'),
  );
}

/** Those that fit, the open one always among them. @param {Bar} bar */
function tabs(bar) {
  const { chats } = bar.im;
  const shown = chats.slice(0, bar.ui.tabs);
  const active = chats.find((chat) => chat.key === bar.im.active);
  if (active && shown.length && !shown.includes(active)) shown[shown.length - 1] = active;
  const rest = chats.filter((chat) => !shown.includes(chat));
  const unread = rest.reduce((sum, chat) => sum + chat.unread, 0);
  const label = shown.length ? bar.t('More chats') : bar.t('Chats');
  const count = `+${bar.number(rest.length)}`;
  const items = rest.map((chat) => {
    const who = partner(bar, chat);
    return {
      label: who.nick,
      mark: avatar(bar, who, who.kind),
      end: badge(bar, chat.unread),
      props: { label: spoken(who.nick, unreadWord(bar, chat.unread)) },
      run: () => bar.openChat(chat.key),
    };
  });
  return h(
    'span.tabs',
    { key: 'tabs', id: 'tabs', role: 'group', label: bar.t('Chats') },
    ...shown.map((chat) => bar.attempt(() => tab(bar, chat))),
    rest.length > 0 &&
      dropdown(
        bar,
        button(
          'more',
          label,
          spoken(count, unreadWord(bar, unread)),
          opener(bar, 'more'),
          icon(bar, 'chat'),
          h('span.bt', count),
          badge(bar, unread),
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

/** How long until it is tried again by itself; 0 if it is not. @param {Bar} bar */
export const secondsLeft = (bar) =>
  bar.im.state === 'online' ? 0 : Math.max(0, Math.ceil(((bar.im.trouble?.retryAt ?? 0) - Date.now()) / 1000));

/** What keeps us from being online, and what can be done. @param {Bar} bar */
function banner(bar) {
  const { trouble, state, me } = bar.im;
  const offline = state === 'offline';
  if (state === 'online' || trouble?.code === 'login' || (!trouble && !me && offline))
    return h('div.none', { key: 'banner' }, h('span', { role: 'status' }));
  const left = secondsLeft(bar);
  return h(
    'div.banner',
    { key: 'banner', part: 'banner' },
    h(
      'span.say',
      { role: 'status' },
      h('span.pulse'),
      bar.t(TROUBLES[trouble?.code ?? state] ?? ''),
      trouble?.text && ` · ${trouble.text}`,
    ),
    left > 0 && h('span.wait', bar.t('Trying again in {}', bar.seconds(left))),
    (offline || (left > 0 && state === 'reconnecting')) &&
      link(bar.t(offline ? 'Connect' : 'Try again'), () => bar.im.goOnline()),
  );
}

/** @param {Bar} bar */
function mainButtons(bar) {
  const { news, contacts, state, settings } = bar.im;
  const signIn = bar.t('Sign in to chat');
  if (bar.isSigningIn()) {
    const shown = h('span.bt', signIn);
    return bar.logInUrl()
      ? logInLink(bar, 'a.bb', { key: 'contacts', id: 'contacts' }, icon(bar, 'person'), shown)
      : panelButton(bar, 'contacts', 'person', signIn, '', shown);
  }
  const online = state === 'online';
  const count = countOnline(contacts.values());
  const text = (/** @type {string} */ title) => !settings.minimize_layout && !bar.ui.narrow && h('span.bt', title);
  return [
    panelButton(bar, 'notices', 'bell', bar.t('Notifications'), news ? bar.t('{} new', news) : '', badge(bar, news)),
    panelButton(bar, 'rooms', 'people', bar.t('Rooms'), '', text(bar.t('Rooms'))),
    panelButton(
      bar,
      'contacts',
      'person',
      bar.t('Contacts'),
      online ? bar.t('{} online', count) : bar.t('Offline'),
      text(bar.t('Contacts')),
      online && [' ', h('span.here', bar.number(count))],
    ),
  ];
}

/** @param {Bar} bar */
export function dock(bar) {
  if (bar.ui.collapsed)
    return h(
      'div.pill',
      { key: 'pill', part: 'bar' },
      button(
        'show',
        bar.t('Show chat bar'),
        unreadWord(bar, bar.im.unread),
        { 'aria-expanded': false, onclick: () => bar.collapse(false) },
        icon(bar, 'chat'),
        badge(bar, bar.im.unread),
      ),
    );
  return h(
    'div.dock',
    { key: 'bar', part: 'bar' },
    banner(bar),
    h(
      'div.bar',
      { id: 'bar', 'data-keys': 'bar' },
      ...siteMenu(bar),
      tabs(bar),
      mainButtons(bar),
      panelButton(bar, 'settings', 'sliders', bar.t('Settings')),
      button(
        'hide',
        bar.t('Hide chat bar'),
        '',
        { 'aria-expanded': true, onclick: () => bar.collapse(true) },
        icon(bar, 'down'),
      ),
    ),
  );
}
