// The lines of a chat.
//
// Owns: how messages look, and the scroll: it stays at the end while the user is there, stays with the line in view
// when older ones come in above, and is where the user left it when the chat is shown again. Must not: hold messages.

import { groupByDay } from './days.js';
import { readStyle } from './style.js';
import { acts, dayName, isBigEmoji, linkified, memo, moment, time, timeOf, tokenise } from './chunk.opened.js';
import {
  attempt,
  avatar,
  badge,
  draw,
  find,
  h,
  icon,
  im,
  isSpoken,
  lang,
  link,
  partner,
  t,
  theirs,
  ui,
} from './share.js';

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
 * @property {number} missed lines that came while the user was not at the end
 * @property {boolean} loading older lines
 * @property {string} [asked] the first line when older ones were last asked for
 * @property {number} timer
 */

/** @type {Reading} */
const reading = { key: '', first: '', last: '', atEnd: true, fromEnd: 0, missed: 0, loading: false, timer: 0 };

/** A line keeps its key when the site gives it an id. @param {Message | undefined} message */
const lineKey = (message) => message?.cid || message?.id || '';

/** How far a message of mine has come. That the other side has got it is for the site to say, not for us to guess. @type {Partial<Record<Message['state'], [import('./icons.js').Icon, string]>>} */
const MARKS = { sending: ['clock', 'Sending'], sent: ['check', 'Sent'] };

/** @param {string} chat @param {Message} message @param {boolean} last of its run */
function line(chat, { id, cid, own, body, style, state, reason, time: at }, last) {
  const mark = own && MARKS[state];
  return h(
    `div.line.${state}`,
    { key: cid || id },
    h(
      isBigEmoji(tokenise(body)) ? 'div.bubble.big' : 'div.bubble',
      { dir: 'auto', style: readStyle(style, ui.dark), title: moment(at) },
      linkified(body),
    ),
    (last || state === 'sending') && h('span.meta', timeOf(at, time(at)), mark && icon(mark[0], t(mark[1]))),
    state === 'failed' &&
      h(
        'div.failed',
        icon('alert'),
        h('span', reason || t('Not sent')),
        link(t('Retry'), () => acts.retry(cid)),
        link(t('Discard'), () => acts.discard(chat, cid)),
      ),
  );
}

/** @param {Chat} chat @param {import('./days.js').Run} run */
function runOf({ key, kind }, { messages, own, from, nick }) {
  const named = !own && kind === 'room';
  return h(
    `div.run${own ? '.own' : ''}`,
    { key: lineKey(messages[0]) },
    named && avatar({ ...im.contacts.get(from), id: from, nick }),
    h(
      'div.lines',
      theirs(named ? '.by' : '.by.sr', own ? t('You') : nick),
      ...messages.map((message, index) => {
        const last = index === messages.length - 1;
        const { state, reason, id, cid, time: at } = message;
        return memo(message, [lang, isSpoken(), ui.dark, last, state, reason, id, cid, at], () =>
          line(key, message, last),
        );
      }),
    ),
  );
}

/** Fetches older lines if the reader has come to the first. @param {Chat} chat @param {HTMLElement} box */
async function loadOlder(chat, box) {
  if (reading.loading || !chat.loaded || chat.complete || box.scrollTop > OLDER_PX) return;
  reading.loading = true;
  reading.asked = reading.first;
  draw();
  await acts.older(chat.key).catch(() => false);
  reading.loading = false;
  draw();
}

/** @param {Chat} chat @param {HTMLElement} box */
function scrolled(chat, box) {
  if (reading.key !== chat.key) return;
  const fromEnd = Math.max(0, box.scrollHeight - box.clientHeight - box.scrollTop);
  const atEnd = fromEnd < END_PX;
  if (atEnd !== reading.atEnd) draw();
  Object.assign(reading, { fromEnd, atEnd, missed: atEnd ? 0 : reading.missed });
  clearTimeout(reading.timer);
  reading.timer = setTimeout(() => acts.scroll(chat.key, atEnd ? 0 : Math.round(fromEnd)), SCROLL_SAVE_MS);
  void loadOlder(chat, box);
}

/** @param {Chat} chat */
function top({ loaded, messages, complete }) {
  if (reading.loading || !loaded) return h('p.top', t('Loading…'));
  if (!messages.length) return h('p.top.hello', t('Say hello!'));
  return complete && h('p.top', t('No earlier messages'));
}

/** @param {Chat} chat */
export function log(chat) {
  const { key, messages, typing, loaded } = chat;
  const days = groupByDay(messages).map(({ day, time: at, runs }) =>
    attempt(() =>
      h('div.day', { key: day }, h('h3', dayName(at, im.now)), ...runs.map((run) => attempt(() => runOf(chat, run)))),
    ),
  );
  const { missed } = reading;
  const onclick = () => {
    const box = find('log');
    if (box) box.scrollTop = box.scrollHeight;
    box?.focus();
  };
  return [
    h(
      'div.log',
      {
        key: 'log',
        id: 'log',
        role: 'log',
        tabIndex: 0,
        label: t('Conversation with {}', partner(chat).nick),
        'aria-busy': reading.loading || !loaded,
        onscroll: (/** @type {Event} */ event) => scrolled(chat, /** @type {HTMLElement} */ (event.currentTarget)),
      },
      top(chat),
      ...days,
      typing &&
        h(
          'p.typing',
          { key: 'typing', 'aria-live': 'off' },
          h('span.wave', { 'aria-hidden': 'true' }, h('i'), h('i'), h('i')),
          t('{} is typing…', typing),
        ),
    ),
    !reading.atEnd &&
      reading.key === key &&
      h(
        'button.end',
        { key: 'end', label: missed ? t('New messages') : t('To the newest message'), onclick },
        icon('down'),
        missed > 0 && [t('New messages'), badge(missed)],
      ),
  ];
}

/** After a drawing: puts the scroll where the reader expects it. @param {Chat | undefined} chat */
export function settleScroll(chat) {
  const box = find('log');
  // What is not shown has no height, and there is nowhere to scroll to.
  if (!chat || !box?.clientHeight) {
    reading.key = '';
    return;
  }
  const { key, messages, scroll } = chat;
  const first = lineKey(messages[0]);
  const newest = messages.at(-1);
  const last = lineKey(newest);
  const toEnd = (/** @type {number} */ pixels) => (box.scrollTop = box.scrollHeight - box.clientHeight - pixels);
  if (reading.key !== key) {
    Object.assign(reading, { key, atEnd: scroll < END_PX, fromEnd: scroll, missed: 0, loading: false, asked: '' });
    toEnd(scroll);
  } else if (reading.atEnd || (last !== reading.last && newest?.state === 'sending')) toEnd(0);
  else if (first !== reading.first) toEnd(reading.fromEnd);
  else if (last !== reading.last) {
    reading.missed += messages.length - 1 - messages.findIndex((message) => lineKey(message) === reading.last);
    draw();
  }
  Object.assign(reading, { first, last });
  // The user may have come to the first line before older ones could be asked for, or there is nothing to scroll. Not again
  // when none came.
  if (first !== reading.asked) void loadOlder(chat, box);
}
