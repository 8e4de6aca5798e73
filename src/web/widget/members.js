// The members of a room, beside its lines.
//
// Owns: when the list is opened, its order, and the search in it, which last as long as the list. Must not: sort or draw
// all members for a key or a presence; `longlist.js` draws those that are seen.

import { acts, empty, longList, personRow, searchField } from './chunk.opened.js';
import { Roll } from './roster.js';
import { h, partner } from './share.js';

/** @typedef {import('./state.js').Bar} Bar */
/** @typedef {import('../core/types.js').Chat} Chat */
/** @typedef {import('../core/types.js').Member} Member */

/** Fewer are all seen at once. */
const SEARCHED_MIN = 8;

/** @param {Bar} bar @param {Chat} chat */
export async function showMembers(bar, { id, key }) {
  bar.toggleTray('members');
  if (!bar.ui.tray) return;
  bar.ui.members = null;
  bar.ui.memberQuery = '';
  const list = await acts(bar)
    .members(id)
    .catch(() => []);
  if (bar.im.active === key) bar.ui.members = list;
  bar.draw();
}

/** @param {Bar} bar @param {Member} member @param {import('./dom.js').Props} place */
const memberRow = (bar, member, place) =>
  personRow(bar, {
    who: { ...(member.id === bar.im.me?.id ? bar.im.me : bar.im.contacts.get(member.id)), ...member },
    place,
    ...(member.id === bar.im.me?.id ? { line: bar.t('You') } : { chat: `u/${member.id}` }),
  });

/** @param {Bar} bar @param {Chat} chat */
export function members(bar, chat) {
  const { members: list, memberQuery: query } = bar.ui;
  const search = (/** @type {string} */ text) => {
    bar.ui.memberQuery = text;
    bar.draw();
  };
  const label = bar.t('Members of {}', partner(bar, chat).nick);
  const found = (bar.late.members ??= new Roll()).find(list ?? [], query, bar.words.lang);
  return h(
    'div.tray.members',
    { key: 'members', id: 'tray', role: 'group', label, tabIndex: -1, 'aria-busy': !list },
    !list?.length && h('p.hint', list ? bar.t('Nobody is here') : bar.t('Loading…')),
    list && list.length >= SEARCHED_MIN && searchField(bar, bar.t('Search members'), query, search),
    query !== '' && !found.length && empty(bar, 'search', bar.t('Nobody matches “{}”', query)),
    h(
      'div',
      { 'data-keys': 'v' },
      longList(bar, 'members', label, found, (member, place) => memberRow(bar, member, place)),
    ),
  );
}
