// Which keys the bar takes.
//
// Owns: the keys that move the focus, press a button and scroll a box. Must not: press or scroll; the browser does.

import { moveFocus } from './arrows.js';
import { isAtGap } from './longlist.js';

/** @typedef {import('./state.js').Bar} Bar */

const PRESSES = ['Enter', ' '];
const SCROLLS = ['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End', ' '];

/** Whether an element takes a key by itself: a button is pressed, a box scrolls. @param {Element} target @param {KeyboardEvent} event */
function isTaken(target, event) {
  const keys = target.matches('button') ? PRESSES : target.matches('a') ? ['Enter'] : SCROLLS;
  return !event.ctrlKey && !event.altKey && !event.metaKey && keys.includes(event.key);
}

/**
 * Whether the element with the focus takes a key; one that moves the focus has done so. The key may come late.
 * @param {Bar} bar
 * @param {KeyboardEvent} event
 * @param {boolean} rtl
 * @param {() => void} drawNow draws the rows to which the next key would lead
 */
export function takesKey(bar, event, rtl, drawNow) {
  const target = bar.shadow.activeElement;
  if (!target) return false;
  const isMoved = moveFocus(target, event, rtl);
  if (isMoved && isAtGap(bar)) drawNow();
  return isMoved || isTaken(target, event);
}
