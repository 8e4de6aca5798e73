// What is acknowledged of a stream, and when.
//
// Owns: how much has come since the last acknowledgement. Must not: acknowledge by a timer: hidden pages have one a minute.
// Read the stream.

import { ACK_CHARS_MAX, ACK_IDLE_MS, ACK_MS, ACK_PACKETS_MAX, SITE_TIMEOUT_MS } from './limits.js';
import { PACKETS } from './poll.js';
import { ask, encode } from './site.js';

/** @typedef {import('./types.js').Connection} Connection */

/** @param {Connection} session @param {number} seq */
const ackOf = ({ server, domain, ticket }, seq) => ({
  url: server.replace(PACKETS, '$&/ack'),
  body: encode({ domain, ticket, seq }),
});

/**
 * The page may not come back: what it has taken shall not come again.
 * @param {import('./browser.js').Env} env
 * @param {Connection} session
 * @param {number} seq
 */
export function ackLast(env, session, seq) {
  const { url, body } = ackOf(session, seq);
  env.beacon(url, body);
}

/**
 * @param {import('./browser.js').Env} env
 * @param {Connection} session
 * @param {number} acked up to which number packets are acknowledged
 */
export function createAcks(env, session, acked) {
  let ackedAt = env.now();
  let size = 0;
  return {
    /** Characters that have come. @param {number} chars */
    came: (chars) => void (size += chars),
    /**
     * The page has taken all up to this number: it is acknowledged if it is much, or if the last time is long ago. If there
     * is nothing to acknowledge, the server is told more rarely that the page is there.
     * @param {number} seq
     * @returns {Promise<number | undefined>} the status of the answer, if it was acknowledged
     */
    async take(seq) {
      const now = env.now();
      const patience = seq > acked ? ACK_MS : ACK_IDLE_MS;
      if (seq - acked < ACK_PACKETS_MAX && size < ACK_CHARS_MAX && Math.abs(now - ackedAt) < patience) return undefined;
      acked = seq;
      size = 0;
      ackedAt = now;
      const { url, body } = ackOf(session, seq);
      const init = /** @type {RequestInit} */ ({ method: 'POST', body, mode: 'cors', credentials: 'omit' });
      return (await ask(env, url, init, SITE_TIMEOUT_MS)).status;
    },
  };
}
