// What the page's script shares with the chunks it loads.
//
// Owns: the list. A chunk imports these from here, because their modules are there once a page.
// Must not: list what no chunk uses; each name is in what every page loads.

export { detach, document, isElement, unnamed, window } from '../core/page.js';
export { h, patch } from './dom.js';
export { fieldOf } from './guard.js';
export { makeHost } from './host.js';
export { icon } from './icons.js';
export { LINKS, userOf } from './links.js';
export {
  avatar,
  badge,
  dot,
  dropdown,
  iconButton,
  link,
  logInLink,
  opener,
  partner,
  siteLink,
  siteUrl,
  spoken,
  theirs,
  unreadWord,
  wholeUrl,
} from './parts.js';
export { heldSeconds } from './state.js';
