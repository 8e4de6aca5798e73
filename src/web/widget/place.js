// Where the bar's element stands in the page.
//
// Owns: that it is at the window's edge, once, whatever becomes of the page: it stands in the root element, where the
// styles of the body do not move it, is put back if the page has thrown it out, and is raised above the page if the root
// element itself would move it. Must not: cover what the page shows on top as long as it need not.

import { detach, document, window } from '../core/page.js';

/** A root element that moves is looked for this often, and an element that the page throws out is put back as often at most. */
const LOOK_MS = 1000;

/** The properties by which the root element becomes the frame of what is fixed within it, and to which values. @type {[string, RegExp][]} */
const MOVERS = [
  ...['transform', 'translate', 'rotate', 'scale', 'perspective', 'offset-path'].map(
    (name) => /** @type {[string, RegExp]} */ ([name, /^(?!none$)./]),
  ),
  ['transform-style', /preserve-3d/],
  ['contain', /layout|paint|strict|content/],
  ['container-type', /size/],
  ['content-visibility', /auto/],
  ['will-change', /transform|translate|rotate|scale|perspective|contain|filter|offset-path|content-visibility/],
];

/** Whether what is fixed in the page goes where the root element goes. */
function isMoved() {
  const style = window.getComputedStyle(document.documentElement);
  return MOVERS.some(([name, values]) => values.test(style.getPropertyValue(name)));
}

/** Above all of the page, or where it stands. @param {HTMLElement} host */
function raise(host) {
  if (typeof host.showPopover !== 'function') return;
  const isRaised = host.matches(':popover-open');
  if (isMoved() === isRaised) return;
  host.popover = isRaised ? null : 'manual';
  if (!isRaised) host.showPopover();
}

/**
 * Puts the bar's element into the page and keeps it there.
 * @param {HTMLElement} host
 * @param {() => void} again is called when it was put back
 * @param {AbortSignal} signal of the bar's end
 */
export function keepInPage(host, again, signal) {
  let put = -Infinity;
  const place = () => {
    const root = document.documentElement;
    if (!root || host.parentNode === root || performance.now() - put < LOOK_MS) return;
    const isBack = put > 0;
    put = performance.now();
    // A root element that is a copy has a copy of ours in it, which is empty.
    document.querySelectorAll(host.localName).forEach(detach);
    root.append(host);
    watcher.observe(root, { childList: true });
    if (isBack) again();
  };
  const watcher = new MutationObserver(place);
  watcher.observe(window.document, { childList: true });
  place();
  raise(host);
  const looking = setInterval(() => {
    if (document.hidden) return;
    place();
    if (host.isConnected) raise(host);
  }, LOOK_MS);
  signal.addEventListener('abort', () => {
    watcher.disconnect();
    clearInterval(looking);
    detach(host);
  });
}
