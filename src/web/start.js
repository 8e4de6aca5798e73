// The bar, where the language is as the browser made it: one core, one widget.
//
// Owns: the attributes of the tag, the wait until the page has nothing better to do, and the change to another build
// of this script. Must not: run in a page that has replaced what the language has built in; `main.js` sees to that.

import { browser } from './core/browser.js';
import { createIM } from './core/im.js';
import { cookie, createReport, document, window } from './core/page.js';
import { byScript, createLoader } from './loader.js';
import { guardKeys } from './widget/guard.js';
import { createWidget } from './widget/widget.js';

const IDLE_MS_MAX = 2000; // a page that is never idle gets its bar after this long

run(ARRIVAL);

/** @param {import('./main.js').Arrival} arrival */
function run({ tag, src, site, template, bridge }) {
  const { legacy } = tag;
  const { userCookie, jsonp, lang = '', theme = '', userLinks = '', login = '' } = tag.dataset;
  const ending = new AbortController();
  const { signal } = ending;
  const report = createReport();
  const load = createLoader(src, Boolean(legacy), () => loadAnew(tag, src));
  const giveKeys = guardKeys(signal, report);
  const im = createIM(
    {
      site,
      template,
      user: userCookie ? cookie(userCookie) : tag.dataset.user,
      jsonp: jsonp !== undefined && jsonp !== 'false',
    },
    browser(byScript(load), report),
  );
  const panel = legacy?.leave() ?? '';
  /** @type {ReturnType<typeof createWidget> | undefined} */
  let widget;
  bridge.use(im);
  /** Ends this bar, and answers which panel was open. */
  const leave = () => {
    im.end();
    ending.abort();
    return widget?.panel() ?? '';
  };
  tag.legacy = { bridge, leave };
  whenIdle(() => {
    if (signal.aborted) return;
    const patterns = userLinks.split(/\s+/).filter(Boolean);
    const options = { style: STYLE, lang, theme, userLinks: patterns, panel };
    widget = createWidget(im, { signal, report, load, login, giveKeys }, options);
    im.start();
    bridge.attach(widget);
  });
}

/** What is in the cache by now is another build; what the tag's attributes say still holds. @param {import('./main.js').Tag} tag @param {string} src */
function loadAnew(tag, src) {
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
