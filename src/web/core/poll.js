// One poll.
//
// Owns: how the message server is asked, and how its answer is read.
// Must not: decide what comes next; link.js does.

import { ordered } from './backoff.js';
import { POLL_TIMEOUT_MS } from './limits.js';
import { pollAnswer } from './shape.js';
import { ask, encode, isFinal } from './site.js';

/**
 * What was answered; `isPushed`: as an event of a stream, which brings the first one at once.
 * @typedef {{kind: 'answer', answer: import('./types.js').PollAnswer, after: number, isPushed?: boolean}} Answered
 * @typedef {Answered | {kind: 'gone'} | {kind: 'silent', after: number, blind: boolean}} Polled
 * @typedef {import('./types.js').Connection} Connection
 */

/** What the address of packets ends with, before its query. */
export const PACKETS = /\/packets(?=$|\?)/;

/** No two of them are the same, so no cache has an answer. @param {import('./browser.js').Env} env @param {Connection} session @param {number} seq */
export const urlOf = (env, { server, domain, ticket }, seq) =>
  `${server}${server.includes('?') ? '&' : '?'}${encode({ domain, ticket, seq, _: env.now() })}`;

/** @param {unknown} data @returns {Answered | null} null if it is no answer of a message server */
export function read(data) {
  const answer = pollAnswer(data);
  return answer && { kind: 'answer', answer, after: ordered(answer.retry) };
}

/**
 * @param {import('./browser.js').Env} env
 * @param {Connection} session
 * @param {number} seq
 * @param {AbortController} controller
 * @returns {Promise<Polled>}
 */
export async function poll(env, session, seq, controller) {
  const { jsonp, timeout } = session;
  const init = jsonp ? null : /** @type {RequestInit} */ ({ mode: 'cors', credentials: 'omit' });
  const { status, data, after } = await ask(
    env,
    urlOf(env, session, seq),
    init,
    timeout || POLL_TIMEOUT_MS,
    controller,
  );
  if (isFinal(status)) return { kind: 'gone' };
  return (status === 200 && read(data)) || { kind: 'silent', after, blind: !!jsonp };
}
