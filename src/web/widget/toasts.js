// Cards above the bar.
//
// Owns: which notices have one, and how long. Must not: draw; `panels.js` does.

import { document } from './share.js';

/** @typedef {import('./state.js').Bar} Bar */
/** @typedef {import('../core/types.js').Notice} Notice */

const TOASTS_MAX = 3;
const TOAST_MS = 12_000;

/** Puts a card away. @param {Bar} bar @param {Notice} notice */
export function dismissToast(bar, notice) {
  bar.ui.toasts = bar.ui.toasts.filter((other) => other !== notice);
  bar.draw();
}

/** Shows a card for a while; longer while it is in use or the page is hidden. @param {Bar} bar @param {Notice} notice */
export function showToast(bar, notice) {
  if (bar.isQuiet()) return;
  bar.ui.toasts = [notice, ...bar.ui.toasts].slice(0, TOASTS_MAX);
  const leave = () => {
    if (document.hidden || bar.shadow.querySelector('.toasts:is(:hover, :focus-within)')) setTimeout(leave, TOAST_MS);
    else dismissToast(bar, notice);
  };
  setTimeout(leave, TOAST_MS);
  bar.draw();
}
