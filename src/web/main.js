// What the script's tag loads: one core, one bar, one global.
//
// Owns: the attributes of the tag, the wait until the page has nothing better to do, the name `NextIM`, and where the
// script runs: in the page or, if the page has replaced what the language has built in, in a fresh frame of it; and the
// change to another build of this script. Must not: hold any of the page up, make a second bar, or load anything but from where the tag's script came.

import { publicApi } from './core/api.js';
import { createIM } from './core/im.js';
import { isIntact } from './core/intact.js';
import { complain, document, handed, unnamed, window } from './core/page.js';
import { createLoader } from './loader.js';
import { guardKeys } from './widget/guard.js';
import { createWidget } from './widget/widget.js';

/**
 * What one build of this script leaves to the next on the same page; all builds must agree on it.
 * @typedef {object} Legacy
 * @property {ReturnType<typeof publicApi>} bridge the global stays the same object, whatever drives it
 * @property {() => import('./widget/types.js').Ui['panel']} leave ends the older one, and tells which panel was open
 */

/** @typedef {HTMLScriptElement & {legacy?: Legacy}} Tag */
/** @typedef {ReturnType<typeof publicApi>} Bridge */

const IDLE_MS_MAX = 2000; // a page that is never idle gets its bar after this long
const FILE = /\/webim\.js$/;

if (handed) run(handed.tag, handed.bridge);
else arrive();

/** The tag of this script; what the page's users wrote is none. @returns {Tag | undefined} */
function ownTag() {
  const tag = document.currentScript ?? tagsIn(window)[0];
  return tag instanceof window.HTMLScriptElement && tag.src ? tag : undefined;
}

/** @param {Window} page @returns {Tag[]} */
function tagsIn(page) {
  const tags = /** @type {NodeListOf<Tag>} */ (unnamed(page.document).querySelectorAll('script[src]'));
  return [...tags].filter(({ src, baseURI }) => FILE.test(address(src, baseURI)?.pathname ?? ''));
}

/** None if there is something else. @param {string} text @param {string} base */
function address(text, base) {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** Where the site's endpoints are, in one spelling; none if the tag names no address. @param {Tag} tag */
function siteOf({ dataset, baseURI }) {
  const url = address(dataset.site ?? '/webim', baseURI);
  return url && (url.origin === window.location.origin ? '' : url.origin) + url.pathname.replace(/\/+$/, '');
}

function arrive() {
  const tag = ownTag();
  if (!tag) return complain('the script does not find its own tag, <script src="…/webim.js">.');
  if (siteOf(tag) === undefined) return complain(`data-site="${tag.dataset.site}" is no address.`);
  if (tag.legacy) return begin(tag);
  const hasBar = Object.hasOwn(window, 'NextIM') && typeof (/** @type {any} */ (window).NextIM?.on) === 'function';
  return hasBar ? undefined : whenSure(tag, around(), begin);
}

// ---- Frames --------------------------------------------------------------------------------------------------------

/** The windows around this one that are of the same site, the nearest first. */
function around() {
  const found = [];
  for (let page = /** @type {Window} */ (window); page !== page.parent;) {
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
  const bridge = tag.legacy?.bridge ?? publicApi();
  if (!tag.legacy) Object.defineProperty(window, 'NextIM', { value: bridge.api, enumerable: true });
  if (isIntact(window)) run(tag, bridge);
  else runInFrame(tag, bridge);
}

/**
 * A frame has built-ins of its own, as the browser made them. The script runs there again, and works on this page.
 * @param {Tag} tag
 * @param {Bridge} bridge
 */
function runInFrame(tag, bridge) {
  const frame = document.createElement('iframe');
  frame.style.setProperty('display', 'none', 'important');
  Object.assign(frame, { nextim: { tag, bridge } });
  frame.onload = () => {
    frame.onload = null;
    const inside = frame.contentDocument;
    if (!inside)
      return complain(
        'a script of this page has replaced what the language has built in, and no frame can be made without it.',
      );
    const script = inside.createElement('script');
    script.nonce = tag.nonce;
    script.onerror = () =>
      complain(
        'a script of this page has replaced what the language has built in, and the chat bar cannot be loaded into a frame without it.',
      );
    script.src = tag.src;
    inside.head.appendChild(script);
    return undefined;
  };
  document.documentElement.appendChild(frame);
}

/**
 * @param {Tag} tag
 * @param {Bridge} bridge
 */
function run(tag, bridge) {
  guardKeys();
  const { legacy, src } = tag;
  const { user, jsonp, lang = '', theme = '', userLinks = '' } = tag.dataset;
  const im = createIM({
    site: /** @type {string} */ (siteOf(tag)),
    user,
    jsonp: jsonp !== undefined && jsonp !== 'false',
  });
  const panel = legacy?.leave() ?? '';
  bridge.use(im);
  whenIdle(() => {
    const replace = () => loadAnew(tag, { bridge, leave });
    const widget = createWidget(im, {
      style: STYLE,
      load: createLoader(src, Boolean(legacy), replace),
      lang,
      theme,
      userLinks: userLinks.split(/\s+/).filter(Boolean),
      panel,
    });
    const leave = () => {
      im.end();
      return widget.end();
    };
    im.start();
    bridge.attach(widget);
  });
}

/** What is in the cache by now is another build; the tag's attributes are the site's word still. @param {Tag} tag @param {Legacy} legacy */
function loadAnew(tag, legacy) {
  if (tag.integrity) return; // the site has chosen the build
  const made = document.createElement('script');
  for (const { name, value } of tag.attributes) made.setAttribute(name, value);
  document.head.append(Object.assign(made, { nonce: tag.nonce, legacy }));
}

/** @param {() => void} then */
function whenIdle(then) {
  // Where there is none of the browser's, it may be the name of an element.
  const { requestIdleCallback: whenFree } = window;
  const idle = () =>
    typeof whenFree === 'function' ? whenFree.call(window, then, { timeout: IDLE_MS_MAX }) : setTimeout(then);
  if (document.readyState === 'complete') idle();
  else window.addEventListener('load', idle, { once: true });
}
