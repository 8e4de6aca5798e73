// JSON in a browser's storage.
//
// Owns: what happens if the storage is not there, is full, or holds anything: reading gives nothing, writing says so.
// Must not: know what is kept.

/** Maps and sets as lists, and without what would be too much. @param {string} name @param {unknown} value */
function plain(name, value) {
  if (name === 'messages' || name === 'members') return undefined;
  return value instanceof Map || value instanceof Set ? [...value.values()] : value;
}

/**
 * @param {Storage | null} area
 * @param {string} name of the site
 */
export function createShelf(area, name) {
  /** @template T @param {(area: Storage) => T} run @param {T} otherwise */
  const attempt = (run, otherwise) => {
    try {
      return area ? run(area) : otherwise;
    } catch {
      return otherwise;
    }
  };
  return {
    /** @param {string} key @returns {unknown} */
    read: (key) => attempt((it) => JSON.parse(it.getItem(`${name}:${key}`) ?? 'null'), null),
    /** Answers whether it is kept. @param {string} key @param {unknown} value */
    write: (key, value) =>
      attempt((it) => {
        it.setItem(`${name}:${key}`, JSON.stringify(value, plain));
        return true;
      }, false),
    /** @param {string} key */
    remove: (key) => attempt((it) => it.removeItem(`${name}:${key}`), undefined),
    /** Those that begin so, without that. @param {string} prefix @returns {string[]} */
    keys: (prefix) =>
      attempt((it) => {
        const start = `${name}:${prefix}`;
        const all = Array.from({ length: it.length }, (_, at) => it.key(at) ?? '');
        return all.filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
      }, []),
  };
}

/** @typedef {ReturnType<typeof createShelf>} Shelf */
