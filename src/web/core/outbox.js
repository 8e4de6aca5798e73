// What is on its way to the site.
//
// Owns: how a message begins its way, and whose it is to send. Must not: call the site; sender.js does.

/** @typedef {import('./im.js').Core} Core */
/** @typedef {import('./model/world.js').Pending} Pending */

/** This tab sends it. @param {Core} core @param {Pending} pending */
export const isOwn = ({ tabs }, { state, tab }) => state === 'sending' && tab === tabs.id;

/** The tab that sent it has gone. @param {Core} core @param {Pending} pending */
export const isLeft = ({ tabs }, { state, tab }) => state === 'sending' && !tabs.isOpen(tab);

/**
 * @param {Core} core
 * @param {number} nth of this tab
 * @param {{key: string} & Pick<Pending, 'body' | 'style' | 'meta'>} said
 * @returns {Pending}
 */
export function newPending({ tabs, world, now }, nth, said) {
  const cid = `${tabs.id}-${nth}`;
  const { owner: from, me } = world;
  const line = { id: cid, cid, from, nick: me?.nick ?? '', own: true, time: now, reason: '' };
  return { ...line, ...said, state: 'sending', tab: tabs.id };
}
