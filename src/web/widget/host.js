// Elements of ours in the page.
//
// Owns: how one is made, with a shadow root that keeps the page's style out and ours in. Must not: put it anywhere.

import { document } from '../core/page.js';

/**
 * An element of ours in the page.
 * @param {string} name
 * @param {CSSStyleSheet[]} sheets
 * @param {string} [className] of its root
 */
export function makeHost(name, sheets, className = '') {
  const host = document.createElement(name);
  const shadow = host.attachShadow({ mode: 'open' });
  const root = document.createElement('div');
  root.className = className;
  shadow.adoptedStyleSheets = sheets;
  shadow.append(root);
  return { host, shadow, root };
}
