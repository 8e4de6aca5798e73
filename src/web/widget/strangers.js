// Users whose links stand in the page.
//
// Owns: a presence button beside each such link, in an element of its own whose shadow root keeps the page's style out
// and ours in. Must not: change the links, look into our own bar, or watch a page without bounds.

import { directory } from '../core/names.js';
import { createStrangers } from '../core/strangers.js';
import { presenceWord } from './presence.js';
import { presenceKind } from './roster.js';
import { LINKS, detach, document, h, icon, isElement, makeHost, patch, unnamed, userOf, window } from './share.js';

/** @typedef {import('./state.js').Bar} Bar */

/** @param {Bar} bar */
export const strangers = ({ im, late }) => (late.strangers ??= im.equip(createStrangers));

const BUTTONS_MAX = 500;
/** A page that changes all the time is looked at this often. */
const SCAN_MS = 300;
const TAG = 'nextim-presence';

/** One of those elements, and not a copy, which has nothing in it. @param {Element} node */
const isMark = (node) => node.localName === TAG && node.shadowRoot !== null;

/**
 * A button in the page.
 * @typedef {object} Mark
 * @property {string} name of the user
 * @property {boolean} isId the page says the id; otherwise it is as the link has it
 * @property {HTMLElement} host
 * @property {HTMLElement} root
 * @property {import('./dom.js').VNode[]} drawn
 */

/** Shows how the users are that the page's links lead to, those that come later too. @param {Bar} bar @param {RegExp[]} patterns */
export const showPresences = (bar, patterns) => (bar.late.showMarks ??= watchPage(bar, patterns))();

/**
 * Finds users in the page, now and later.
 * @param {Bar} bar
 * @param {RegExp[]} patterns
 * @returns {() => void} shows the presences again
 */
function watchPage(bar, patterns) {
  const sheets = [...bar.shadow.adoptedStyleSheets];
  /** @type {Map<Element, Mark>} by link */
  const marks = new Map();
  /** @type {Set<Element>} */
  const added = new Set([document.documentElement]);
  let timer = 0;

  const mark = (/** @type {Element} */ link) => {
    const it = unnamed(link);
    const id = it.getAttribute('data-webim-user');
    const name = id || userOf(it.getAttribute('href') ?? '', patterns);
    // A picture that leads to the same page stands beside the name as a rule; one button is enough.
    if (!name || marks.has(link) || marks.size >= BUTTONS_MAX || !it.textContent?.trim()) return;
    if (!it.closest('[contenteditable]'))
      marks.set(link, { name, isId: Boolean(id), drawn: [], ...makeHost(TAG, sheets, 'stranger') });
  };

  /** Copies of a part of the page have copies of our elements in them, which are empty. @param {Element} host */
  const tidy = (host) => {
    if (!isMark(host)) detach(host);
  };

  const scan = () => {
    timer = 0;
    for (const [link, { host }] of marks) {
      if (unnamed(link).isConnected) continue;
      detach(host);
      marks.delete(link);
    }
    for (const root of added) {
      const it = unnamed(root);
      if (!it.isConnected) continue;
      if (it.matches(LINKS)) mark(root);
      if (it.matches(TAG)) tidy(root);
      it.querySelectorAll(LINKS).forEach(mark);
      it.querySelectorAll(TAG).forEach(tidy);
    }
    added.clear();
    const all = [...marks.values()];
    const names = (/** @type {boolean} */ byId) => all.filter(({ isId }) => isId === byId).map(({ name }) => name);
    strangers(bar).mark(names(false), names(true));
    showMarks(bar, marks);
  };

  const observer = new MutationObserver((records) => {
    for (const { addedNodes } of records)
      for (const node of addedNodes) if (isElement(node) && !isMark(node)) added.add(node);
    timer ||= setTimeout(scan, SCAN_MS);
  });
  observer.observe(window.document, { childList: true, subtree: true });
  bar.signal.addEventListener('abort', () => {
    observer.disconnect();
    clearTimeout(timer);
    for (const { host } of marks.values()) detach(host);
  });
  scan();
  return () => showMarks(bar, marks);
}

/** @param {Bar} bar @param {Map<Element, Mark>} marks */
function showMarks(bar, marks) {
  if (!marks.size) return;
  const contacts = [...bar.im.contacts.values()].filter((who) => !who.incomplete);
  const { byId, byLink } = directory(bar.im.me ? [...contacts, { ...bar.im.me, presence: '' }] : contacts);
  for (const [link, found] of marks) {
    const { name, isId, host, root } = found;
    const who = isId ? byId(name) : byLink(name);
    if (!who || who.id === bar.im.me?.id) {
      detach(host);
      continue;
    }
    const label = bar.t('Chat with {} ({})', who.nick, presenceWord(bar, who).toLowerCase());
    const onclick = (/** @type {Event} */ event) => {
      event.preventDefault();
      event.stopPropagation();
      bar.openChat(`u/${who.id}`);
    };
    const next = [
      h(`button.${presenceKind(who)}`, { lang: bar.words.lang, label, title: label, onclick }, icon(bar, 'chat')),
    ];
    patch(root, found.drawn, next);
    found.drawn = next;
    if (host.previousSibling !== link) unnamed(link).after(host);
  }
}
