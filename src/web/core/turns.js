// One thing after the other.
//
// Owns: the order of calls of which the last must count: side by side they would reach the site in any order.
// Must not: know what is called. After one that fails the next has its turn as well.

/** @returns {(line: string, run: () => Promise<unknown>) => void} does it when all before it in this line are done */
export function createTurns() {
  /** @type {Record<string, Promise<unknown>>} the last of each line */
  const lasts = {};
  return (line, run) => void (lasts[line] = Promise.resolve(lasts[line]).then(run, run));
}
