// Whether what the language has built in is still the browser's.
//
// Owns: the look at what libraries replace. Early ones write their own `Array.from`, `reduce` or `Map`, and give all
// objects a `toJSON` or members that loops run into. Must not: mend it; the page may need it as it is.

const NAMES = [
  'Object',
  'Function',
  'Array',
  'String',
  'Number',
  'Boolean',
  'Symbol',
  'RegExp',
  'Date',
  'Error',
  'Map',
  'Set',
  'WeakMap',
  'Promise',
  'Proxy',
  'JSON',
  'Math',
  'Reflect',
  'URL',
  'URLSearchParams',
  'AbortController',
  'TextEncoder',
];

/** @param {unknown} value */
const isForeign = (value) =>
  typeof value === 'function' && !`${Function.prototype.toString.call(value)}`.includes('[native code]');

/**
 * Members that were there are hidden from loops even if they were replaced; what was added is not, and harms nobody.
 * @param {object | undefined} owner
 */
function isReplaced(owner) {
  if (!owner) return false;
  for (const name of Object.getOwnPropertyNames(owner)) {
    const { value, get, enumerable } = Object.getOwnPropertyDescriptor(owner, name) ?? {};
    if (!enumerable && name !== 'constructor' && (isForeign(value) || isForeign(get))) return true;
  }
  return false;
}

/** @typedef {{readonly [Symbol.toStringTag]?: string, prototype?: object}} BuiltIn */

/** @param {Window} page */
export function isIntact(page) {
  try {
    for (const _ in {}) return false;
    if ('toJSON' in Object.prototype || 'toJSON' in Array.prototype) return false;
    for (const name of NAMES) {
      const it = /** @type {Record<string, BuiltIn | undefined>} */ (/** @type {unknown} */ (page))[name];
      if (
        !it ||
        (typeof it === 'object' && it[Symbol.toStringTag] !== name) ||
        isForeign(it) ||
        isReplaced(it) ||
        isReplaced(it.prototype)
      )
        return false;
    }
    return [...new Set([1, 2])].length === 2;
  } catch {
    return false;
  }
}
