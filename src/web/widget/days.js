// The order of a conversation on the screen.
//
// Owns: how messages fall into days and into runs, the successive lines of one sender. Must not: format anything.

/** Lines further apart than this begin a new run, with a time of its own. */
const RUN_GAP_MS_MAX = 5 * 60_000;

/** @typedef {import('../core/types.js').Message} Message */
/** @typedef {{from: string, nick: string, own: boolean, messages: Message[]}} Run */
/** @typedef {{day: string, time: number, runs: Run[]}} Day */

/**
 * @param {Message[]} messages oldest first
 * @returns {Day[]}
 */
export function groupByDay(messages) {
  /** @type {Day[]} */
  const days = [];
  let before = 0;
  for (const message of messages) {
    const day = new Date(message.time).toDateString();
    if (days.at(-1)?.day !== day) days.push({ day, time: message.time, runs: [] });
    const runs = /** @type {Day} */ (days.at(-1)).runs;
    const run = runs.at(-1);
    if (run && run.from === message.from && run.own === message.own && message.time - before <= RUN_GAP_MS_MAX)
      run.messages.push(message);
    else runs.push({ from: message.from, nick: message.nick, own: message.own, messages: [message] });
    before = message.time;
  }
  return days;
}

/** How many days ago that was, by the calendar. @param {number} time @param {number} now */
export function daysAgo(time, now) {
  const midnight = (/** @type {number} */ at) => new Date(at).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(time)) / 86_400_000);
}
