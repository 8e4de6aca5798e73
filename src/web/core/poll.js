// One poll.
//
// Owns: how the message server is asked, and how its answer is read.
// Must not: decide what comes next; link.js does.

import { ordered, retryAfter } from './backoff.js';
import { POLL_TIMEOUT_MS } from './limits.js';
import { pollAnswer } from './shape.js';

/**
 * @typedef {import('./browser.js').Env} Env
 * @typedef {{kind: 'answer', answer: import('./types.js').PollAnswer, after: number} | {kind: 'gone'}
 *   | {kind: 'silent', after: number, blind: boolean}} Polled
 */

const KEPT = new Set([429, 408]); // the only refusals after which the ticket is still good

/**
 * @param {Env} env
 * @param {import('./types.js').Connection} session
 * @param {number} seq
 * @param {AbortSignal} signal
 * @returns {Promise<Polled>}
 */
export async function poll(env, session, seq, signal) {
  const { server, domain, ticket, jsonp, timeout } = session;
  const url = `${server}${server.includes('?') ? '&' : '?'}${new URLSearchParams({ domain, ticket, seq: String(seq) })}`;
  if (jsonp) return read(await env.jsonp(url, timeout || POLL_TIMEOUT_MS, signal).catch(() => null), true);
  try {
    const answer = await env.request(url, { mode: 'cors', credentials: 'omit', cache: 'no-store' }, timeout || POLL_TIMEOUT_MS, signal);
    if (answer.status === 200) return read(JSON.parse(answer.body), false);
    if (answer.status >= 400 && answer.status < 500 && !KEPT.has(answer.status)) return { kind: 'gone' };
    return { kind: 'silent', after: retryAfter(answer.retryAfter, env.now()), blind: false };
  } catch {
    return { kind: 'silent', after: 0, blind: false };
  }
}

/** @param {unknown} data @param {boolean} blind @returns {Polled} */
function read(data, blind) {
  const answer = pollAnswer(data);
  if (!answer) return { kind: 'silent', after: 0, blind };
  return { kind: 'answer', answer, after: ordered(answer.retry) };
}
