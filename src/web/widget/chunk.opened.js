// What is loaded with the first thing that is opened, or that the user is called for.
//
// Owns: the list of what the bar calls of it, and of what it shares with the chunks of chats and panels.
// Must not: hold code.

import './more-icons.js';
import './sheet.js';

export { settleStops } from './arrows.js';
export { acts } from './acts.js';
export { callForMessage, callForNotice, mayNotify, playSound } from './calls.js';
export { dayName, moment, time } from './dates.js';
export { takesKey } from './keys.js';
export { ROW_MENU, longList, menuTop, settleLists } from './longlist.js';
export { memo } from './memo.js';
export { SHOWS, presenceWord } from './presence.js';
export { empty, linkified, panel, personRow, searchField, timeOf, unreadIn } from './rows.js';
export { isBigEmoji, tokenise } from './text.js';
export { dismissToast } from './toasts.js';
