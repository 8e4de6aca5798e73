// The user that a name in a page means.
//
// Owns: the difference between an id and a uid. Must not: know where the name stood.

/**
 * Contacts may be thousands, and as a rule nobody is looked for: they are sorted with the first question.
 * @template {{id: string, uid?: string}} T
 * @param {Iterable<T>} people
 */
export function directory(people) {
  /** @type {Map<string, T>} */
  const ids = new Map();
  /** @type {Map<string, T>} */
  const uids = new Map();
  const sort = () => {
    if (ids.size) return;
    for (const who of people) {
      ids.set(who.id, who);
      if (who.uid) uids.set(who.uid, who);
    }
  };
  return {
    /** @param {string} id */
    byId(id) {
      sort();
      return ids.get(id);
    },
    /** The name in a link is a uid. It is an id where it is no number, or where the site gives that user no uid. @param {string} name */
    byLink(name) {
      sort();
      const who = ids.get(name);
      const isId = who && (!who.uid || !/^\d+$/.test(name));
      return uids.get(name) ?? (isId ? who : undefined);
    },
  };
}
