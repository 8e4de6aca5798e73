// Presences in words.
//
// Owns: the words. Must not: know what they stand beside.

import { presenceKind } from './roster.js';

/** @typedef {import('./state.js').Bar} Bar */

/** @type {Record<string, string>} */
export const SHOWS = {
  available: 'Available',
  away: 'Away',
  dnd: 'Do not disturb',
  invisible: 'Invisible',
  offline: 'Offline',
};

/** The word for a presence. @param {Bar} bar @param {Parameters<typeof presenceKind>[0]} who */
export const presenceWord = (bar, who) => bar.t(SHOWS[presenceKind(who)] ?? '');
