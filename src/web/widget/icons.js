// The pictures of the bar's buttons.
//
// Owns: their lines, on a grid of 24, drawn in the colour of the text around them. Must not: carry a meaning alone;
// whoever shows one gives it a name.

import { h } from './dom.js';

const RING = 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18';

const LINES = {
  menu: 'M5 5h5v5H5zM14 5h5v5h-5zM5 14h5v5H5zM14 14h5v5h-5z',
  bell: 'M6 10a6 6 0 0 1 12 0c0 5 2 6.5 2 6.5H4S6 15 6 10M10 20a2.3 2.3 0 0 0 4 0',
  person: 'M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20.5a7.5 7.5 0 0 1 15 0',
  people: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20a6.5 6.5 0 0 1 13 0M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.3a6.5 6.5 0 0 1 3.5 5.7',
  sliders: 'M4 7h9M19 7h1M4 17h1M11 17h9M16 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6M8 20a3 3 0 1 0 0-6 3 3 0 0 0 0 6',
  down: 'm6 9 6 6 6-6',
  up: 'm6 15 6-6 6 6',
  x: 'M6 6l12 12M18 6 6 18',
  minus: 'M5 12h14',
  dots: 'M5 12h.01M12 12h.01M19 12h.01',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M20 20l-4-4',
  smile: `${RING}M8 14a5 5 0 0 0 8 0M9 9.5h.01M15 9.5h.01`,
  letter: 'M5 19 11.5 5h1L19 19M7.6 14h8.8',
  send: 'M12 20V5M6 11l6-6 6 6',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  checks: 'm2 12.5 4.5 4.5L15 7.5M12 16.4l.6.6 9-9.5',
  clock: `${RING}M12 7v5l3 2`,
  alert: `${RING}M12 7.5v5.5M12 16.5h.01`,
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  ban: `${RING}M5.8 5.8l12.4 12.4`,
  download: 'M12 4v11M7 10.5l5 5 5-5M5 20h14',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13',
  back: 'M19 12H5M11 6l-6 6 6 6',
  out: 'M9 5H5v14h14v-4M13 5h6v6M19 5l-8 8',
  chat: 'M4 5h16v11.5H11L6.5 20v-3.5H4z',
  horn: 'M4 10v4h3l8 4V6l-8 4zM18.5 9.3a4 4 0 0 1 0 5.4',
};

/** @typedef {keyof typeof LINES} Icon */

/** @param {Icon} name @param {string} [label] if it stands alone */
export function icon(name, label) {
  const meaning = label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' };
  return h('svg', { viewBox: '0 0 24 24', class: `i i-${name}`, ...meaning }, h('path', { d: LINES[name] }));
}
