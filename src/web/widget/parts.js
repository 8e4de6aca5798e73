// The small things the bar and what it opens are made of.
//
// Owns: buttons, avatars, presence dots, badges, openers of menus. Must not: know what they are for, or hold what
// only a panel or a chat shows (`rows.js`).

import { initialOf } from '../core/graphemes.js';
import { absolute } from '../core/page.js';

import { h } from './dom.js';

import { icon } from './icons.js';
import { presenceKind } from './roster.js';

import { safeUrl } from './text.js';

/** @typedef {import('./state.js').Bar} Bar */
/** @typedef {import('./dom.js').VNode} VNode */
/** @typedef {import('./dom.js').Child} Child */
/** @typedef {import('./dom.js').Props} Props */
/** @typedef {import('./icons.js').Icon} Icon */
/** @typedef {import('./roster.js').Kind} Kind */
/** @typedef {{nick: string, id: string, url?: string, pic_url?: string, default_pic_url?: string, presence?: string, show?: string}} Who */

/** More than this is not worth the room. */
const BADGE_MAX = 99;

/** A name of several parts, as it is spoken. @param {...(string | number | false | null | undefined)} parts */
export const spoken = (...parts) => parts.filter(Boolean).join(', ');

/** @param {Bar} bar @param {number} count */
export const unreadWord = (bar, count) => count && bar.t('{} unread', count);

/** @param {string} text @param {() => void} onclick @param {Props} [props] */
export const link = (text, onclick, props) => h('button.link', { onclick, ...props }, text);

/**
 * A button that is a picture.
 * @param {Bar} bar
 * @param {string} label
 * @param {Icon} name
 * @param {((event: Event) => void) | null} onclick
 * @param {Props} [props]
 * @param {string} [look] more classes
 */
export const iconButton = (bar, label, name, onclick, props, look = '') =>
  h(`button.ib${look}`, { label, title: label, onclick, ...props }, icon(bar, name));

/** A count for the eye; the name of what carries it says it in words. @param {Bar} bar @param {number} count */
export const badge = (bar, count) =>
  count > 0 &&
  h('span.badge', { 'aria-hidden': 'true' }, count > BADGE_MAX ? `${bar.number(BADGE_MAX)}+` : bar.number(count));

/** Text of another user or the site, in its own direction. @param {string} look @param {string | undefined} text */
export const theirs = (look, text) => h(`span${look}`, { dir: 'auto' }, text);

/** What is shown to the eye by colour and shape; names say it in words. @param {Kind} kind */
export const dot = (kind) => h(`span.dot.${kind}`, { 'aria-hidden': 'true' });

/** The whole address of what the site names, or nothing. @param {string | undefined} url */
export function wholeUrl(url) {
  try {
    return url && absolute(url);
  } catch {
    return '';
  }
}

/** The same, if it may be followed. @param {string | undefined} url */
export const siteUrl = (url) => safeUrl(wholeUrl(url));

/** A picture from elsewhere, or what stands for it. @param {Bar} bar @param {(string | undefined)[]} urls of which the first that can be loaded is shown @param {Child} instead */
export function picture(bar, urls, instead) {
  const src = urls.map(wholeUrl).find((url) => url && !bar.ui.broken.has(url));
  const onerror = () => {
    bar.ui.broken.add(src ?? '');
    bar.draw();
  };
  return src ? h('img', { key: src, src, alt: '', loading: 'lazy', draggable: 'false', onerror }) : instead;
}

/** @param {Bar} bar @param {Who} who @param {Kind | false} [kind] with a presence dot */
export function avatar(bar, who, kind) {
  let hue = 0; // a colour of its own for each user without a picture
  for (const letter of who.id) hue = (hue * 31 + letter.charCodeAt(0)) % 360;
  const initial = h('span.ini', { style: { '--hue': String(hue) } }, initialOf(who.nick) || initialOf(who.id));
  return h(
    'span.av',
    { 'aria-hidden': 'true' },
    picture(bar, [who.pic_url, who.default_pic_url], initial),
    kind && dot(kind),
  );
}

/** A link that another user or the site wrote, or only its text. @param {string | undefined} url @param {string} look @param {Props} props @param {...Child} kids */
export function siteLink(url, look, props, ...kids) {
  const href = siteUrl(url);
  return h((href ? 'a' : 'span') + look, { ...props, href }, ...kids);
}

/** The way to the site's own log-in. Single-page sites change their address meanwhile. @param {Bar} bar @param {string} look @param {Props} props @param {...Child} kids */
export function logInLink(bar, look, props, ...kids) {
  const onclick = (/** @type {Event} */ event) =>
    /** @type {Element} */ (event.currentTarget).setAttribute('href', bar.logInUrl());
  return h(look, { href: bar.logInUrl(), onclick, ...props }, ...kids);
}

/**
 * An entry of a menu.
 * @typedef {object} Item
 * @property {string} label
 * @property {Child} [mark] a picture before it
 * @property {Child} [end] and after it
 * @property {() => void} [run]
 * @property {string} [href]
 * @property {Props} [props]
 * @property {boolean} [checked] one of several, of which one is chosen
 */

/** What makes a button the opener of a menu. @param {Bar} bar @param {string} id */
export const opener = (bar, id) => ({
  id,
  'aria-haspopup': 'menu',
  'aria-expanded': bar.ui.popup === id,
  onclick: (/** @type {Event} */ event) => {
    event.preventDefault();
    bar.popup(id, bar.chunks.here('opened')?.menuTop(/** @type {HTMLElement} */ (event.currentTarget)));
  },
});

/** A button with its menu, which is drawn by what is loaded when one is opened. @param {Bar} bar @param {VNode} button that has an id @param {Item[]} items */
export function dropdown(bar, button, items) {
  const { id, title, label } = /** @type {{id: string, title?: string, label: string}} */ (button.props);
  return h(
    'span.pop',
    { key: id },
    button,
    bar.ui.popup === id && bar.chunks.want('panels')?.menu(bar, id, title ?? label, items),
  );
}

/** The other side of a chat, as far as it is known. @param {Bar} bar @param {Pick<import('../core/types.js').Chat, 'kind' | 'id'>} chat */
export function partner(bar, { kind, id }) {
  const room = kind === 'room';
  /** @type {Partial<import('../core/types.js').RoomInfo & import('../core/types.js').BuddyInfo> | undefined} */
  const known = room ? bar.im.rooms.get(id) : bar.im.contacts.get(id);
  return {
    nick: id,
    presence: 'offline',
    ...known,
    id,
    room,
    known,
    kind: !room && presenceKind(bar.im.contacts.get(id)),
  };
}
