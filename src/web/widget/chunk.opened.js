// What is loaded with the first thing that is opened, or that the user is called for.
//
// Owns: the list of what the bar calls of it, and of what it shares with the chunks of chats and panels; what it begins
// in the bar. Must not: draw.

import { acts } from './acts.js';
import { followScroll } from './longlist.js';
import { MORE } from './more-icons.js';
import { followKeyboard } from './sheet.js';

export { settleStops } from './arrows.js';
export { acts };
export { callForMessage, callForNotice, mayNotify, playSound } from './calls.js';
export { dayName, moment, time } from './dates.js';
export { takesKey } from './keys.js';
export { ROW_MENU, longList, menuTop, settleLists } from './longlist.js';
export { memo } from './memo.js';
export { SHOWS, presenceWord } from './presence.js';
export { empty, linkified, panel, personRow, searchField, timeOf, unreadIn } from './rows.js';
export { isBigEmoji, tokenise } from './text.js';
export { dismissToast } from './toasts.js';

/** @param {import('./state.js').Bar} bar */
export function begin(bar) {
  acts(bar);
  Object.assign(bar.icons, MORE);
  followKeyboard(bar);
  followScroll(bar);
}
