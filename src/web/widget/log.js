// The lines of a chat.
//
// Owns: how messages look, and the scroll: it stays at the end while the user is there, stays with the line he reads
// when older ones come in above, and is where he left it when he comes back. Must not: hold messages.

import { groupByDay } from './days.js';
import { h, memo } from './dom.js';
import { icon } from './icons.js';
import { avatar, badge, linkified, partner } from './parts.js';
import { readStyle } from './style.js';
import { isBigEmoji, tokenise } from './text.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('../core/types.js').Chat} Chat */
/** @typedef {import('../core/types.js').Message} Message */

/** So near the end counts as at the end. */
const END_PX = 48;
/** So near the beginning older lines are fetched. */
const OLDER_PX = 80;
const SCROLL_SAVE_MS = 250;

/**
 * Where the reader is, of the chat that is shown.
 * @typedef {object} Reading
 * @property {string} key of the chat
 * @property {string} first line
 * @property {string} last line
 * @property {boolean} atEnd
 * @property {number} fromEnd pixels
 * @property {number} missed lines that came while he was not at the end
 * @property {boolean} loading older lines
 * @property {number} timer
 */

/** @type {Reading} */
const reading = { key: '', first: '', last: '', atEnd: true, fromEnd: 0, missed: 0, loading: false, timer: 0 };

/** A line keeps its key when the site gives it an id. @param {Message} message */
const lineKey = (message) => message.cid || message.id;

/** @param {View} view @param {Message} message */
function mark(view, message) {
  if (!message.own || message.state === 'received' || message.state === 'failed') return null;
  const name = { sending: 'clock', sent: 'check', delivered: 'checks' }[message.state];
  return icon(/** @type {import('./icons.js').Icon} */ (name), view.t(message.state));
}

/** @param {View} view @param {Chat} chat @param {Message} message */
function failure(view, chat, message) {
  if (message.state !== 'failed') return null;
  const { t, im } = view;
  return h(
    'div',
    { class: 'failed' },
    icon('alert'),
    h('span', null, message.reason || t('failed')),
    h('button', { type: 'button', class: 'link', onclick: () => im.retry(chat.key, message.cid) }, t('retry')),
    h('button', { type: 'button', class: 'link', onclick: () => im.discard(chat.key, message.cid) }, t('discard')),
  );
}

/** @param {View} view @param {Chat} chat @param {Message} message @param {boolean} last of its run */
function line(view, chat, message, last) {
  const tokens = tokenise(message.body);
  const big = isBigEmoji(tokens);
  return h(
    'div',
    { key: lineKey(message), class: `line ${message.state}` },
    h('div', { class: big ? 'bubble big' : 'bubble', dir: 'auto', style: readStyle(message.style, view.dark), title: view.words.moment(message.time) }, linkified(message.body)),
    (last || message.state === 'sending') && h('span', { class: 'meta' }, h('time', { datetime: new Date(message.time).toISOString() }, view.words.time(message.time)), mark(view, message)),
    failure(view, chat, message),
  );
}

/** @param {View} view @param {Chat} chat @param {import('./days.js').Run} run */
function runOf(view, chat, run) {
  const { messages, own, from, nick } = run;
  const who = view.im.contacts.get(from) ?? { id: from, nick };
  const name = own ? view.t('you') : nick;
  const showName = !own && chat.kind === 'room';
  return h(
    'div',
    { key: lineKey(/** @type {Message} */ (messages[0])), class: own ? 'run own' : 'run' },
    showName && avatar(view, { ...who, nick }),
    h('div', { class: 'lines' }, h('span', { class: showName ? 'by' : 'by sr', dir: 'auto' }, name), ...messages.map((message, at) => {
      const last = at === messages.length - 1;
      const signs = [view.words.lang, view.dark, last, message.state, message.reason, message.id, message.cid, message.time];
      return memo(message, signs, () => line(view, chat, message, last));
    })),
  );
}

/** @param {View} view @param {Chat} chat @param {HTMLElement} box */
async function loadOlder(view, chat, box) {
  if (reading.loading || !chat.loaded || chat.complete || box.scrollTop > OLDER_PX) return;
  reading.loading = true;
  view.draw();
  await view.im.older(chat.key).catch(() => false);
  reading.loading = false;
  view.draw();
}

/** @param {View} view @param {Chat} chat @param {HTMLElement} box */
function scrolled(view, chat, box) {
  if (reading.key !== chat.key) return;
  reading.fromEnd = Math.max(0, box.scrollHeight - box.clientHeight - box.scrollTop);
  const atEnd = reading.fromEnd < END_PX;
  if (atEnd !== reading.atEnd) view.draw();
  reading.atEnd = atEnd;
  if (atEnd) reading.missed = 0;
  clearTimeout(reading.timer);
  reading.timer = setTimeout(() => view.im.scroll(chat.key, Math.round(reading.atEnd ? 0 : reading.fromEnd)), SCROLL_SAVE_MS);
  void loadOlder(view, chat, box);
}

/** @param {View} view @param {Chat} chat */
function top(view, chat) {
  const { t } = view;
  if (reading.loading || !chat.loaded) return h('p', { class: 'top' }, t('loading'));
  if (!chat.messages.length) return h('p', { class: 'top hello' }, t('sayHello'));
  return chat.complete && h('p', { class: 'top' }, t('start'));
}

/** @param {View} view @param {Chat} chat */
export function log(view, chat) {
  const { t, words } = view;
  const { nick } = partner(view, chat);
  const now = Date.now();
  const days = groupByDay(chat.messages).map((day) => h('div', { key: day.day, class: 'day' }, h('h3', null, h('time', { datetime: day.day }, words.day(day.time, now))), ...day.runs.map((run) => runOf(view, chat, run))));
  const toEnd = () => {
    const box = view.find('log', chat.key);
    box?.scrollTo({ top: box.scrollHeight });
    box?.focus();
  };
  return [
    h(
      'div',
      {
        key: 'log', class: 'log', role: 'log', tabIndex: 0, 'aria-label': t('conversation', { who: nick }), 'aria-busy': String(reading.loading || !chat.loaded), 'data-log': chat.key,
        onscroll: (/** @type {any} */ event) => scrolled(view, chat, event.currentTarget),
      },
      top(view, chat),
      ...days,
      chat.typing && h('p', { key: 'typing', class: 'typing', 'aria-live': 'off' }, h('span', { class: 'wave', 'aria-hidden': 'true' }, h('i', null), h('i', null), h('i', null)), t('typing', { who: chat.typing })),
    ),
    !reading.atEnd && reading.key === chat.key && h(
      'button',
      { key: 'end', type: 'button', class: 'end', 'aria-label': reading.missed ? t('newMessages') : t('toEnd'), onclick: toEnd },
      icon('down'),
      reading.missed > 0 && [t('newMessages'), badge(view, reading.missed)],
    ),
  ];
}

/** After a drawing: puts the scroll where the reader expects it. @param {View} view @param {Chat | undefined} chat */
export function settleScroll(view, chat) {
  const box = chat && view.find('log', chat.key);
  if (!chat || !box) {
    reading.key = '';
    return;
  }
  const first = chat.messages[0] ? lineKey(chat.messages[0]) : '';
  const lastMessage = chat.messages.at(-1);
  const last = lastMessage ? lineKey(lastMessage) : '';
  const toEnd = (/** @type {number} */ pixels) => (box.scrollTop = box.scrollHeight - box.clientHeight - pixels);
  if (reading.key !== chat.key) {
    Object.assign(reading, { key: chat.key, atEnd: chat.scroll < END_PX, fromEnd: chat.scroll, missed: 0, loading: false });
    toEnd(chat.scroll);
  } else if (reading.atEnd || (last !== reading.last && lastMessage?.own && lastMessage.state === 'sending')) toEnd(0);
  else if (first !== reading.first) toEnd(reading.fromEnd);
  else if (last !== reading.last) {
    const from = chat.messages.findIndex((message) => lineKey(message) === reading.last);
    reading.missed += chat.messages.length - 1 - from;
    view.draw();
  }
  Object.assign(reading, { first, last });
  if (box.scrollHeight <= box.clientHeight && chat.messages.length) void loadOlder(view, chat, box);
}
