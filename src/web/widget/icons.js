// The pictures of the bar's buttons.
//
// Owns: their lines, on a grid of 16, drawn in the colour of the text around them. Must not: name a picture; the caller
// does.

import { h } from './dom.js';

/** By name; `more-icons.js` has those of what is opened, which are there once its chunk is. */
export const LINES = {
  menu: 'M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z',
  bell: 'M4 7a4 4 0 0 1 8 0q0 3 1 4H3q1-1 1-4M7 14h2',
  person: 'M8 2a3 3 0 1 0 .01 0M3 14a5 5 0 0 1 10 0',
  people: 'M6 3a2 2 0 1 0 .01 0M2 13a4 4 0 0 1 8 0M11 3a2 2 0 0 1 0 4M12 9q2 1 2 4',
  sliders: 'M2 5h6M12 5h2M2 11h2M8 11h6M10 3a2 2 0 1 0 .01 0M6 9a2 2 0 1 0 .01 0',
  down: 'm4 6 4 4 4-4',
  x: 'm4 4 8 8M12 4l-8 8',
  out: 'M6 3H3v10h10v-3M9 3h4v4M13 3 7 9',
  chat: 'M3 3h10v8H8l-3 3v-3H3z',
};

/**
 * @typedef {'menu' | 'bell' | 'person' | 'people' | 'sliders' | 'down' | 'x' | 'out' | 'chat' | keyof typeof import('./more-icons.js').MORE} Icon
 */

/** @param {import('./state.js').Bar} bar @param {Icon} name @param {string} [label] if it stands alone */
export const icon = (bar, name, label) =>
  h(
    `svg.i.i-${name}`,
    { viewBox: '0 0 16 16', label, role: label && 'img', 'aria-hidden': label ? null : 'true' },
    h('path', { d: bar.icons[name] }),
  );
