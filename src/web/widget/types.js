// What the files of the widget share, for the type checker and the reader.
//
// Owns: the shape of the bar's own state, and of what its chunks keep in it. Must not: hold code; nothing of this file is in what is shipped.

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
 * @property {number} listPx the height of their list before it was searched: the field must not move away under a user who types in it
 * @property {Set<string>} closed contact groups that are folded
 * @property {'' | 'emoji' | 'format' | 'members' | 'clear'} tray what is open in the chat's window
 * @property {string} failure of the last thing asked for in the chat's window
 * @property {import('../core/types.js').Member[] | null} members of the room whose members are shown; null until they have come
 * @property {string} memberQuery what they are searched for
 * @property {import('./style.js').Format} format
 * @property {import('../core/types.js').Notice[]} toasts
 * @property {Set<string>} broken URLs of pictures that could not be loaded
 * @property {boolean} denied the browser refused desktop notifications
 * @property {Record<string, number>} sliding settings while their slider moves
 * @property {number} tabs how many chat tabs fit into the bar
 * @property {import('../core/types.js').ChatKey | ''} opened the chat the user opened last on this page
 * @property {boolean} tried to log in here
 */

/**
 * What a chunk keeps in the bar, once it is here and has something to keep.
 * @typedef {object} Late
 * @property {ReturnType<typeof import('../core/acts.js').createActs>} [acts]
 * @property {ReturnType<typeof import('../core/strangers.js').createStrangers>} [strangers]
 * @property {() => void} [showMarks] beside the links of the page
 * @property {Map<string, [number, number]>} [rows] that are drawn, by list: the first, and the one after the last
 * @property {WeakMap<object, {sign: string, node: import('./dom.js').VNode}>} [nodes] the last descriptions of the things in long lists
 * @property {import('./roster.js').NameOrder} [contacts]
 * @property {import('./roster.js').Roll} [members]
 * @property {import('./log.js').Reading} [reading]
 * @property {import('./style.js').Palette} [palette]
 */

export {};
