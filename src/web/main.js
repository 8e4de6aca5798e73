// What the script's tag loads: one core, one bar, one global.
//
// Owns: the attributes of the tag, the wait until the page has nothing better to do, the name `NextIM`, and where the
// script runs: in the page or, if the page has replaced what the language has built in, in a fresh frame of it.
// Must not: hold any of the page up, make a second bar, or load anything but from where the tag's script came.

import { publicApi } from './core/api.js';
import { createIM } from './core/im.js';
import { isIntact } from './core/intact.js';
import { complain, document, handed, unnamed, window } from './core/page.js';
import { createWidget } from './widget/widget.js';

/** @typedef {HTMLScriptElement} Tag */

const IDLE_MS_MAX = 2000; // a page that is never idle gets its bar after this long
const FILE = /\/webim\.js$/;

if (handed) run(handed.tag, handed.attach);
else arrive();

/** The tag of this script; what the page's users wrote is none. @returns {Tag | undefined} */
function ownTag() {
  const tag = document.currentScript ?? tagsIn(window)[0];
  return tag instanceof window.HTMLScriptElement && tag.src ? tag : undefined;
}

/** @param {Window} page @returns {Tag[]} */
function tagsIn(page) {
  const tags = /** @type {NodeListOf<Tag>} */ (unnamed(page.document).querySelectorAll('script[src]'));
  return [...tags].filter(({ src }) => FILE.test(new URL(src, window.location.href).pathname));
}

/** Where the site's endpoints are, in one spelling. @param {Tag} tag */
function siteOf({ dataset }) {
  const { origin, pathname } = new URL(dataset.site ?? '/webim', document.baseURI);
  return (origin === window.location.origin ? '' : origin) + pathname.replace(/\/+$/, '');
}

function arrive() {
  const tag = ownTag();
  if (!tag) return complain('the script does not find its own tag, <script src="…/webim.js">.');
  const hasBar = Object.hasOwn(window, 'NextIM') && typeof (/** @type {any} */ (window).NextIM?.on) === 'function';
  return hasBar ? undefined : whenSure(tag, around(), begin);
}

// ---- Frames --------------------------------------------------------------------------------------------------------

/** The windows around this one that are of the same site, the nearest first. */
function around() {
  const found = [];
  for (let page = /** @type {Window} */ (window); page !== page.parent; ) {
    page = page.parent;
    try {
      if (page.document) found.push(page);
    } catch {
      // Of another site.
    }
  }
  return found;
}

/**
 * Begins, unless the bar of a page around this one serves this frame as well. That page may not have come to its tag yet.
 * @param {Tag} tag
 * @param {Window[]} pages
 * @param {(tag: Tag) => void} then
 */
function whenSure(tag, pages, then) {
  const early = pages.find((page) => unnamed(page.document).readyState === 'loading');
  if (early) {
    unnamed(early.document).addEventListener('DOMContentLoaded', () => whenSure(tag, pages, then), { once: true });
    return;
  }
  const host = pages.find((page) => tagsIn(page).some((other) => siteOf(other) === siteOf(tag)));
  if (host) Object.defineProperty(window, 'NextIM', { get: () => /** @type {any} */ (host).NextIM, enumerable: true });
  else then(tag);
}

// ---- The page ------------------------------------------------------------------------------------------------------

/** @param {Tag} tag */
function begin(tag) {
  const { api, attach } = publicApi();
  Object.defineProperty(window, 'NextIM', { value: api, enumerable: true });
  if (isIntact(window)) run(tag, attach);
  else runInFrame(tag, attach);
}

/**
 * A frame has built-ins of its own, as the browser made them. The script runs there again, and works on this page.
 * @param {Tag} tag
 * @param {import('./core/api.js').Attach} attach
 */
function runInFrame(tag, attach) {
  const frame = document.createElement('iframe');
  frame.style.setProperty('display', 'none', 'important');
  Object.assign(frame, { nextim: { tag, attach } });
  frame.onload = () => {
    frame.onload = null;
    const inside = frame.contentDocument;
    if (!inside) return complain('a script of this page has replaced what the language has built in, and no frame can be made without it.');
    const script = inside.createElement('script');
    script.nonce = tag.nonce;
    script.onerror = () => complain('a script of this page has replaced what the language has built in, and the chat bar cannot be loaded into a frame without it.');
    script.src = tag.src;
    inside.head.appendChild(script);
    return undefined;
  };
  document.documentElement.appendChild(frame);
}

/**
 * @param {Tag} tag
 * @param {import('./core/api.js').Attach} attach
 */
function run(tag, attach) {
  const { user, jsonp, lang = '', theme = '', userLinks = '' } = tag.dataset;
  const im = createIM({ site: siteOf(tag), user, jsonp: jsonp !== undefined && jsonp !== 'false' });
  attach(im);
  /** @param {string} file */
  const beside = (file) => new URL(file, tag.src).href;
  whenIdle(() => {
    const widget = createWidget(im, {
      stylesheet: beside('webim.css'),
      words: beside('webim.zh.js'),
      lang,
      theme,
      userLinks: userLinks.split(/\s+/).filter(Boolean),
    });
    im.start();
    attach(im, widget);
  });
}

/** @param {() => void} then */
function whenIdle(then) {
  // Where there is none of the browser's, it may be the name of an element.
  const { requestIdleCallback: whenFree } = window;
  const idle = () => (typeof whenFree === 'function' ? whenFree.call(window, then, { timeout: IDLE_MS_MAX }) : setTimeout(then));
  if (document.readyState === 'complete') idle();
  else window.addEventListener('load', idle, { once: true });
}
