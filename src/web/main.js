// What the script's tag loads: one core, one bar, one global.
//
// Owns: the attributes of the tag, the wait until the page has nothing better to do, the name `NextIM`, and the change
// to another build of this script. Must not: hold any of the page up, or make a second bar if the tag is there twice.

import { createIM } from './core/im.js';
import { publicApi } from './core/api.js';
import { createLoader } from './loader.js';
import { guardKeys } from './widget/guard.js';
import { createWidget } from './widget/widget.js';

const IDLE_MS_MAX = 2000; // a page that is never idle gets its bar after this long

/**
 * What one build of this script leaves to the next on the same page; all builds must agree on it.
 * @typedef {object} Legacy
 * @property {ReturnType<typeof publicApi>} bridge the global stays the same object, whatever drives it
 * @property {() => import('./widget/types.js').Ui['panel']} leave ends the older one, and tells which panel was open
 */

/** @typedef {HTMLScriptElement & {legacy?: Legacy}} Tag */

const script = /** @type {Tag | null} */ (document.currentScript ?? document.querySelector('script[src*="webim.js"]'));
const page = /** @type {{NextIM?: {on?: unknown}} & Window} */ (window);

if (script && (script.legacy || !page.NextIM?.on)) begin(script);

/** @param {Tag} tag */
function begin(tag) {
  guardKeys();
  const { legacy, src } = tag;
  const { site = '/webim', user, jsonp, lang = '', theme = '', userLinks = '' } = tag.dataset;
  const im = createIM({ site, user, jsonp: jsonp !== undefined && jsonp !== 'false' });
  const bridge = legacy?.bridge ?? publicApi();
  if (!legacy) Object.defineProperty(page, 'NextIM', { value: bridge.api, enumerable: true });
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

/** What is in the cache by now is another build; the tag's attributes are the site's word still. @param {HTMLScriptElement} tag @param {Legacy} legacy */
function loadAnew(tag, legacy) {
  if (tag.integrity) return; // the site has chosen the build
  const made = document.createElement('script');
  for (const { name, value } of tag.attributes) made.setAttribute(name, value);
  document.head.append(Object.assign(made, { nonce: tag.nonce, legacy }));
}

/** @param {() => void} run */
function whenIdle(run) {
  const idle = () => window.requestIdleCallback?.(run, { timeout: IDLE_MS_MAX }) ?? setTimeout(run);
  if (document.readyState === 'complete') idle();
  else addEventListener('load', idle, { once: true });
}
