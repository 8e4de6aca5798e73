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
  draw,
  dropdown,
  focus,
  h,
  heldSeconds,
  icon,
  iconButton,
  im,
  link,
  minimise,
  opener,
  partner,
  seconds,
  siteLink,
  siteUrl,
  spoken,
  t,
  toggleTray,
  ui,
} from './share.js';

/** @typedef {import('../core/types.js').Chat} Chat */

/** Does something at the site and says if it did not work. @param {Promise<boolean>} done */
async function tryTo(done) {
  ui.failure = (await done.catch(() => false)) ? '' : t('That did not work.');
  draw();
}

/** What a user or room can be kept from: the word for it, and the way. @param {Chat} chat */
function blocking({ kind, id }) {
  const room = kind === 'room';
  const blocked = Boolean((room ? im.rooms : im.contacts).get(id)?.blocked);
  const words = room ? ['Lock room', 'Unlock room'] : ['Block', 'Unblock'];
  return {
    blocked,
    label: t(words[Number(blocked)] ?? ''),
    run: () => void tryTo(room ? acts.lock(id, !blocked) : acts.block(id, !blocked)),
  };
}

/** @param {Chat} chat */
function head(chat) {
  const who = partner(chat);
  const { room, known } = who;
  const close = () => {
    im.close(chat.key);
    focus('contacts');
  };
  const line =
    known &&
    (room ? roomLine({ ...known, blocked: false }) : [presenceWord(who), known.status].filter(Boolean).join(' · '));
  const items = [
    { ...blocking(chat), mark: icon(room ? 'lock' : 'ban') },
    { label: t('Download history'), mark: icon('download'), href: acts.downloadUrl(chat.key), props: { download: '' } },
    { label: t('Clear history'), mark: icon('trash'), run: () => ui.tray !== 'clear' && toggleTray('clear') },
  ];
  return h(
    'header.head',
    ui.narrow && iconButton(t('Back'), 'back', minimise, {}, '.flip'),
    avatar(who, who.kind),
    h(
      'div.txt',
      h('h2', siteLink(who.url, '.nick.cut', { dir: 'auto' }, who.nick)),
      line && h('span.sub.cut', { dir: 'auto', title: line }, line),
    ),
    room &&
      iconButton(
        spoken(t('Members'), known && t('{} online', known.count ?? 0)),
        'people',
        () => void showMembers(chat),
        { id: 'open members', 'aria-expanded': ui.tray === 'members' },
      ),
    dropdown(iconButton(t('Options'), 'dots', null, opener('options')), items),
    !ui.narrow && iconButton(t('Minimise'), 'minus', minimise),
    iconButton(t('Close'), 'x', close),
  );
}

/** A line of the window that says something, with what can be done about it. @param {string} text @param {...import('./dom.js').VNode} actions */
const note = (text, ...actions) => h('div.note', h('span', text), ...actions);

/** Asks in the window itself, not in a dialog that stops the page. @param {Chat} chat */
function confirmClear({ key }) {
  const clear = () => {
    toggleTray('clear');
    void tryTo(acts.clear(key));
  };
  const text = t('Clear it on your side?');
  return h(
    'div.ask',
    { key: 'clear', role: 'group', label: text },
    note(
      text,
      link(t('Clear'), clear, { class: 'link danger' }),
      link(t('Cancel'), () => toggleTray('clear'), { id: 'tray' }),
    ),
  );
}

/** What the user should know before writing. What the site refuses is read by nobody later. @param {Chat} chat */
function notes(chat) {
  const { nick, room, known } = partner(chat);
  const { blocked, label, run } = blocking(chat);
  if (blocked) return note(room ? t('You have locked this room.') : t('You have blocked {}.', nick), link(label, run));
  const isKnown = !room && im.state === 'online' && known && !known.incomplete;
  const isRefused = known?.refused || chat.messages.some(({ state, reason }) => state === 'failed' && reason);
  return [
    isKnown && known.presence === 'offline' && !isRefused && note(t('{} is offline and will read this later.', nick)),
    // A friend is made at the site, on the page of the one.
    isKnown &&
      known.group === STRANGER &&
      siteUrl(known.url) &&
      note(t('You are not friends yet.'), siteLink(known.url, '.link', {}, t('Add friend'))),
  ];
}

/** What has become of what was written. @param {Chat} chat */
function outcome(chat) {
  const left = heldSeconds(chat);
  const failed = chat.messages.filter(({ state }) => state === 'failed').length;
  return [
    h(
      left ? 'div.note' : 'div.none',
      { key: 'held' },
      h('span', { role: 'status' }, left > 0 && t('Too many messages at once.')),
      left > 0 && h('small.wait', t('Trying again in {}', seconds(left))),
    ),
    failed > 1 &&
      h(
        'div.note',
        { key: 'unsent' },
        h('span', t('{} messages were not sent.', failed)),
        link(t('Send all again'), () => acts.retryAll(chat.key)),
      ),
  ];
}

/** @param {Chat} chat */
export function chatWindow(chat) {
  return h(
    'section.chat',
    { key: chat.key, id: 'chat', part: 'chat', label: t('Chat with {}', partner(chat).nick) },
    head(chat),
    ui.tray === 'clear' && confirmClear(chat),
    h(ui.failure ? 'div.note.error' : 'div.none', { role: 'alert' }, ui.failure),
    h('div.mid', log(chat), ui.tray === 'members' && members(chat)),
    notes(chat),
    outcome(chat),
    !blocking(chat).blocked && composer(chat),
  );
}
