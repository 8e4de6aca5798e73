// Which keys an element takes by itself.
//
// Owns: the keys that press a button and scroll a box. Must not: do what they do; the browser does.

const PRESSES = ['Enter', ' '];
const SCROLLS = ['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End', ' '];

/** Whether an element takes a key by itself: a button is pressed, a box scrolls. @param {KeyboardEvent} event */
export function isTaken(event) {
  const target = /** @type {Element} */ (event.composedPath()[0]);
  const keys = target.matches('button') ? PRESSES : target.matches('a') ? ['Enter'] : SCROLLS;
  return !event.ctrlKey && !event.altKey && !event.metaKey && keys.includes(event.key);
}
