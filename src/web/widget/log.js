// The lines of a chat.
//
// Owns: how messages look, and the scroll: it stays at the end while the user is there, stays with the line in view
// when older ones come in above, and is where the user left it when the chat is shown again. Must not: hold messages.

import { groupByDay } from './days.js';
import { shownStyle } from './style.js';
import { acts, dayName, isBigEmoji, linkified, memo, moment, time, timeOf, tokenise } from './chunk.opened.js';
import { avatar, badge, h, icon, link, partner, theirs } from './share.js';

/** @typedef {import('./state.js').Bar} Bar */
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

/** @param {Bar} bar @returns {Reading} */
const readingOf = ({ late }) =>
  (late.reading ??= {
    key: '',
    first: '',
    last: '',
    atEnd: true,
    fromEnd: 0,
    missed: 0,
    loading: false,
    timer: 0,
  });

/** A line keeps its key when the site gives it an id. @param {Message | undefined} message */
const lineKey = (message) => message?.cid || message?.id || '';

/** How far a message of mine has come. That the other side has got it is for the site to say, not for us to guess. @type {Partial<Record<Message['state'], [import('./icons.js').Icon, string]>>} */
const MARKS = { sending: ['clock', 'Sending'], sent: ['check', 'Sent'] };

/** @type {[import('./icons.js').Icon, string]} */
const ARRIVED = ['checks', 'Delivered'];

/** @param {Bar} bar @param {string} chat @param {Message} message @param {boolean} last of its run */
function line(bar, chat, { id, cid, own, body, style, state, reason, deleted, arrived, time: at }, last) {
  const mark = own && (arrived ? ARRIVED : MARKS[state]);
  return h(
    `div.line.${state}`,
    { key: cid || id },
    deleted
      ? h('div.bubble.gone', { title: moment(bar, at) }, bar.t('Message deleted'))
      : h(
          isBigEmoji(tokenise(body)) ? 'div.bubble.big' : 'div.bubble',
          { dir: 'auto', style: shownStyle(bar, style), title: moment(bar, at) },
          linkified(body),
        ),
    (last || state === 'sending') &&
      h('span.meta', timeOf(at, time(bar, at)), mark && icon(bar, mark[0], bar.t(mark[1]))),
    state === 'failed' &&
      h(
        'div.failed',
        icon(bar, 'alert'),
        h('span', reason || bar.t('Not sent')),
        link(bar.t('Retry'), () => acts(bar).retry(cid)),
        link(bar.t('Discard'), () => acts(bar).discard(chat, cid)),
      ),
  );
}

/** @param {Bar} bar @param {Chat} chat @param {import('./days.js').Run} run */
function runOf(bar, { key, kind }, { messages, own, from, nick }) {
  const named = !own && kind === 'room';
  return h(
    `div.run${own ? '.own' : ''}`,
    { key: lineKey(messages[0]) },
    named && avatar(bar, { ...bar.im.contacts.get(from), id: from, nick }),
    h(
      'div.lines',
      theirs(named ? '.by' : '.by.sr', own ? bar.t('You') : nick),
      ...messages.map((message, index) => {
        const last = index === messages.length - 1;
        const { state, reason, id, cid, body, deleted, arrived, time: at } = message;
        return memo(
          bar,
          message,
          [bar.words.lang, bar.words.isSpoken(), bar.ui.dark, last, state, reason, id, cid, at, deleted, arrived, body],
          () => line(bar, key, message, last),
        );
      }),
    ),
  );
}

/** Fetches older lines if the reader has come to the first. @param {Bar} bar @param {Chat} chat @param {HTMLElement} box */
async function loadOlder(bar, chat, box) {
  const reading = readingOf(bar);
  if (reading.loading || !chat.loaded || chat.complete || box.scrollTop > OLDER_PX) return;
  reading.loading = true;
  reading.asked = reading.first;
  bar.draw();
  await acts(bar)
    .older(chat.key)
    .catch(() => false);
  reading.loading = false;
  bar.draw();
}

/** @param {Bar} bar @param {Chat} chat @param {HTMLElement} box */
function scrolled(bar, chat, box) {
  const reading = readingOf(bar);
  if (reading.key !== chat.key) return;
  const fromEnd = Math.max(0, box.scrollHeight - box.clientHeight - box.scrollTop);
  const atEnd = fromEnd < END_PX;
  if (atEnd !== reading.atEnd) bar.draw();
  Object.assign(reading, { fromEnd, atEnd, missed: atEnd ? 0 : reading.missed });
  clearTimeout(reading.timer);
  reading.timer = setTimeout(() => acts(bar).scroll(chat.key, atEnd ? 0 : Math.round(fromEnd)), SCROLL_SAVE_MS);
  void loadOlder(bar, chat, box);
}

/** @param {Bar} bar @param {Chat} chat */
function top(bar, { loaded, messages, complete }) {
  const reading = readingOf(bar);
  if (reading.loading || !loaded) return h('p.top', bar.t('Loading…'));
  if (!messages.length) return h('p.top.hello', bar.t('Say hello!'));
  return complete && h('p.top', bar.t('No earlier messages'));
}

/** @param {Bar} bar @param {Chat} chat */
export function log(bar, chat) {
  const reading = readingOf(bar);
  const { key, messages, typing, loaded } = chat;
  const days = groupByDay(messages).map(({ day, time: at, runs }) =>
    bar.attempt(() =>
      h(
        'div.day',
        { key: day },
        h('h3', dayName(bar, at, bar.im.now)),
        ...runs.map((run) => bar.attempt(() => runOf(bar, chat, run))),
      ),
    ),
  );
  const { missed } = reading;
  const onclick = () => {
    const box = bar.find('log');
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
        label: bar.t('Conversation with {}', partner(bar, chat).nick),
        'aria-busy': reading.loading || !loaded,
        onscroll: (/** @type {Event} */ event) => scrolled(bar, chat, /** @type {HTMLElement} */ (event.currentTarget)),
      },
      top(bar, chat),
      ...days,
      typing &&
        h(
          'p.typing',
          { key: 'typing', 'aria-live': 'off' },
          h('span.wave', { 'aria-hidden': 'true' }, h('i'), h('i'), h('i')),
          bar.t('{} is typing…', typing),
        ),
    ),
    !reading.atEnd &&
      reading.key === key &&
      h(
        'button.end',
        { key: 'end', label: missed ? bar.t('New messages') : bar.t('To the newest message'), onclick },
        icon(bar, 'down'),
        missed > 0 && [bar.t('New messages'), badge(bar, missed)],
      ),
  ];
}

/** After a drawing: puts the scroll where the reader expects it. @param {Bar} bar @param {Chat | undefined} chat */
export function settleScroll(bar, chat) {
  const reading = readingOf(bar);
  const box = bar.find('log');
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
    bar.draw();
  }
  Object.assign(reading, { first, last });
  // The user may have come to the first line before older ones could be asked for, or there is nothing to scroll. Not again
  // when none came.
  if (first !== reading.asked) void loadOlder(bar, chat, box);
}
