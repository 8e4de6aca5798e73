// The emoji to pick from.
//
// Owns: the set, and the grid. An emoji is its own name: screen readers say it in the language of their user, whatever
// the bar speaks. Must not: know where the chosen one goes.

import { h } from './dom.js';

/** @typedef {import('./types.js').View} View */

export const EMOJI = [...'🙂😁😃😆😂😉😊😍😘😛😎🤔😐🙄😌😴😟🙁😢😭😮😳😠😡👍👎👌👏👋🙏💪🤝', '❤️', ...'💔🔥🎉🎁💯🌹🍵'];
export const COLUMNS = 8;

/** @param {View} view @param {(emoji: string) => void} pick */
export function emojiGrid(view, pick) {
  return h(
    'div',
    { key: 'emoji', class: 'tray emoji', role: 'group', 'aria-label': view.t('emojiPicker'), 'data-keys': 'g', 'data-tray': 'emoji' },
    ...EMOJI.map((emoji) => h('button', { type: 'button', 'data-k': true, onclick: () => pick(emoji) }, emoji)),
  );
}
