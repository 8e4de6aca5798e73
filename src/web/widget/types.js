// What the files of the widget share, for the type checker and the reader.
//
// Owns: the shape of the bar's own state. Must not: hold code; nothing of this file is in what is shipped.

/**
 * What the user has opened and typed, on this page.
 * @typedef {object} Ui
 * @property {boolean} collapsed the whole bar is one button
 * @property {boolean} dark
 * @property {boolean} narrow a phone: panels and chats fill the screen
 * @property {'' | 'contacts' | 'rooms' | 'notices' | 'settings'} panel
 * @property {string} popup the menu that is open, by the id of its opener
 * @property {number} popupTop where, in a list; pixels
 * @property {string} query what contacts are searched for
 * @property {Set<string>} closed contact groups that are folded
 * @property {'' | 'emoji' | 'format' | 'members' | 'clear'} tray what is open in the chat's window
 * @property {string} failure of the last thing asked for in the chat's window
 * @property {import('../core/types.js').Member[] | null} members of the room whose members are shown; null until they have come
 * @property {import('./style.js').Format} format
 * @property {import('../core/types.js').Notice[]} toasts
 * @property {Set<string>} broken URLs of pictures that could not be loaded
 * @property {boolean} denied the browser refused desktop notifications
 * @property {Record<string, number>} sliding settings while their slider moves
 * @property {number} tabs how many chat tabs fit into the bar
 * @property {import('../core/types.js').ChatKey | ''} opened the chat the user opened last on this page
 * @property {boolean} tried to log in here
 */

export {};
