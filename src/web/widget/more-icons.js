// The pictures of the buttons of what is opened.
//
// Owns: their lines, as `icons.js` has those of the bar; the bar is given them when the chunk comes. Must not: name one that
// the bar itself shows.

const RING = 'M8 2a6 6 0 1 0 .01 0';

export const MORE = {
  minus: 'M3 8h10',
  dots: 'M3 8h0M8 8h0M13 8h0',
  search: 'M7 3a4 4 0 1 0 .01 0M10 10l4 4',
  smile: `${RING}M5 9a3 3 0 0 0 6 0M6 6h0M10 6h0`,
  letter: 'M3 13 8 3l5 10M5 10h6',
  send: 'M8 13V3M4 7l4-4 4 4',
  check: 'm3 8 4 4 6-8',
  checks: 'm1 8 4 4 6-8M8 12l6-8',
  clock: `${RING}M8 5v3l2 2`,
  alert: `${RING}M8 5v3M8 11h0`,
  lock: 'M4 7h8v6H4zM6 7V5a2 2 0 0 1 4 0v2',
  ban: `${RING}M4 4l8 8`,
  download: 'M8 2v8M4 7l4 4 4-4M3 14h10',
  trash: 'M3 4h10M6 4V2h4v2M4 4l1 10h6l1-10',
  back: 'M13 8H3M7 4 3 8l4 4',
  horn: 'M3 7v2h2l6 3V4L5 7zM13 6q1 2 0 4',
};
