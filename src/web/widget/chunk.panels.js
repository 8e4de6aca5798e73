// What is loaded with the first panel or menu, or the first card above the bar.
//
// Owns: what the bar calls of it; the panels go by their names. Must not: hold code.

export { contactsPanel as contacts } from './contacts.js';
export { menu } from './menu.js';
export { noticeToast, noticesPanel as notices, roomsPanel as rooms } from './panels.js';
export { settingsPanel as settings } from './settings.js';
