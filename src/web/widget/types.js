// What the files of the widget share, for the type checker and the reader.
//
// Owns: the shapes of the bar's own state. Must not: hold code; nothing of this file is in what is shipped.

/** @typedef {import('../core/types.js').IM} IM */
/** @typedef {import('../core/types.js').ChatKey} ChatKey */

/**
 * What the user has opened and typed, on this page.
 * @typedef {object} Ui
 * @property {boolean} collapsed the whole bar is one button
 * @property {'' | 'contacts' | 'rooms' | 'notices' | 'settings'} panel
 * @property {string} popup the menu that is open
 * @property {number} popupTop where, in a list; pixels
 * @property {string} query what contacts are searched for
 * @property {Set<string>} closed contact groups that are folded
 * @property {'' | 'emoji' | 'format' | 'members' | 'clear'} tray what is open in the chat's window
 * @property {string} failure of the last thing asked for in the chat's window
 * @property {Map<string, import('../core/types.js').Member[]>} members by room
 * @property {import('./style.js').Format} format
 * @property {import('../core/types.js').Notice[]} toasts
 * @property {Set<string>} broken URLs of pictures that could not be loaded
 * @property {boolean} denied the browser refused desktop notifications
 * @property {Record<string, number>} sliding settings while their slider moves
 * @property {number} tabs how many chat tabs fit into the bar
 * @property {ChatKey | ''} opened the chat the user opened last on this page
 * @property {boolean} tried to log in here
 */

/**
 * What every part of the bar gets to draw itself and to act.
 * @typedef {object} View
 * @property {IM} im
 * @property {Ui} ui
 * @property {import('./i18n.js').Words} words
 * @property {import('./i18n.js').Words['t']} t
 * @property {boolean} dark
 * @property {boolean} narrow a phone: panels and chats fill the screen
 * @property {() => void} draw soon
 * @property {(find: () => Element | null | undefined) => void} focus after the next drawing
 * @property {(name: string, value: string) => HTMLElement | undefined} find by `data-` attribute
 * @property {(panel: Ui['panel']) => void} openPanel or close it, if it is open or none is named
 * @property {(key: ChatKey) => void} openChat
 * @property {(id: string, top?: number) => void} popup opens a menu, or closes it
 * @property {(collapsed: boolean) => void} collapse
 * @property {() => void} save what is kept of `Ui` for the next page
 * @property {() => void} testSound
 */

export {};
