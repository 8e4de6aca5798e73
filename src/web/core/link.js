// The connection as a machine: what came of the last try, and what to do next.
//
// Owns: the states, the back-off, and what each outcome means.
// Must not: do I/O or set timers; session.js does what it says.
//
//   offline -> connecting -> online -> reconnecting -> online
//      ^___________|____________|____________|

import { backoff } from './backoff.js';
import { BACKOFF_MS_MAX, JSONP_MISSES_MAX } from './limits.js';

/**
 * @typedef {import('./types.js').State} State
 * @typedef {import('./types.js').Trouble} Trouble
 */

/**
 * @typedef {object} Link
 * @property {State} state
 * @property {Trouble | null} trouble
 * @property {'rest' | 'online' | 'poll'} action what comes after `wait`
 * @property {number} wait ms
 * @property {boolean} ordered a server asked for the wait: nothing cuts it short
 * @property {number} failures since the last answer of a poll
 * @property {number} misses polls in a row of which nothing is known
 */

/**
 * What came of going online or of a poll.
 * @typedef {{kind: 'opened'}
 *   | {kind: 'login' | 'refused', text: string}
 *   | {kind: 'site' | 'server', text: string, after: number}
 *   | {kind: 'packets', after: number}
 *   | {kind: 'gone'}
 *   | {kind: 'silent', after: number, blind: boolean}
 *   | {kind: 'stopped', reason: string, after: number, raced: boolean}} Outcome
 */

/** @type {Link} */
export const REST = { state: 'offline', trouble: null, action: 'rest', wait: 0, ordered: false, failures: 0, misses: 0 };

/**
 * Begins, or begins anew because the user asked for it.
 * @param {Link} link
 * @param {'online' | 'poll'} action
 * @returns {Link}
 */
export function begin(link, action) {
  const state = link.state === 'offline' ? 'connecting' : link.state;
  return { ...REST, state: action === 'online' && state === 'online' ? 'reconnecting' : state, action };
}

/**
 * @param {Link} link
 * @param {Outcome} outcome
 * @param {{now: number, random: number, hasNetwork: boolean}} context
 * @returns {Link}
 */
export function next(link, outcome, context) {
  switch (outcome.kind) {
    case 'opened':
      return { ...link, state: 'online', trouble: null, action: 'poll', wait: 0, ordered: false, misses: 0 };
    case 'packets':
      return { ...REST, state: 'online', action: 'poll', wait: outcome.after, ordered: outcome.after > 0 };
    case 'login':
    case 'refused':
      return rest(outcome.kind, outcome.text);
    case 'site':
    case 'server':
      return again(link, 'online', outcome.kind, outcome, context);
    case 'gone':
      return again(link, 'online', 'server', {}, context);
    case 'silent': {
      const misses = outcome.blind ? link.misses + 1 : 0;
      const action = misses >= JSONP_MISSES_MAX ? 'online' : 'poll';
      return { ...again(link, action, 'server', outcome, context), misses };
    }
    case 'stopped':
      return stopped(link, outcome, context);
  }
}

/** @param {Trouble['code']} code @param {string} text @returns {Link} */
const rest = (code, text) => ({ ...REST, trouble: { code, text, retryAt: 0 } });

/**
 * @param {Link} link
 * @param {Extract<Outcome, {kind: 'stopped'}>} outcome
 * @param {Parameters<typeof next>[2]} context
 */
function stopped(link, outcome, context) {
  switch (outcome.reason) {
    case 'replaced':
      return rest('replaced', '');
    case 'limit':
      return again(link, 'online', 'limit', { after: outcome.after || BACKOFF_MS_MAX }, context);
    case 'shutdown':
      return again(link, 'online', 'server', outcome, context);
    default:
      return outcome.raced ? begin(link, 'online') : rest('ended', '');
  }
}

/**
 * Once more after a while.
 * @param {Link} link
 * @param {'online' | 'poll'} action
 * @param {Trouble['code']} code
 * @param {{after?: number, text?: string}} asked
 * @param {Parameters<typeof next>[2]} context
 * @returns {Link}
 */
function again(link, action, code, { after = 0, text = '' }, { now, random, hasNetwork }) {
  const failures = link.failures + 1;
  const wait = Math.max(after, backoff(failures, random));
  return {
    state: link.state === 'online' || link.state === 'reconnecting' ? 'reconnecting' : 'connecting',
    trouble: { code: hasNetwork ? code : 'network', text, retryAt: now + wait },
    action,
    wait,
    ordered: after > 0,
    failures,
    misses: 0,
  };
}
