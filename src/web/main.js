// What the script's tag loads: one core, one bar, one global.
//
// Owns: the attributes of the tag, the wait until the page has nothing better to do, and the name `NextIM`.
// Must not: hold any of the page up, or make a second bar if the tag is there twice.

import { createIM } from './core/im.js';
import { publicApi } from './core/api.js';
import { createWidget } from './widget/widget.js';

const IDLE_MS_MAX = 2000; // a page that is never idle gets its bar after this long

const script = /** @type {HTMLScriptElement | null} */ (
  document.currentScript ?? document.querySelector('script[src*="webim.js"]')
);
const page = /** @type {{NextIM?: {on?: unknown}} & Window} */ (window);

if (script && !page.NextIM?.on) begin(script);

/** @param {HTMLScriptElement} tag */
function begin(tag) {
  const { site = '/webim', user, jsonp, lang = '', theme = '', userLinks = '' } = tag.dataset;
  const im = createIM({ site, user, jsonp: jsonp !== undefined && jsonp !== 'false' });
  const { api, attach } = publicApi(im);
  Object.defineProperty(page, 'NextIM', { value: api, enumerable: true });
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
    attach(widget);
  });
}

/** @param {() => void} run */
function whenIdle(run) {
  const idle = () => window.requestIdleCallback?.(run, { timeout: IDLE_MS_MAX }) ?? setTimeout(run);
  if (document.readyState === 'complete') idle();
  else addEventListener('load', idle, { once: true });
}
