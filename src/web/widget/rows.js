// The parts of what is opened: a panel's frame, rows of people, the search in them, links within texts, empty lists.
//
// Owns: those of them that more than one chunk needs; each brings them along. Must not: hold a state.

import { tokenise } from './text.js';
import {
  avatar,
  badge,
  fieldOf,
  h,
  icon,
  iconButton,
  im,
  openChat,
  openPanel,
  spoken,
  t,
  theirs,
  ui,
  unreadWord,
} from './share.js';

/** @typedef {import('./dom.js').Child} Child */
/** @typedef {import('./dom.js').Props} Props */

/** Text with its links. @param {string} body */
export const linkified = (body) =>
  tokenise(body).map(({ href, text }) =>
    href ? h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, text) : text,
  );

/** A moment, for people and for machines. @param {number} ms @param {string} text */
export const timeOf = (ms, text) => h('time', { datetime: new Date(ms).toISOString() }, text);

/** @param {import('./icons.js').Icon} name @param {string} text */
export const empty = (name, text) => h('div.empty', icon(name), h('p', text));

/**
 * Somebody, or a room, in a list.
 * @param {object} row
 * @param {import('./parts.js').Who} row.who
 * @param {import('./roster.js').Kind | false} [row.kind]
 * @param {string} [row.line] under the name
 * @param {string} [row.more] of the button's name
 * @param {string} [row.chat] that a press opens
 * @param {Props} [row.props]
 * @param {Props} row.place in the list
 * @param {Child} [beside]
 */
export function personRow({ who, kind, line, more, chat, props, place }, beside) {
  const unread = unreadIn(chat);
  return h(
    `li.row${kind === 'offline' ? '.off' : ''}`,
    { key: who.id, ...place },
    h(
      chat ? 'button.who' : 'span.who',
      {
        label: chat && spoken(who.nick, line, more, unreadWord(unread)),
        onclick: chat && (() => openChat(chat)),
        ...props,
      },
      avatar(who, kind),
      h('span.txt', theirs('.nick.cut', who.nick), line && [' ', theirs('.sub.cut', line)]),
      badge(unread),
    ),
    beside,
  );
}

/** The field by which a list is searched. @param {string} label @param {string} value @param {(text: string) => void} search @param {string | null} [id] */
export const searchField = (label, value, search, id) =>
  h(
    'div.search',
    icon('search'),
    h('input', {
      id,
      type: 'search',
      value,
      placeholder: label,
      label,
      autocomplete: 'off',
      oninput: (/** @type {Event} */ event) => search(fieldOf(event).value),
    }),
  );

/** @param {string | undefined} key of a chat */
export const unreadIn = (key) => im.chats.find((chat) => chat.key === key)?.unread ?? 0;

/**
 * A panel above the bar; on a phone a sheet, whose button to close it stands before its title.
 * @param {string} title
 * @param {...Child} body
 */
export function panel(title, ...body) {
  const close = iconButton(
    ui.narrow ? t('Back') : t('Close'),
    ui.narrow ? 'back' : 'x',
    () => openPanel(''),
    { id: 'close' },
    '.flip',
  );
  return h(
    'section.panel',
    { key: ui.panel, id: 'panel', part: 'panel', label: title },
    h('header.head', ui.narrow && close, h('h2', title), !ui.narrow && close),
    ...body,
  );
}
