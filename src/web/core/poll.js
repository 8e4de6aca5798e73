// One poll.
//
// Owns: how the message server is asked, and how its answer is read.
// Must not: decide what comes next; link.js does.

import { ordered } from './backoff.js';
import { POLL_TIMEOUT_MS } from './limits.js';
import { pollAnswer } from './shape.js';
import { ask, encode, isFinal } from './site.js';

/**
 * @typedef {{kind: 'answer', answer: import('./types.js').PollAnswer, after: number} | {kind: 'gone'}
 *   | {kind: 'silent', after: number, blind: boolean}} Polled
 */

/**
 * @param {import('./browser.js').Env} env
 * @param {import('./types.js').Connection} session
 * @param {number} seq
 * @param {AbortController} controller
 * @returns {Promise<Polled>}
 */
export async function poll(env, { server, domain, ticket, jsonp, timeout }, seq, controller) {
  // No two polls have one address, so no cache has an answer.
  const url = `${server}${server.includes('?') ? '&' : '?'}${encode({ domain, ticket, seq, _: env.now() })}`;
  const init = jsonp ? null : /** @type {RequestInit} */ ({ mode: 'cors', credentials: 'omit' });
  const { status, data, after } = await ask(env, url, init, timeout || POLL_TIMEOUT_MS, controller);
  if (isFinal(status)) return { kind: 'gone' };
  const answer = status === 200 ? pollAnswer(data) : null;
  return answer ? { kind: 'answer', answer, after: ordered(answer.retry) } : { kind: 'silent', after, blind: !!jsonp };
}
