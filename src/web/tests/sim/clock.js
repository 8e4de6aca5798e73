// Time that stands still until it is told to go on.
//
// Owns: what happens when, and the dice.
// Must not: wait for real time.

/** A small generator, so that a seed names a run. @param {number} seed */
export function dice(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class Clock {
  now = 1_700_000_000_000;
  #queue = [];
  #count = 0;

  /** Answers how to call it off. */
  after(ms, run) {
    const entry = { at: this.now + Math.max(0, ms), order: (this.#count += 1), run };
    this.#queue.push(entry);
    return () => (entry.run = null);
  }

  /** Lets so much time pass. */
  async pass(ms) {
    const end = this.now + ms;
    await settle();
    for (;;) {
      const next = this.#take(end);
      if (!next) break;
      this.now = Math.max(this.now, next.at);
      next.run();
      await settle();
    }
    this.now = end;
  }

  #take(end) {
    this.#queue = this.#queue.filter((it) => it.run);
    let first = null;
    for (const it of this.#queue) {
      if (it.at <= end && (!first || it.at < first.at || (it.at === first.at && it.order < first.order))) first = it;
    }
    if (first) this.#queue.splice(this.#queue.indexOf(first), 1);
    return first;
  }
}

/** Until nothing is left to do without time passing. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));
