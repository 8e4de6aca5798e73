// Cards above the bar.
//
// Owns: which notices have one, and how long. Must not: draw; `panels.js` does.

import { document, draw, isQuiet, shadow, ui } from './share.js';

/** @typedef {import('../core/types.js').Notice} Notice */

const TOASTS_MAX = 3;
const TOAST_MS = 12_000;

/** Puts a card away. @param {Notice} notice */
export function dismissToast(notice) {
  ui.toasts = ui.toasts.filter((other) => other !== notice);
  draw();
}

/** Shows a card for a while; longer while it is in use or the page is hidden. @param {Notice} notice */
export function showToast(notice) {
  if (isQuiet()) return;
  ui.toasts = [notice, ...ui.toasts].slice(0, TOASTS_MAX);
  const leave = () => {
    if (document.hidden || shadow.querySelector('.toasts:is(:hover, :focus-within)')) setTimeout(leave, TOAST_MS);
    else dismissToast(notice);
  };
  setTimeout(leave, TOAST_MS);
  draw();
}
