// The smaller panels, and the cards above the bar.
//
// Owns: rooms, notifications with broadcasts and channel pushes. Must not: keep anything of its own.

import { sorted } from './roster.js';
import { acts, dismissToast, empty, linkified, longList, moment, panel, personRow, timeOf } from './chunk.opened.js';
import { attempt, h, icon, iconButton, im, lang, siteLink, t, theirs, ui } from './share.js';

/** @typedef {import('../core/types.js').Notice} Notice */

/** @param {import('../core/types.js').RoomInfo} room @param {import('./dom.js').Props} place */
function roomRow(room, place) {
  const { id, nick, blocked = false } = room;
  const lock = iconButton(
    t(blocked ? 'Unlock room {}' : 'Lock room {}', nick),
    'lock',
    () => void acts.lock(id, !blocked),
    { 'aria-pressed': blocked },
    blocked ? '.more.kept' : '.more',
  );
  return personRow({ who: room, kind: blocked && 'offline', line: roomLine(room), chat: `r/${id}`, place }, lock);
}

/** @param {Partial<import('../core/types.js').RoomInfo>} room */
export const roomLine = ({ blocked, count = 0, all_count: all = 0 }) =>
  blocked ? t('Locked') : t('{} of {} online', count, all);

export function roomsPanel() {
  const rooms = sorted([...im.rooms.values()], lang, ({ blocked }) => blocked);
  return panel(
    t('Rooms'),
    h(
      'div.list',
      { 'data-keys': 'v' },
      rooms.length ? longList('rooms', t('Rooms'), rooms, roomRow) : empty('people', t('No rooms yet')),
    ),
  );
}

/** @param {Notice} notice @param {(() => void)} [dismiss] as a card that can be put away */
function noticeCard({ id, kind, nick, body, url, time, read }, dismiss) {
  const channel = kind === 'channel';
  return h(
    `${dismiss ? 'div' : 'li'}.card.${kind}${read ? '' : '.new'}`,
    { key: id },
    h('span.mark', icon(channel ? 'chat' : 'horn')),
    h(
      'div.txt',
      h(
        'span.what',
        h('strong', { dir: 'auto' }, channel ? t('New in {}', nick) : t('Announcement')),
        timeOf(time, moment(time)),
      ),
      h('p', { dir: 'auto' }, linkified(body)),
      !channel && theirs('.sub', nick),
      url && siteLink(url, '.link', {}, t('Open')),
    ),
    dismiss && iconButton(t('Dismiss'), 'x', dismiss),
  );
}

/** @param {import('../core/types.js').Notification} entry */
const notification = ({ text, link, time }) =>
  h('li', siteLink(link, '.item', {}, icon('bell'), theirs('', text), time > 0 && timeOf(time, moment(time))));

/** A card above the bar. @param {Notice} notice */
export const noticeToast = (notice) => noticeCard(notice, () => dismissToast(notice));

/** @param {string} title @param {import('./dom.js').Child[]} entries */
const section = (title, entries) => entries.length > 0 && [h('h3', title), h('ul', { label: title }, ...entries)];

export function noticesPanel() {
  const { notices, notifications } = im;
  return panel(
    t('Notifications'),
    h(
      'div.list',
      { id: ui.narrow ? null : 'first', tabIndex: 0, role: 'group', label: t('Notifications') },
      !notifications.length && !notices.length && empty('bell', t('All caught up')),
      section(
        t('From the site'),
        notifications.map((entry) => attempt(() => notification(entry))),
      ),
      section(
        t('Announcements'),
        notices.map((notice) => attempt(() => noticeCard(notice))),
      ),
    ),
  );
}
