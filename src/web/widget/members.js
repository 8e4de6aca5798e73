// The members of a room, beside its lines.
//
// Owns: when the list is opened, its order, and the search in it, which last as long as the list. Must not: sort or draw
// all members for a key or a presence; `longlist.js` draws those that are seen.

import { acts, empty, longList, personRow, searchField } from './chunk.opened.js';
import { membersByName } from './roster.js';
import { draw, h, im, lang, partner, t, toggleTray, ui } from './share.js';

/** @typedef {import('../core/types.js').Chat} Chat */
/** @typedef {import('../core/types.js').Member} Member */

/** Fewer are all seen at once. */
const SEARCHED_MIN = 8;
/** What members are searched for. */
let query = '';

/** @param {Chat} chat */
export async function showMembers({ id, key }) {
  toggleTray('members');
  if (!ui.tray) return;
  ui.members = null;
  query = '';
  const list = await acts.members(id).catch(() => []);
  if (im.active === key) ui.members = list;
  draw();
}

/** @param {Member} member @param {import('./dom.js').Props} place */
const memberRow = (member, place) =>
  personRow({
    who: { ...(member.id === im.me?.id ? im.me : im.contacts.get(member.id)), ...member },
    place,
    ...(member.id === im.me?.id ? { line: t('You') } : { chat: `u/${member.id}` }),
  });

/** @param {string} text */
function search(text) {
  query = text;
  draw();
}

/** @param {Chat} chat */
export function members(chat) {
  const list = ui.members;
  const label = t('Members of {}', partner(chat).nick);
  const found = membersByName(list ?? [], query, lang);
  return h(
    'div.tray.members',
    { key: 'members', id: 'tray', role: 'group', label, tabIndex: -1, 'aria-busy': !list },
    !list?.length && h('p.hint', list ? t('Nobody is here') : t('Loading…')),
    list && list.length >= SEARCHED_MIN && searchField(t('Search members'), query, search),
    query !== '' && !found.length && empty('search', t('Nobody matches “{}”', query)),
    h('div', { 'data-keys': 'v' }, longList('members', label, found, memberRow)),
  );
}
