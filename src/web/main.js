// What the script's tag loads: one bar, one global.
//
// Owns: which tag is ours, where this script came from, the name `NextIM`, and where the bar runs: in the page or, if
// the page has replaced what the language has built in, in a fresh frame of it.
// Must not: use built-ins that such pages replace, make a second bar, or trust an address that users' markup can change:
// a `<base>` bends the `src` of a tag, and every relative address.

import { publicApi } from './core/api.js';
import { isIntact } from './core/intact.js';
import { complain, document, handed, unnamed, window } from './core/page.js';

/**
 * What one build of this script leaves to the next on the same page; all builds must agree on it.
 * @typedef {object} Legacy
 * @property {Bridge} bridge the global stays the same object, whatever drives it
 * @property {() => import('./widget/types.js').Ui['panel']} leave ends the older build, and answers which panel was open
 */

/** @typedef {HTMLScriptElement & {legacy?: Legacy}} Tag */
/** @typedef {ReturnType<typeof publicApi>} Bridge */
/** @typedef {Window & {NextIM?: Partial<Bridge['api']>}} PageWithBar whose `NextIM` may be something else */

/**
 * What the bar begins with.
 * @typedef {object} Arrival
 * @property {Tag} tag
 * @property {string} src where the script came from
 * @property {string} site what tells the site from others: the whole address of its endpoints
 * @property {string} template the same, where `{endpoint}` stands for the name of one
 * @property {Bridge} bridge
 */

const ENDPOINT = '{endpoint}';
const FILE = /\/webim\.js$/;
/** The place of a function in the stack of an error begins with the address of its script. */
const PLACE = /(https?:\/\/[^\s()]+?)(:\d+){2}/;
const REPLACED = 'a script of this page has replaced what is built in, and ';

if (handed) START(handed);
else arrive();

/** This script's tag; elements from users' markup do not count. @returns {Tag | undefined} */
function ownTag() {
  const tag = document.currentScript ?? tagsIn(window)[0];
  return tag instanceof window.HTMLScriptElement && tag.src ? tag : undefined;
}

/** @param {Window} page @returns {Tag[]} */
function tagsIn(page) {
  const tags = [];
  const scripts = /** @type {NodeListOf<Tag>} */ (unnamed(page.document).querySelectorAll('script[src]'));
  for (let at = 0; at < scripts.length; at += 1) {
    const { src } = scripts[at];
    if (FILE.test(address(src, src)?.pathname ?? '')) tags[tags.length] = scripts[at];
  }
  return tags;
}

/** The address, or `undefined` if the text is not one. @param {string} text @param {string} base */
function address(text, base) {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/**
 * The address of the site's endpoints, in which `{endpoint}` stands for the name of one; `undefined` if the tag does not name
 * an address.
 * @param {Tag} tag
 */
function templateOf({ dataset }) {
  const url = address(dataset.site ?? '/webim', window.origin);
  if (!url) return undefined;
  const path = url.origin + url.pathname;
  const whole = (path + url.search).replace('%7Bendpoint%7D', ENDPOINT);
  return whole.includes(ENDPOINT) ? whole : `${path.replace(/\/+$/, '')}/${ENDPOINT}`;
}

/** What tells a site from others, whichever spelling its pages have. @param {string} template */
function nameOf(template) {
  return template.replace(/\/*$/, '').replace(/\/\{endpoint\}$/, '');
}

/** The name of the site whose bar a tag stands for. @param {Tag} tag */
function siteOf(tag) {
  const template = templateOf(tag);
  return template && nameOf(template);
}

function arrive() {
  const tag = ownTag();
  if (!tag) return complain('there is no <script src="webim.js">.');
  const template = templateOf(tag);
  if (template === undefined) return complain(`data-site="${tag.dataset.site}" is no address.`);
  const site = nameOf(template);
  const src = PLACE.exec(`${new Error().stack}`)?.[1] ?? tag.src;
  const start = () => begin({ tag, src, site, template, bridge: tag.legacy?.bridge ?? publicApi() });
  if (tag.legacy) return start();
  const hasBar =
    Object.hasOwn(window, 'NextIM') && typeof (/** @type {PageWithBar} */ (window).NextIM?.on) === 'function';
  return hasBar ? undefined : whenSure(site, around(), start);
}

// ---- Frames --------------------------------------------------------------------------------------------------------

/** The windows around this one that are of the same site, the nearest first. */
function around() {
  /** @type {Window[]} */
  const found = [];
  for (let page = /** @type {Window} */ (window); page !== page.parent;) {
    page = page.parent;
    try {
      if (page.document) found[found.length] = page;
    } catch {
      // Of another site.
    }
  }
  return found;
}

/**
 * Begins, unless the bar of a page around this one serves this frame as well. That page may not have come to its tag yet.
 * @param {string} site
 * @param {Window[]} pages
 * @param {() => void} then
 */
function whenSure(site, pages, then) {
  for (let at = 0; at < pages.length; at += 1) {
    const page = unnamed(pages[at].document);
    if (page.readyState !== 'loading') continue;
    page.addEventListener('DOMContentLoaded', () => whenSure(site, pages, then), { once: true });
    return;
  }
  for (let at = 0; at < pages.length; at += 1) {
    const tags = tagsIn(pages[at]);
    for (let of = 0; of < tags.length; of += 1) {
      if (siteOf(tags[of]) === site) return serveBy(pages[at]);
    }
  }
  then();
}

/** The bar of that page is this frame's too. @param {PageWithBar} host */
const serveBy = (host) => void Object.defineProperty(window, 'NextIM', { get: () => host.NextIM, enumerable: true });

// ---- The page ------------------------------------------------------------------------------------------------------

/** @param {Arrival} arrival */
function begin(arrival) {
  if (!arrival.tag.legacy) Object.defineProperty(window, 'NextIM', { value: arrival.bridge.api, enumerable: true });
  if (isIntact(window)) START(arrival);
  else startInFrame(arrival);
}

/**
 * A frame has built-ins of its own, as the browser made them. The script runs there again, and works on this page. A frame
 * that leaves the page, as with a root element that is replaced, dies; in its place another one runs.
 * @param {Arrival} arrival
 */
function startInFrame(arrival) {
  const frame = /** @type {HTMLIFrameElement & {nextim?: Arrival}} */ (document.createElement('iframe'));
  frame.style.setProperty('display', 'none', 'important');
  frame.nextim = arrival;
  frame.onload = () => {
    const inside = frame.contentDocument;
    if (!inside) return complain(`${REPLACED}no frame can be made.`);
    const script = inside.createElement('script');
    script.nonce = arrival.tag.nonce;
    script.onerror = () => complain(`${REPLACED}the bar cannot be loaded.`);
    script.src = arrival.src;
    inside.head.appendChild(script);
    return undefined;
  };
  const place = () => void (frame.isConnected || document.documentElement?.appendChild(frame));
  new MutationObserver(place).observe(window.document, { childList: true });
  place();
}
