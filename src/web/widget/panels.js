// The smaller panels, and the cards above the bar.
//
// Owns: rooms, notifications with broadcasts and channel pushes. Must not: keep anything of its own.

import { sorted } from './roster.js';
import { acts, dismissToast, empty, linkified, longList, moment, panel, personRow, timeOf } from './chunk.opened.js';
import { h, icon, iconButton, siteLink, theirs } from './share.js';

/** @typedef {import('./state.js').Bar} Bar */
/** @typedef {import('../core/types.js').Notice} Notice */

/** @param {Bar} bar @param {import('../core/types.js').RoomInfo} room @param {import('./dom.js').Props} place */
function roomRow(bar, room, place) {
  const { id, nick, blocked = false } = room;
  const lock = iconButton(
    bar,
    bar.t(blocked ? 'Unlock room {}' : 'Lock room {}', nick),
    'lock',
    () => void acts(bar).lock(id, !blocked),
    { 'aria-pressed': blocked },
    blocked ? '.more.kept' : '.more',
  );
  return personRow(
    bar,
    { who: room, kind: blocked && 'offline', line: roomLine(bar, room), chat: `r/${id}`, place },
    lock,
  );
}

/** @param {Bar} bar @param {Partial<import('../core/types.js').RoomInfo>} room */
export const roomLine = (bar, { blocked, count = 0, all_count: all = 0 }) =>
  blocked ? bar.t('Locked') : bar.t('{} of {} online', count, all);

/** @param {Bar} bar */
export function roomsPanel(bar) {
  const rooms = sorted([...bar.im.rooms.values()], bar.words.lang, ({ blocked }) => blocked);
  return panel(
    bar,
    bar.t('Rooms'),
    h(
      'div.list',
      { 'data-keys': 'v' },
      rooms.length
        ? longList(bar, 'rooms', bar.t('Rooms'), rooms, (room, place) => roomRow(bar, room, place))
        : empty(bar, 'people', bar.t('No rooms yet')),
    ),
  );
}

/** @param {Bar} bar @param {Notice} notice @param {(() => void)} [dismiss] as a card that can be put away */
function noticeCard(bar, { id, kind, nick, body, url, time, read }, dismiss) {
  const channel = kind === 'channel';
  return h(
    `${dismiss ? 'div' : 'li'}.card.${kind}${read ? '' : '.new'}`,
    { key: id },
    h('span.mark', icon(bar, channel ? 'chat' : 'horn')),
    h(
      'div.txt',
      h(
        'span.what',
        h('strong', { dir: 'auto' }, channel ? bar.t('New in {}', nick) : bar.t('Announcement')),
        timeOf(time, moment(bar, time)),
      ),
      h('p', { dir: 'auto' }, linkified(body)),
      !channel && theirs('.sub', nick),
      url && siteLink(url, '.link', {}, bar.t('Open')),
    ),
    dismiss && iconButton(bar, bar.t('Dismiss'), 'x', dismiss),
  );
}

/** @param {Bar} bar @param {import('../core/types.js').Notification} entry */
const notification = (bar, { text, link, time }) =>
  h(
    'li',
    siteLink(link, '.item', {}, icon(bar, 'bell'), theirs('', text), time > 0 && timeOf(time, moment(bar, time))),
  );

/** A card above the bar. @param {Bar} bar @param {Notice} notice */
export const noticeToast = (bar, notice) => noticeCard(bar, notice, () => dismissToast(bar, notice));

/** @param {string} title @param {import('./dom.js').Child[]} entries */
const section = (title, entries) => entries.length > 0 && [h('h3', title), h('ul', { label: title }, ...entries)];

/** @param {Bar} bar */
export function noticesPanel(bar) {
  const { notices, notifications } = bar.im;
  return panel(
    bar,
    bar.t('Notifications'),
    h(
      'div.list',
      { id: bar.ui.narrow ? null : 'first', tabIndex: 0, role: 'group', label: bar.t('Notifications') },
      !notifications.length && !notices.length && empty(bar, 'bell', bar.t('All caught up')),
      section(
        bar.t('From the site'),
        notifications.map((entry) => bar.attempt(() => notification(bar, entry))),
      ),
      section(
        bar.t('Announcements'),
        notices.map((notice) => bar.attempt(() => noticeCard(bar, notice))),
      ),
    ),
  );
}
