// The parts of what is opened: a panel's frame, rows of people, the search in them, links within texts, empty lists.
//
// Owns: those of them that more than one chunk needs; each brings them along. Must not: hold a state.

import { tokenise } from './text.js';
import { avatar, badge, fieldOf, h, icon, iconButton, spoken, theirs, unreadWord } from './share.js';

/** @typedef {import('./state.js').Bar} Bar */
/** @typedef {import('./dom.js').Child} Child */
/** @typedef {import('./dom.js').Props} Props */

/** Text with its links. @param {string} body */
export const linkified = (body) =>
  tokenise(body).map(({ href, text }) =>
    href ? h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, text) : text,
  );

/** A moment, for people and for machines. @param {number} ms @param {string} text */
export const timeOf = (ms, text) => h('time', { datetime: new Date(ms).toISOString() }, text);

/** @param {Bar} bar @param {import('./icons.js').Icon} name @param {string} text */
export const empty = (bar, name, text) => h('div.empty', icon(bar, name), h('p', text));

/**
 * Somebody, or a room, in a list.
 * @param {Bar} bar
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
export function personRow(bar, { who, kind, line, more, chat, props, place }, beside) {
  const unread = unreadIn(bar, chat);
  return h(
    `li.row${kind === 'offline' ? '.off' : ''}`,
    { key: who.id, ...place },
    h(
      chat ? 'button.who' : 'span.who',
      {
        label: chat && spoken(who.nick, line, more, unreadWord(bar, unread)),
        onclick: chat && (() => bar.openChat(chat)),
        ...props,
      },
      avatar(bar, who, kind),
      h('span.txt', theirs('.nick.cut', who.nick), line && [' ', theirs('.sub.cut', line)]),
      badge(bar, unread),
    ),
    beside,
  );
}

/** The field by which a list is searched. @param {Bar} bar @param {string} label @param {string} value @param {(text: string) => void} search @param {string | null} [id] */
export const searchField = (bar, label, value, search, id) =>
  h(
    'div.search',
    icon(bar, 'search'),
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

/** @param {Bar} bar @param {string | undefined} key of a chat */
export const unreadIn = (bar, key) => bar.im.chats.find((chat) => chat.key === key)?.unread ?? 0;

/**
 * A panel above the bar; on a phone a sheet, whose button to close it stands before its title.
 * @param {Bar} bar
 * @param {string} title
 * @param {...Child} body
 */
export function panel(bar, title, ...body) {
  const close = iconButton(
    bar,
    bar.ui.narrow ? bar.t('Back') : bar.t('Close'),
    bar.ui.narrow ? 'back' : 'x',
    () => bar.openPanel(''),
    { id: 'close' },
    '.flip',
  );
  return h(
    'section.panel',
    { key: bar.ui.panel, id: 'panel', part: 'panel', label: title },
    h('header.head', bar.ui.narrow && close, h('h2', title), !bar.ui.narrow && close),
    ...body,
  );
}
