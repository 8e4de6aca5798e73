// The small things every panel is made of.
//
// Owns: buttons, avatars, presence dots, badges, menus, a panel's frame, empty lists. Must not: know what they are for.

import { h } from './dom.js';
import { icon } from './icons.js';
import { presenceKind } from './roster.js';
import { safeUrl, tokenise } from './text.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('./dom.js').VNode} VNode */
/** @typedef {import('../core/types.js').Chat} Chat */
/** @typedef {{nick: string, id: string, pic_url?: string, default_pic_url?: string, presence?: string, show?: string}} Who */

/** More than this is not worth the room. */
const BADGE_MAX = 99;

/**
 * A button that is a picture.
 * @param {string} label
 * @param {import('./icons.js').Icon} name
 * @param {(event: any) => void} onclick
 * @param {Record<string, any>} [props]
 */
export function iconButton(label, name, onclick, props) {
  return h('button', { type: 'button', ...props, class: `ib ${props?.class ?? ''}`, 'aria-label': label, title: label, onclick }, icon(name));
}

/**
 * A count for the eye; `data-text` is drawn by the stylesheet and is no part of a button's name, which says it in words.
 * @param {View} view
 * @param {number} count
 * @returns {VNode | null}
 */
export function badge(view, count) {
  const text = count > BADGE_MAX ? `${view.words.number(BADGE_MAX)}+` : view.words.number(count);
  return count > 0 ? h('span', { class: 'badge', 'data-text': text }) : null;
}

/** What is shown to the eye by colour and shape; names say it in words. @param {import('./roster.js').Kind} kind */
export const dot = (kind) => h('span', { class: `dot ${kind}`, 'aria-hidden': 'true' });

/** A colour of his own for who has no picture. @param {string} id */
function hue(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return sum;
}

/** @param {View} view @param {Who} who @param {import('./roster.js').Kind} [kind] with a presence dot */
export function avatar(view, who, kind) {
  const { broken } = view.ui;
  const src = [who.pic_url, who.default_pic_url].find((url) => url && !broken.has(url));
  const onerror = () => {
    broken.add(src ?? '');
    view.draw();
  };
  const initial = [...(who.nick || who.id || '?')][0]?.toUpperCase();
  return h(
    'span',
    { class: 'av', 'aria-hidden': 'true' },
    src
      ? h('img', { key: src, src, alt: '', loading: 'lazy', decoding: 'async', draggable: 'false', onerror })
      : h('span', { class: 'ini', 'data-text': initial, style: { '--hue': String(hue(who.id)) } }),
    kind && dot(kind),
  );
}

/** The word for a presence. @param {View} view @param {{presence?: string, show?: string} | undefined} who */
export const presenceWord = (view, who) => view.t(presenceKind(who));

/** A link somebody else wrote, or only its text. @param {string | undefined} url @param {Record<string, any>} props @param {...import('./dom.js').Child} kids */
export function siteLink(url, props, ...kids) {
  const href = url && safeUrl(url, document.baseURI);
  return href ? h('a', { ...props, href }, ...kids) : h('span', { class: props.class }, ...kids);
}

/** @param {import('./icons.js').Icon} name @param {string} text @param {string} [hint] */
export function empty(name, text, hint) {
  return h('div', { class: 'empty' }, icon(name), h('p', null, text), hint && h('p', { class: 'hint' }, hint));
}

/**
 * A panel above the bar; on a phone a sheet.
 * @param {View} view
 * @param {string} title
 * @param {...import('./dom.js').Child} body
 */
export function panel(view, title, ...body) {
  const close = () => view.openPanel('');
  return h(
    'section',
    { key: `panel ${view.ui.panel}`, class: `panel ${view.ui.panel}`, id: 'panel', part: 'panel', 'aria-label': title, 'data-panel': view.ui.panel },
    h(
      'header',
      { class: 'head' },
      view.narrow && iconButton(view.t('back'), 'back', close, { class: 'flip', 'data-first': true }),
      h('h2', null, title),
      !view.narrow && iconButton(view.t('close'), 'x', close),
    ),
    ...body,
  );
}

/**
 * An entry of a menu.
 * @typedef {object} Item
 * @property {string} label
 * @property {import('./dom.js').Child} [mark] a picture before it
 * @property {import('./dom.js').Child} [end] and after it
 * @property {() => void} [run]
 * @property {string} [href]
 * @property {Record<string, any>} [props]
 * @property {boolean} [checked] one of several, of which one is chosen
 */

/**
 * A menu, if it is the one that is open. Its opener carries `opener(view, id)`.
 * @param {View} view
 * @param {string} id
 * @param {string} label
 * @param {Item[]} items
 * @param {Record<string, any>} [props]
 */
export function menu(view, id, label, items, props) {
  if (view.ui.popup !== id) return null;
  const entry = (/** @type {Item} */ item) => {
    const role = item.checked === undefined ? 'menuitem' : 'menuitemradio';
    const onclick = () => {
      view.popup('');
      item.run?.();
    };
    const checked = item.checked === undefined ? null : String(item.checked);
    return h(
      item.href ? 'a' : 'button',
      { ...(item.href ? { href: item.href } : { type: 'button' }), ...item.props, role, 'aria-checked': checked, 'data-k': true, onclick },
      h('span', { class: 'mark' }, item.mark),
      h('span', { class: 'cut' }, item.label),
      item.checked ? icon('check') : item.end,
    );
  };
  return h('div', { class: 'menu', role: 'menu', 'aria-label': label, 'data-keys': 'v', 'data-menu': id, ...props }, ...items.map(entry));
}

/** What makes a button the opener of a menu. @param {View} view @param {string} id */
export function opener(view, id) {
  return { 'data-opener': id, 'aria-haspopup': 'menu', 'aria-expanded': String(view.ui.popup === id) };
}

/**
 * Who a chat is with, as far as it is known.
 * @param {View} view
 * @param {Pick<Chat, 'kind' | 'id'>} chat
 * @returns {Who & {url?: string}}
 */
export function partner(view, chat) {
  const known = chat.kind === 'room' ? view.im.rooms.get(chat.id) : view.im.contacts.get(chat.id);
  return known ?? { id: chat.id, nick: chat.id };
}

/** Text with its links. @param {string} body */
export function linkified(body) {
  return tokenise(body).map((token) => (token.kind === 'link' ? h('a', { href: token.href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, token.text) : token.text));
}

/** Opens one of the things a chat's window can show beside its lines, or closes it. @param {View} view @param {View['ui']['tray']} tray */
export function toggleTray(view, tray) {
  view.ui.tray = view.ui.tray === tray ? '' : tray;
  view.ui.failure = '';
  view.draw();
}
