// Users whose links stand in the page.
//
// Owns: a presence button beside each such link, in an element of its own whose shadow root keeps the page's style out
// and ours in. Must not: change the links, look into our own bar, or watch a page without bounds.

import { compile, userOf } from './links.js';
import { presenceKind } from './roster.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('../core/types.js').BuddyInfo} BuddyInfo */

const USERS_MAX = 200;
const BUTTONS_MAX = 500;
/** A page that changes all the time is looked at this often. */
const SCAN_MS = 300;
const TAG = 'nextim-presence';
const OURS = 'nextim-bar, nextim-presence';

const STYLE = `:host{all:initial!important;display:inline-block!important;vertical-align:-.15em!important}
button{all:unset;box-sizing:border-box;display:inline-grid;place-items:center;width:24px;height:24px;margin-inline-start:2px;cursor:pointer;border-radius:6px;color:#667085}
button:hover{background:#8886}button:focus-visible{outline:2px solid #2563d9;outline-offset:1px}
svg{width:15px;height:15px;fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}
.available{color:#15803d}.available svg,.away svg,.dnd svg{fill:currentColor}.away{color:#b45309}.dnd{color:#c81e1e}
@media(forced-colors:active){button{color:ButtonText}}`;

/** @param {string} name */
export function defineElement(name) {
  if (!customElements.get(name)) customElements.define(name, class extends HTMLElement {});
}

/**
 * A button in the page.
 * @typedef {object} Mark
 * @property {string} user
 * @property {Element} link
 * @property {HTMLElement} host
 * @property {HTMLButtonElement} button
 */

/** @param {CSSStyleSheet} sheet @returns {{host: HTMLElement, button: HTMLButtonElement}} */
function makeButton(sheet) {
  const host = document.createElement(TAG);
  const shadow = host.attachShadow({ mode: 'open' });
  shadow.adoptedStyleSheets = [sheet];
  const button = document.createElement('button');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  button.type = 'button';
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', 'M4 5h16v11.5H11L6.5 20v-3.5H4z');
  svg.append(path);
  button.append(svg);
  shadow.append(button);
  return { host, button };
}

/**
 * Finds users in the page, now and later.
 * @param {View} view
 * @param {string[]} sources of patterns
 * @returns {() => void} shows the presences anew
 */
export function watchPage(view, sources) {
  const patterns = compile(sources);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  defineElement(TAG);
  /** @type {Map<Element, Mark>} */
  const marks = new Map();
  /** @type {Set<string>} */
  const users = new Set();
  /** @type {Set<Element>} */
  const added = new Set([document.body]);
  let timer = 0;

  const mark = (/** @type {Element} */ link) => {
    const user = link.getAttribute('data-webim-user') || (link.matches('a') ? userOf(link.getAttribute('href') ?? '', patterns) : '');
    // A picture that leads to the same page stands beside the name as a rule; one button is enough.
    if (!user || marks.has(link) || marks.size >= BUTTONS_MAX || !link.textContent?.trim()) return;
    if (link.closest(`${OURS}, [contenteditable]`) || (!users.has(user) && users.size >= USERS_MAX)) return;
    users.add(user);
    marks.set(link, { user, link, ...makeButton(sheet) });
  };

  const scan = () => {
    timer = 0;
    for (const [link, { host }] of marks) {
      if (link.isConnected) continue;
      host.remove();
      marks.delete(link);
    }
    const known = users.size;
    for (const root of added) {
      if (!root.isConnected) continue;
      if (root.matches('a[href], [data-webim-user]')) mark(root);
      for (const link of root.querySelectorAll('a[href], [data-webim-user]')) mark(link);
    }
    added.clear();
    if (users.size > known) view.im.strangers([...users]);
    show();
  };

  const show = () => showMarks(view, marks.values());
  new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) if (node instanceof Element && !node.matches(OURS)) added.add(node);
    timer ||= setTimeout(scan, SCAN_MS);
  }).observe(document.body, { childList: true, subtree: true });
  scan();
  return show;
}

/** @param {View} view @param {Iterable<Mark>} marks */
function showMarks(view, marks) {
  const { im, t } = view;
  /** @type {Map<string, BuddyInfo>} */
  const known = new Map();
  for (const who of im.contacts.values()) if (!who.incomplete) known.set(who.id, who);
  for (const who of known.values()) if (who.uid) known.set(who.uid, who);
  for (const { user, link, host, button } of marks) {
    const who = known.get(user);
    if (!who || user === im.me?.id || user === im.me?.uid) {
      host.remove();
      continue;
    }
    const kind = presenceKind(who);
    const label = t('chatNick', { who: who.nick, show: t(kind).toLowerCase() });
    button.className = kind;
    button.lang = view.words.lang;
    if (button.title !== label) button.setAttribute('aria-label', (button.title = label));
    button.onclick = (event) => {
      event.preventDefault();
      event.stopPropagation();
      view.openChat(`u/${who.id}`);
    };
    if (host.previousSibling !== link && link.parentNode) link.after(host);
  }
}
