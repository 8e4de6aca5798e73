// Presences in words.
//
// Owns: the words. Must not: know what they stand beside.

import { presenceKind } from './roster.js';
import { t } from './share.js';

/** @type {Record<string, string>} */
export const SHOWS = {
  available: 'Available',
  away: 'Away',
  dnd: 'Do not disturb',
  invisible: 'Invisible',
  offline: 'Offline',
};

/** The word for a presence. @param {Parameters<typeof presenceKind>[0]} who */
export const presenceWord = (who) => t(SHOWS[presenceKind(who)] ?? '');
