// Users whose links stand in the page.
//
// Owns: a presence button beside each such link, in an element of its own whose shadow root keeps the page's style out
// and ours in. Must not: change the links, look into our own bar, or watch a page without bounds.

import { h, patch } from './dom.js';
import { lang, t } from './i18n.js';
import { icon } from './icons.js';
import { compile, userOf } from './links.js';
import { presenceWord } from './parts.js';
import { presenceKind } from './roster.js';
import { im, openChat } from './state.js';

/** @typedef {import('../core/types.js').BuddyInfo} BuddyInfo */

const USERS_MAX = 200;
const BUTTONS_MAX = 500;
/** A page that changes all the time is looked at this often. */
const SCAN_MS = 300;
const TAG = 'nextim-presence';
const LINKS = 'a[href], [data-webim-user]';

const STYLE = `:host{all:initial!important;display:inline-block!important;vertical-align:-.15em!important}
button{all:unset;display:grid;place-items:center;width:24px;height:24px;margin-inline-start:2px;cursor:pointer;border-radius:6px;color:#667085}
button:hover{background:#8886}button:focus-visible{outline:2px solid #2563d9}
svg{width:15px;fill:currentColor;stroke:currentColor;stroke-linejoin:round}
.available{color:#15803d}.away{color:#b45309}.dnd{color:#c81e1e}.offline svg{fill:none}
@media(forced-colors:active){button{color:ButtonText}}`;

/** @param {string} name @returns {{host: HTMLElement, shadow: ShadowRoot}} an element of ours in the page */
export function makeHost(name) {
  if (!customElements.get(name)) customElements.define(name, class extends HTMLElement {});
  const host = document.createElement(name);
  return { host, shadow: host.attachShadow({ mode: 'open' }) };
}

/**
 * A button in the page.
 * @typedef {object} Mark
 * @property {string} user
 * @property {HTMLElement} host
 * @property {ShadowRoot} shadow
 * @property {import('./dom.js').VNode[]} drawn
 */

/**
 * Finds users in the page, now and later.
 * @param {string[]} sources of patterns
 * @returns {() => void} shows the presences anew
 */
export function watchPage(sources) {
  const patterns = compile(sources);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  /** @type {Map<Element, Mark>} by link */
  const marks = new Map();
  /** @type {Set<string>} */
  const users = new Set();
  /** @type {Set<Element>} */
  const added = new Set([document.body]);
  let timer = 0;

  const mark = (/** @type {Element} */ link) => {
    const user = link.getAttribute('data-webim-user') || userOf(link.getAttribute('href') ?? '', patterns);
    // A picture that leads to the same page stands beside the name as a rule; one button is enough.
    if (!user || marks.has(link) || marks.size >= BUTTONS_MAX || !link.textContent?.trim()) return;
    if (link.closest('[contenteditable]') || (!users.has(user) && users.size >= USERS_MAX)) return;
    users.add(user);
    const made = makeHost(TAG);
    made.shadow.adoptedStyleSheets = [sheet];
    marks.set(link, { user, drawn: [], ...made });
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
      if (root.matches(LINKS)) mark(root);
      root.querySelectorAll(LINKS).forEach(mark);
    }
    added.clear();
    if (users.size > known) im.strangers([...users]);
    show();
  };

  const show = () => showMarks(marks);
  new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) if (node instanceof Element && !node.matches(TAG)) added.add(node);
    timer ||= setTimeout(scan, SCAN_MS);
  }).observe(document.body, { childList: true, subtree: true });
  scan();
  return show;
}

/** @param {Map<Element, Mark>} marks */
function showMarks(marks) {
  /** @type {Map<string | undefined, BuddyInfo>} by id and, before all, by number */
  const known = new Map();
  const contacts = [...im.contacts.values()].filter((who) => !who.incomplete);
  for (const who of contacts) known.set(who.id, who);
  for (const who of contacts) known.set(who.uid, who);
  for (const [link, found] of marks) {
    const { user, host, shadow } = found;
    const who = known.get(user);
    if (!who || user === im.me?.id || user === im.me?.uid) {
      host.remove();
      continue;
    }
    const label = t('Chat with {} ({})', who.nick, presenceWord(who).toLowerCase());
    const onclick = (/** @type {Event} */ event) => {
      event.preventDefault();
      event.stopPropagation();
      openChat(`u/${who.id}`);
    };
    const next = [h(`button.${presenceKind(who)}`, { lang, label, title: label, onclick }, icon('chat'))];
    patch(shadow, found.drawn, next);
    found.drawn = next;
    if (host.previousSibling !== link) link.after(host);
  }
}
