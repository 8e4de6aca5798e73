// The parts of what is opened: rows of people, links within texts, empty lists.
//
// Owns: those of them that more than one chunk needs; each brings them along. Must not: hold a state.

import { h } from './dom.js';
import { icon } from './icons.js';
import { avatar, badge, spoken, theirs, unreadWord } from './parts.js';
import { im, openChat } from './state.js';
import { tokenise } from './text.js';

/** @typedef {import('./dom.js').Child} Child */

/** Text with its links. @param {string} body */
export const linkified = (body) =>
  tokenise(body).map(({ href, text }) => (href ? h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, text) : text));

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
 * @param {Record<string, any>} [row.props]
 * @param {Child} [beside]
 */
export function personRow({ who, kind, line, more, chat, props }, beside) {
  const unread = unreadIn(chat);
  return h(
    `li.row${kind === 'offline' ? '.off' : ''}`,
    { key: who.id },
    h(
      chat ? 'button.who' : 'span.who',
      { label: chat && spoken(who.nick, line, more, unreadWord(unread)), onclick: chat && (() => openChat(chat)), ...props },
      avatar(who, kind),
      h('span.txt', theirs('.nick.cut', who.nick), line && [' ', theirs('.sub.cut', line)]),
      badge(unread),
    ),
    beside,
  );
}

/** @param {string | undefined} key of a chat */
export const unreadIn = (key) => im.chats.find((chat) => chat.key === key)?.unread ?? 0;
