// Which links of a page lead to a user.
//
// Owns: the patterns, how a user is read from a link, and when the first such link stands in the page: what is shown
// beside them is loaded then. Must not: change the page, or watch it without bounds.

import { document, isElement, unnamed, window } from '../core/page.js';

/** What may lead to a user. */
export const LINKS = 'a[href], [data-webim-user]';
/** A page that changes all the time is looked at this often. */
const LOOK_MS = 300;

/** The usual addresses of a user's page; the first group is the uid, or the id. */
export const USER_LINKS = [/space\.php\?(?:.*&)?uid=(\d+)/, /space-uid-(\d+)\.html/, /[?&]mod=space&(?:.*&)?uid=(\d+)/];

/**
 * Patterns as they stand in the script's tag; what is no regular expression is left out.
 * @param {string[]} sources
 */
export function compile(sources) {
  if (!sources.length) return USER_LINKS;
  return sources.flatMap((source) => {
    try {
      return new RegExp(source);
    } catch {
      return [];
    }
  });
}

/**
 * @param {string} href as it stands in the page
 * @param {RegExp[]} patterns
 * @returns {string} the user, or nothing
 */
export function userOf(href, patterns) {
  for (const pattern of patterns) {
    const found = pattern.exec(href)?.[1];
    if (found) return safeDecode(found);
  }
  return '';
}

/** @param {string} text */
function safeDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Calls once, when a link to a user stands in the page.
 * @param {RegExp[]} patterns
 * @param {(names: string[]) => void} then gets the users' names in the links that are there
 * @param {AbortSignal} signal of the bar's end
 */
export function whenLinked(patterns, then, signal) {
  /** @type {Set<Element>} */
  const added = new Set([document.documentElement]);
  let timer = 0;
  const nameIn = (/** @type {Element} */ element) => userOf(unnamed(element).getAttribute('href') ?? '', patterns);
  const look = () => {
    timer = 0;
    const links = [...added].flatMap((root) => [root, ...unnamed(root).querySelectorAll(LINKS)]);
    const names = new Set(links.map(nameIn).filter(Boolean));
    added.clear();
    if (!names.size && !links.some((link) => unnamed(link).hasAttribute('data-webim-user'))) return;
    end();
    then([...names]);
  };
  const observer = new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) if (isElement(node)) added.add(node);
    timer ||= setTimeout(look, LOOK_MS);
  });
  const end = () => {
    observer.disconnect();
    clearTimeout(timer);
  };
  observer.observe(window.document, { childList: true, subtree: true });
  signal.addEventListener('abort', end);
  look();
}
