// The bar, where the language is as the browser made it: one core, one widget.
//
// Owns: the attributes of the tag, the wait until the page has nothing better to do, and the change to another build
// of this script. Must not: run in a page that has replaced what the language has built in; `main.js` sees to that.

import { browser } from './core/browser.js';
import { createIM } from './core/im.js';
import { document, window } from './core/page.js';
import { createLoader } from './loader.js';
import { guardKeys } from './widget/guard.js';
import { ending, ui } from './widget/state.js';
import { createWidget } from './widget/widget.js';

const IDLE_MS_MAX = 2000; // a page that is never idle gets its bar after this long

const { tag, src, site, bridge } = ARRIVAL;
const { legacy } = tag;
const { user, jsonp, lang = '', theme = '', userLinks = '' } = tag.dataset;

const load = createLoader(src, Boolean(legacy), loadAnew);
/** @type {import('./loader.js').Parts['jsonp'] | undefined} what calls by script tags, once it was needed */
let scripts;

guardKeys();
const im = createIM(
  { site: site.replace(window.origin, ''), url: site, user, jsonp: jsonp !== undefined && jsonp !== 'false' },
  browser(callByScript),
);
const panel = legacy?.leave() ?? '';
bridge.use(im);
tag.legacy = { bridge, leave };
whenIdle(begin);

function begin() {
  if (ending.signal.aborted) return;
  const patterns = userLinks.split(/\s+/).filter(Boolean);
  const widget = createWidget(im, { style: STYLE, load, lang, theme, userLinks: patterns, panel });
  im.start();
  bridge.attach(widget);
}

/** Ends this bar, and answers which panel was open. */
function leave() {
  im.end();
  ending.abort();
  return ui.panel;
}

/** @type {import('./core/browser.js').Env['jsonp']} */
async function callByScript(...call) {
  scripts ??= (await load('jsonp'))().parts;
  return scripts.jsonp(...call);
}

/** What is in the cache by now is another build; what the tag's attributes say still holds. */
function loadAnew() {
  if (tag.integrity) return; // the site has chosen the build
  const made = document.createElement('script');
  for (const { name, value } of tag.attributes) made.setAttribute(name, value);
  document.head.append(Object.assign(made, { src, nonce: tag.nonce, legacy: tag.legacy }));
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
