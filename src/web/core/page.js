// The page that the bar is a guest of: its window, its document, its elements.
//
// Owns: the way to them. An element with a name takes the place of a property: `<img name="body">` of the document's,
// an input within a form of the form's. So properties come from the prototypes, which no markup reaches.
// Must not: decide anything.

/** What a page hands to the frame in which the script runs in its stead; nothing in the page itself. */
export const handed = /** @type {(Element & {nextim?: import('../main.js').Arrival}) | null} */ (
  globalThis.frameElement
)?.nextim;

export const window = /** @type {Window & typeof globalThis} */ (handed ? globalThis.parent : globalThis);

/**
 * @template {object} T
 * @param {() => T} node
 * @returns {T}
 */
const past = (node) =>
  new Proxy(/** @type {T} */ ({}), {
    get(_, name) {
      const value = Reflect.get(Object.getPrototypeOf(node()), name, node());
      return typeof value === 'function'
        ? (/** @type {unknown[]} */ ...args) => Reflect.apply(value, node(), args)
        : value;
    },
    set: (_, name, value) => Reflect.set(Object.getPrototypeOf(node()), name, value, node()),
  });

export const document = past(() => window.document);

/** A node of the page's, as it is behind the names of what stands in it. @template {object} T @param {T} node @returns {T} */
export const unnamed = (node) => past(() => node);

/** @param {EventTarget} it @returns {it is Element} */
export const isElement = (it) => unnamed(/** @type {Node} */ (it)).nodeType === Node.ELEMENT_NODE;

/** Takes a node out of the page, if it is there. Old libraries have a `remove` of their own. @param {ChildNode} node */
export function detach(node) {
  const { parentNode } = node;
  if (parentNode) unnamed(parentNode).removeChild(node);
}

/** The page's address when the script ran, which no `<base>` bends; a page that is a text has its site's. */
const place = /^http/.test(window.location?.href) ? window.location.href : window.origin;

/** The whole address of what the site names; throws if it is none. @param {string} url */
export const absolute = (url) => new URL(url, place).href;

/** A cookie of the page's, empty if there is none; `undefined` where the browser lets none be read. @param {string} name */
export function cookie(name) {
  try {
    const found = document.cookie.split(/; */).find((it) => it.startsWith(`${name}=`)) ?? '';
    return decodeURIComponent(found.slice(name.length + 1));
  } catch {
    return undefined;
  }
}

const REPORTED_MAX = 20;

/** Makes what gets errors of ours: the page gets each as any other, once. */
export function createReport() {
  /** @type {Set<string>} */
  const reported = new Set();
  return (/** @type {unknown} */ error) => {
    const text = String(error);
    if (reported.has(text) || reported.size >= REPORTED_MAX) return;
    reported.add(text);
    window.reportError(error);
  };
}

/** What keeps the bar from this page, for the author of the page. @param {string} why */
export const complain = (why) => globalThis.console.warn(`NextIM: ${why}`);
