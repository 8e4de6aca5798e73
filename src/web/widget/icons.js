// The pictures of the bar's buttons.
//
// Owns: their lines, on a grid of 16, drawn in the colour of the text around them. Must not: carry a meaning alone;
// whoever shows one gives it a name.

import { h } from './dom.js';

const RING = 'M8 2a6 6 0 1 0 .01 0';

const LINES = {
  menu: 'M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z',
  bell: 'M4 7a4 4 0 0 1 8 0q0 3 1 4H3q1-1 1-4M7 14h2',
  person: 'M8 2a3 3 0 1 0 .01 0M3 14a5 5 0 0 1 10 0',
  people: 'M6 3a2 2 0 1 0 .01 0M2 13a4 4 0 0 1 8 0M11 3a2 2 0 0 1 0 4M12 9q2 1 2 4',
  sliders: 'M2 5h6M12 5h2M2 11h2M8 11h6M10 3a2 2 0 1 0 .01 0M6 9a2 2 0 1 0 .01 0',
  down: 'm4 6 4 4 4-4',
  x: 'm4 4 8 8M12 4l-8 8',
  minus: 'M3 8h10',
  dots: 'M3 8h0M8 8h0M13 8h0',
  search: 'M7 3a4 4 0 1 0 .01 0M10 10l4 4',
  smile: `${RING}M5 9a3 3 0 0 0 6 0M6 6h0M10 6h0`,
  letter: 'M3 13 8 3l5 10M5 10h6',
  send: 'M8 13V3M4 7l4-4 4 4',
  check: 'm3 8 4 4 6-8',
  clock: `${RING}M8 5v3l2 2`,
  alert: `${RING}M8 5v3M8 11h0`,
  lock: 'M4 7h8v6H4zM6 7V5a2 2 0 0 1 4 0v2',
  ban: `${RING}M4 4l8 8`,
  download: 'M8 2v8M4 7l4 4 4-4M3 14h10',
  trash: 'M3 4h10M6 4V2h4v2M4 4l1 10h6l1-10',
  back: 'M13 8H3M7 4 3 8l4 4',
  out: 'M6 3H3v10h10v-3M9 3h4v4M13 3 7 9',
  chat: 'M3 3h10v8H8l-3 3v-3H3z',
  horn: 'M3 7v2h2l6 3V4L5 7zM13 6q1 2 0 4',
};

/** @typedef {keyof typeof LINES} Icon */

/** @param {Icon} name @param {string} [label] if it stands alone */
export const icon = (name, label) =>
  h(`svg.i.i-${name}`, { viewBox: '0 0 16 16', label, role: label && 'img', 'aria-hidden': label ? null : 'true' }, h('path', { d: LINES[name] }));
