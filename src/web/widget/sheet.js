// The sheet that panels and chats are on a phone.
//
// Owns: that it ends where the keyboard begins. Must not: draw; it asks for a drawing.

import { draw, ending, shadow, window } from './share.js';

function followKeyboard() {
  const { style } = /** @type {HTMLElement} */ (shadow.querySelector('.root'));
  const { height, offsetTop } = /** @type {VisualViewport} */ (window.visualViewport);
  style.setProperty('--seen-height', `${height}px`);
  style.setProperty('--seen-top', `${offsetTop}px`);
  draw();
}

for (const name of ['resize', 'scroll'])
  window.visualViewport?.addEventListener(name, followKeyboard, { signal: ending.signal });
