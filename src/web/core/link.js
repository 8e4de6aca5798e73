// The connection as a machine: what came of the last try, and what to do next.
//
// Owns: the states, the back-off, and what each outcome means.
// Must not: do I/O or set timers; session.js does what it says.
//
//   offline -> connecting -> online -> reconnecting -> online
//      ^___________|____________|____________|

import { backoff } from './backoff.js';
import {
  BACKOFF_MS_MAX,
  JSONP_MISSES_MAX,
  POLL_HOLLOW_FREE,
  POLL_HOLLOW_TOLD,
  RENEWED_MS_MIN,
  RETRY_MS_MAX,
  SITE_PAGES_FREE,
} from './limits.js';

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
 * @property {number} hollow polls in a row that were answered at once, with nothing
 * @property {boolean} asked the session was ended, the site was asked again, and no poll has been answered since
 * @property {number} renewed when a session last ended because its time was over, ms since 1970
 * @property {number} renewals such ends in a row that came too soon after one another
 */

/**
 * What came of going online or of a poll. `silent`: nothing is known of it; `gone`: the message server has no such session;
 * `hollow`: it was answered at once with nothing new, as a cache does, and a message server does not.
 * @typedef {object} Outcome
 * @property {'opened' | 'packets' | 'hollow' | 'login' | 'refused' | 'site' | 'server' | 'gone' | 'silent' | 'stopped'} kind
 * @property {string} [text] of the site's answer
 * @property {number} [after] ms to wait, if a server asked for it
 * @property {boolean} [page] the site answered with a page, and as if all were well
 * @property {boolean} [blind] by JSONP, which cannot see a 404
 * @property {string} [reason] why it stopped
 * @property {boolean} [raced] it was a tab of this browser that ended the session, because it thought it was the last
 */

/** @type {Link} */
export const REST = {
  state: 'offline',
  trouble: null,
  action: 'rest',
  wait: 0,
  ordered: false,
  failures: 0,
  misses: 0,
  hollow: 0,
  asked: false,
  renewed: 0,
  renewals: 0,
};

/**
 * Begins, or begins again because the user asked for it.
 * @param {Link} link
 * @param {'online' | 'poll'} action
 * @returns {Link}
 */
export function begin(link, action) {
  const state = link.state === 'offline' ? 'connecting' : link.state;
  return { ...REST, state: action === 'online' && state === 'online' ? 'reconnecting' : state, action };
}

/** What is tried again, by outcome or reason: how, and the trouble that the user sees. @type {Map<string, ['online' | 'poll', Trouble['code']]>} */
const AGAIN = new Map([
  ['site', ['online', 'site']],
  ['server', ['online', 'server']],
  ['gone', ['online', 'server']],
  ['silent', ['poll', 'server']],
  ['limit', ['online', 'limit']],
  ['shutdown', ['online', 'server']],
]);

/** What is not tried again, and is shown as it is. All else is an end of the session that another program made: the site is asked once. */
const FINAL = new Set(['login', 'refused', 'replaced']);

/**
 * @param {Link} link
 * @param {Outcome} outcome
 * @param {{now: number, random: number, hasNetwork: boolean}} context
 * @returns {Link}
 */
export function next(link, outcome, { now, random, hasNetwork }) {
  const { kind, text = '', reason: cause = kind, blind } = outcome;
  const after = outcome.after || (cause === 'limit' ? BACKOFF_MS_MAX : 0);
  const ordered = after > 0;
  if (kind === 'opened')
    return { ...link, state: 'online', trouble: null, action: 'poll', wait: 0, ordered, misses: 0 };
  if (kind === 'packets') {
    const { renewed, renewals } = link;
    return { ...REST, state: 'online', action: 'poll', wait: after, ordered, renewed, renewals };
  }
  if (kind === 'hollow') return paced(link, after, random, now);
  if (cause === 'renew') return renew(link, random, now);
  const known = AGAIN.get(cause);
  if (!known) {
    const code = /** @type {Trouble['code']} */ (FINAL.has(cause) ? cause : 'ended');
    if (code === 'ended' && (outcome.raced || !link.asked)) return { ...begin(link, 'online'), asked: true };
    return { ...REST, trouble: { code, text, retryAt: 0 } };
  }
  const [action, code] = known;
  const failures = link.failures + 1;
  const misses = blind ? link.misses + 1 : 0;
  const isSeldom = outcome.page && failures > SITE_PAGES_FREE;
  const wait = Math.max(after, isSeldom ? RETRY_MS_MAX : backoff(failures, random));
  return {
    ...link,
    state: link.state === 'online' || link.state === 'reconnecting' ? 'reconnecting' : 'connecting',
    trouble: { code: hasNetwork ? code : 'network', text, retryAt: now + wait },
    action: misses >= JSONP_MISSES_MAX ? 'online' : action,
    wait,
    ordered,
    failures,
    misses,
  };
}

/**
 * A session whose time is over is followed by another one at once, and the user sees nothing of it. Ends that follow one
 * another too soon are waited after.
 * @param {Link} link
 * @param {number} random
 * @param {number} now
 * @returns {Link}
 */
function renew(link, random, now) {
  const renewals = now - link.renewed < RENEWED_MS_MIN ? link.renewals + 1 : 0;
  const wait = renewals ? backoff(renewals, random) : 0;
  return { ...link, action: 'online', wait, ordered: wait > 0, renewed: now, renewals };
}

/**
 * What is answered at once with nothing is asked again after waits that grow, and soon counts as no connection.
 * @param {Link} link
 * @param {number} after
 * @param {number} random
 * @param {number} now
 * @returns {Link}
 */
function paced(link, after, random, now) {
  const hollow = link.hollow + 1;
  const wait = Math.max(after, hollow > POLL_HOLLOW_FREE ? backoff(hollow - POLL_HOLLOW_FREE, random) : 0);
  const isTold = hollow >= POLL_HOLLOW_TOLD;
  return {
    ...link,
    state: isTold ? 'reconnecting' : 'online',
    trouble: isTold ? { code: 'stuck', text: '', retryAt: now + wait } : null,
    action: 'poll',
    wait,
    ordered: after > 0,
    misses: 0,
    hollow,
  };
}
