// The sheet that panels and chats are on a phone.
//
// Owns: that it ends where the keyboard begins. Must not: draw; it asks for a drawing.

import { window } from './share.js';

/** @param {import('./state.js').Bar} bar */
export function followKeyboard(bar) {
  const viewport = window.visualViewport;
  const follow = () => {
    const { style } = bar.root;
    const { height, offsetTop } = /** @type {VisualViewport} */ (viewport);
    style.setProperty('--seen-height', `${height}px`);
    style.setProperty('--seen-top', `${offsetTop}px`);
    bar.draw();
  };
  for (const name of ['resize', 'scroll']) viewport?.addEventListener(name, follow, { signal: bar.signal });
}
