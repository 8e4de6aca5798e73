// The order of the contacts, and of the members of a room.
//
// Owns: presence as the four kinds we show, groups with their counts, the members of a room, and the search in both. Must not: touch the page.

/** @typedef {import('../core/types.js').BuddyInfo} BuddyInfo */
/** @typedef {'available' | 'away' | 'dnd' | 'offline'} Kind */
/** @typedef {{name: string, online: number, total: number, contacts: BuddyInfo[]}} Group */

/** The group of those who are no friends. */
export const STRANGER = 'stranger';

/** @type {Map<string | undefined, Kind>} */
const KINDS = new Map([
  ['away', 'away'],
  ['xa', 'away'],
  ['idle', 'away'],
  ['unavailable', 'away'],
  ['dnd', 'dnd'],
  ['busy', 'dnd'],
  ['invisible', 'offline'],
  ['offline', 'offline'],
]);

/** @param {{presence?: string, show?: string} | undefined} who @returns {Kind} */
export function presenceKind(who) {
  if (!who || who.presence === 'offline') return 'offline';
  return KINDS.get(who.show) ?? 'available';
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

/** Sorting thousands of names takes longer than a key may, and names change seldom. */
export class NameOrder {
  #lang = '';
  #nicks = [''];
  #order = [0];

  /** @param {BuddyInfo[]} contacts @param {string} lang */
  sort(contacts, lang) {
    const isOld =
      this.#lang !== lang ||
      this.#nicks.length !== contacts.length ||
      contacts.some(({ nick }, at) => nick !== this.#nicks[at]);
    if (isOld) {
      const { compare } = new Intl.Collator(lang, { numeric: true });
      const nicks = contacts.map(({ nick }) => nick);
      this.#lang = lang;
      this.#nicks = nicks;
      this.#order = nicks.map((_, at) => at).sort((a, b) => compare(nicks[a], nicks[b]));
    }
    return this.#order.map((at) => contacts[at]);
  }
}

/** @typedef {import('../core/types.js').Member} Member */

/** The members in use, sorted, and what was found among them. */
export class Roll {
  /** @type {Member[]} */
  #list = [];
  #lang = '';
  /** @type {Member[]} */
  #sorted = [];
  #query = '';
  /** @type {Member[]} */
  #found = [];

  /** Those whose name or id has what is searched for, by name. @param {Member[]} list @param {string} query @param {string} lang */
  find(list, query, lang) {
    if (this.#list !== list || this.#lang !== lang) {
      this.#list = list;
      this.#lang = lang;
      this.#sorted = sorted([...list], lang, () => false);
      this.#query = '';
    }
    const wanted = query.trim().toLowerCase();
    if (!wanted) return this.#sorted;
    if (this.#query !== wanted) {
      this.#query = wanted;
      this.#found = this.#sorted.filter(({ nick, id }) => `${nick}\n${id}`.toLowerCase().includes(wanted));
    }
    return this.#found;
  }
}

/**
 * Groups by name, strangers last; in each those online first, otherwise as they come. Counts are of the whole group, whatever
 * is searched for; a group without a match is left out.
 * @param {BuddyInfo[]} contacts by name
 * @param {string} query
 * @param {string} lang for the names of the groups
 * @returns {Group[]}
 */
export function groupContacts(contacts, query, lang) {
  const wanted = query.trim().toLowerCase();
  /** @type {Map<string, Group & {away: BuddyInfo[]}>} */
  const groups = new Map();
  for (const who of contacts) {
    const name = who.group ?? '';
    const group = groups.get(name) ?? { name, online: 0, total: 0, contacts: [], away: [] };
    groups.set(name, group);
    const isAway = presenceKind(who) === 'offline';
    group.total += 1;
    if (!isAway) group.online += 1;
    if (wanted && !`${who.nick}\n${who.id}\n${who.status ?? ''}`.toLowerCase().includes(wanted)) continue;
    (isAway ? group.away : group.contacts).push(who);
  }
  const all = [...groups.values()].map(({ away, ...group }) => ({ ...group, contacts: [...group.contacts, ...away] }));
  return sorted(
    all.filter((group) => group.contacts.length),
    lang,
    ({ name }) => name === STRANGER,
  );
}
