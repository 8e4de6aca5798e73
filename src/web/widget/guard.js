// Keys and focus that stay with the bar.
//
// Owns: which events the page does not see. The page sees only the bar's element. Unguarded, it would take typing in the
// bar for its own shortcuts, or for focus leaving its dialog. So these events end at the window's capture, before the
// page's listeners, and the bar's own handlers are called from there. Must not: know what a key does, or
// keep pointer events; pages close their menus by them.

import { isElement, window } from '../core/page.js';
import { attempt } from './dom.js';

/** A field has its keys and the focus to itself. */
const FIELD = 'input, textarea, select';
const OF_FIELD = [
  'keydown',
  'keypress',
  'keyup',
  'beforeinput',
  'textInput',
  'input',
  'compositionstart',
  'compositionupdate',
  'compositionend',
  'cut',
  'copy',
  'paste',
  'focus',
  'blur',
  'focusin',
  'focusout',
];
/** A key code of 229 is a key that an input method has taken; some browsers say only that. */
const COMPOSING_KEY = 229;

/** Whether a key belongs to an input method. @param {KeyboardEvent} event */
export const isComposing = (event) => event.isComposing || event.keyCode === COMPOSING_KEY;

/** The field an event is of; `target` is the bar's element where the event is given from the window. @param {Event} event */
export const fieldOf = (event) => /** @type {HTMLInputElement} */ (event.composedPath()[0]);

/**
 * As early as possible: a listener the page has put on the window's capture before sees what a field of the bar gets.
 * @param {AbortSignal} signal of the bar's end
 * @param {(error: unknown) => void} report gets what a handler throws
 */
export function guardKeys(signal, report) {
  /** @type {{root: HTMLElement, onKey: (event: KeyboardEvent) => boolean} | null} */
  let bar = null;
  /** Keys whose keydown the bar took; it also takes their keyup, wherever the focus is by then. @type {Set<string>} */
  const held = new Set();

  /**
   * Calls the field's own handler, which the event does not reach. If the handler throws, the event still counts as handled.
   * @param {Event} event
   */
  const give = (event) => {
    const field = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (fieldOf(event)));
    const run = () => /** @type {((event: Event) => void) | null | undefined} */ (field[`on${event.type}`])?.(event);
    attempt(run, report);
  };

  /** @param {KeyboardEvent} event @param {boolean | undefined} within @param {boolean | undefined} isOfField */
  const keepsKey = (event, within, isOfField) => {
    const key = event.code || event.key;
    if (event.type === 'keyup') return held.delete(key) || isOfField;
    if (event.type === 'keypress') return held.has(key) || isOfField;
    held.delete(key);
    const isOurs = within && !isComposing(event);
    if (isOurs && isOfField) give(event);
    const isUsed = isOurs && !event.defaultPrevented && attempt(() => bar?.onKey(event), report) !== false; // one that failed, too
    if (isUsed || isOfField) held.add(key);
    return isUsed || isOfField;
  };

  const hear = (/** @type {Event} */ event) => {
    const target = fieldOf(event);
    const within = isElement(target) && bar?.root.contains(target);
    const isOfField = within && target.matches(FIELD);
    const isKept = event.type.startsWith('key')
      ? keepsKey(/** @type {KeyboardEvent} */ (event), within, isOfField)
      : isOfField;
    if (isOfField && !event.type.startsWith('key')) give(event);
    if (isKept) event.stopImmediatePropagation();
  };
  for (const type of OF_FIELD) window.addEventListener(type, hear, { capture: true, signal });

  /** From now on there is a bar; `onKey` answers whether it has used a key. @param {HTMLElement} root @param {(event: KeyboardEvent) => boolean} onKey */
  return (root, onKey) => {
    bar = { root, onKey };
  };
}
