// The window of one chat.
//
// Owns: its head with the menu, and the notices between head and lines. Must not: draw lines (`log.js`) or members
// (`members.js`), or take what is typed (`composer.js`).

import { composer } from './composer.js';
import { log } from './log.js';
import { members, showMembers } from './members.js';
import { roomLine } from './panels.js';
import { STRANGER } from './roster.js';
import { acts, presenceWord } from './chunk.opened.js';
import {
  avatar,
  dropdown,
  h,
  heldSeconds,
  icon,
  iconButton,
  link,
  opener,
  partner,
  siteLink,
  siteUrl,
  spoken,
} from './share.js';

/** @typedef {import('./state.js').Bar} Bar */
/** @typedef {import('../core/types.js').Chat} Chat */

/** Does something at the site and says if it did not work. @param {Bar} bar @param {Promise<boolean>} done */
async function tryTo(bar, done) {
  bar.ui.failure = (await done.catch(() => false)) ? '' : bar.t('That did not work.');
  bar.draw();
}

/** What a user or room can be kept from: the word for it, and the way. @param {Bar} bar @param {Chat} chat */
function blocking(bar, { kind, id }) {
  const room = kind === 'room';
  const blocked = Boolean((room ? bar.im.rooms : bar.im.contacts).get(id)?.blocked);
  const words = room ? ['Lock room', 'Unlock room'] : ['Block', 'Unblock'];
  return {
    blocked,
    label: bar.t(words[Number(blocked)] ?? ''),
    run: () => void tryTo(bar, room ? acts(bar).lock(id, !blocked) : acts(bar).block(id, !blocked)),
  };
}

/** @param {Bar} bar @param {Chat} chat */
function head(bar, chat) {
  const who = partner(bar, chat);
  const { room, known } = who;
  const close = () => {
    bar.im.close(chat.key);
    bar.focus('contacts');
  };
  const line =
    known &&
    (room
      ? roomLine(bar, { ...known, blocked: false })
      : [presenceWord(bar, who), known.status].filter(Boolean).join(' · '));
  const items = [
    { ...blocking(bar, chat), mark: icon(bar, room ? 'lock' : 'ban') },
    {
      label: bar.t('Download history'),
      mark: icon(bar, 'download'),
      href: acts(bar).downloadUrl(chat.key),
      props: { download: '' },
    },
    {
      label: bar.t('Clear history'),
      mark: icon(bar, 'trash'),
      run: () => bar.ui.tray !== 'clear' && bar.toggleTray('clear'),
    },
  ];
  return h(
    'header.head',
    bar.ui.narrow && iconButton(bar, bar.t('Back'), 'back', bar.minimise, {}, '.flip'),
    avatar(bar, who, who.kind),
    h(
      'div.txt',
      h('h2', siteLink(who.url, '.nick.cut', { dir: 'auto' }, who.nick)),
      line && h('span.sub.cut', { dir: 'auto', title: line }, line),
    ),
    room &&
      iconButton(
        bar,
        spoken(bar.t('Members'), known && bar.t('{} online', known.count ?? 0)),
        'people',
        () => void showMembers(bar, chat),
        { id: 'open members', 'aria-expanded': bar.ui.tray === 'members' },
      ),
    dropdown(bar, iconButton(bar, bar.t('Options'), 'dots', null, opener(bar, 'options')), items),
    !bar.ui.narrow && iconButton(bar, bar.t('Minimise'), 'minus', bar.minimise),
    iconButton(bar, bar.t('Close'), 'x', close),
  );
}

/** A line of the window that says something, with what can be done about it. @param {string} text @param {...import('./dom.js').VNode} actions */
const note = (text, ...actions) => h('div.note', h('span', text), ...actions);

/** Asks in the window itself, not in a dialog that stops the page. @param {Bar} bar @param {Chat} chat */
function confirmClear(bar, { key }) {
  const clear = () => {
    bar.toggleTray('clear');
    void tryTo(bar, acts(bar).clear(key));
  };
  const text = bar.t('Clear it on your side?');
  return h(
    'div.ask',
    { key: 'clear', role: 'group', label: text },
    note(
      text,
      link(bar.t('Clear'), clear, { class: 'link danger' }),
      link(bar.t('Cancel'), () => bar.toggleTray('clear'), { id: 'tray' }),
    ),
  );
}

/** What the user should know before writing. What the site refuses is read by nobody later. @param {Bar} bar @param {Chat} chat */
function notes(bar, chat) {
  const { nick, room, known } = partner(bar, chat);
  const { blocked, label, run } = blocking(bar, chat);
  if (blocked)
    return note(room ? bar.t('You have locked this room.') : bar.t('You have blocked {}.', nick), link(label, run));
  const isKnown = !room && bar.im.state === 'online' && known && !known.incomplete;
  const isRefused = known?.refused || chat.messages.some(({ state, reason }) => state === 'failed' && reason);
  return [
    isKnown &&
      known.presence === 'offline' &&
      !isRefused &&
      note(bar.t('{} is offline and will read this later.', nick)),
    // A friend is made at the site, on the page of the one.
    isKnown &&
      known.group === STRANGER &&
      siteUrl(known.url) &&
      note(bar.t('You are not friends yet.'), siteLink(known.url, '.link', {}, bar.t('Add friend'))),
  ];
}

/** What has become of what was written. @param {Bar} bar @param {Chat} chat */
function outcome(bar, chat) {
  const left = heldSeconds(chat);
  const failed = chat.messages.filter(({ state }) => state === 'failed').length;
  return [
    h(
      left ? 'div.note' : 'div.none',
      { key: 'held' },
      h('span', { role: 'status' }, left > 0 && bar.t('Too many messages at once.')),
      left > 0 && h('small.wait', bar.t('Trying again in {}', bar.seconds(left))),
    ),
    failed > 1 &&
      h(
        'div.note',
        { key: 'unsent' },
        h('span', bar.t('{} messages were not sent.', failed)),
        link(bar.t('Send all again'), () => acts(bar).retryAll(chat.key)),
      ),
  ];
}

/** @param {Bar} bar @param {Chat} chat */
export function chatWindow(bar, chat) {
  return h(
    'section.chat',
    { key: chat.key, id: 'chat', part: 'chat', label: bar.t('Chat with {}', partner(bar, chat).nick) },
    head(bar, chat),
    bar.ui.tray === 'clear' && confirmClear(bar, chat),
    h(bar.ui.failure ? 'div.note.error' : 'div.none', { role: 'alert' }, bar.ui.failure),
    h('div.mid', log(bar, chat), bar.ui.tray === 'members' && members(bar, chat)),
    notes(bar, chat),
    outcome(bar, chat),
    !blocking(bar, chat).blocked && composer(bar, chat),
  );
}
