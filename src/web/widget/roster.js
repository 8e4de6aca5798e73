// The order of the contacts.
//
// Owns: presence as the four kinds we show, groups with their counts, and the search. Must not: touch the page.

/** @typedef {import('../core/types.js').BuddyInfo} BuddyInfo */
/** @typedef {'available' | 'away' | 'dnd' | 'offline'} Kind */
/** @typedef {{name: string, online: number, total: number, contacts: BuddyInfo[]}} Group */

/** The group of those who are no friends. */
export const STRANGER = 'stranger';

/** @type {Record<string, Kind>} */
const KINDS = { away: 'away', xa: 'away', idle: 'away', unavailable: 'away', dnd: 'dnd', busy: 'dnd', invisible: 'offline', offline: 'offline' };

/** @param {{presence?: string, show?: string} | undefined} who @returns {Kind} */
export function presenceKind(who) {
  if (!who || who.presence === 'offline') return 'offline';
  return (Object.hasOwn(KINDS, who.show ?? '') && KINDS[who.show ?? '']) || 'available';
}

/** Friends online; strangers come and go with the page and are not counted. @param {Iterable<BuddyInfo>} contacts */
export function countOnline(contacts) {
  let count = 0;
  for (const who of contacts) if (who.group !== STRANGER && presenceKind(who) !== 'offline') count += 1;
  return count;
}

/**
 * By name, but first those that do not come last.
 * @template {{nick?: string, name?: string}} T
 * @param {T[]} list
 * @param {string} lang
 * @param {(one: T) => boolean | undefined} isLast
 */
export function sorted(list, lang, isLast) {
  const { compare } = new Intl.Collator(lang, { numeric: true });
  const nameOf = (/** @type {T} */ { nick, name = '' }) => nick ?? name;
  return list.sort((a, b) => Number(isLast(a) ?? 0) - Number(isLast(b) ?? 0) || compare(nameOf(a), nameOf(b)));
}

/**
 * Groups by name, strangers last; in each those online first, then by name. Counts are of the whole group, whatever
 * is searched for; a group without a match is left out.
 * @param {Iterable<BuddyInfo>} contacts
 * @param {string} query
 * @param {string} lang
 * @returns {Group[]}
 */
export function groupContacts(contacts, query, lang) {
  const wanted = query.trim().toLowerCase();
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const who of contacts) {
    const name = who.group ?? '';
    const group = groups.get(name) ?? { name, online: 0, total: 0, contacts: [] };
    groups.set(name, group);
    group.total += 1;
    if (presenceKind(who) !== 'offline') group.online += 1;
    if (`${who.nick}\n${who.id}\n${who.status ?? ''}`.toLowerCase().includes(wanted)) group.contacts.push(who);
  }
  const found = [...groups.values()].filter((group) => group.contacts.length);
  for (const group of found) sorted(group.contacts, lang, (who) => presenceKind(who) === 'offline');
  return sorted(found, lang, ({ name }) => name === STRANGER);
}
