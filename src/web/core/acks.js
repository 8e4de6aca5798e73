// What a page acknowledges of a stream, and when.
//
// Owns: how much has come since the last acknowledgement. Must not: acknowledge by a timer: hidden pages have one a minute.
// Read the stream.

import { ACK_CHARS_MAX, ACK_IDLE_MS, ACK_MS, ACK_PACKETS_MAX, SITE_TIMEOUT_MS } from './limits.js';
import { PACKETS } from './poll.js';
import { ask, encode } from './site.js';

/**
 * @param {import('./browser.js').Env} env
 * @param {import('./types.js').Connection} session
 * @param {number} acked up to which number packets are acknowledged
 */
export function createAcks(env, { server, domain, ticket }, acked) {
  let ackedAt = env.now();
  let taken = acked;
  let size = 0;
  /** @type {(() => void) | undefined} */
  let unlisten;
  const url = server.replace(PACKETS, '$&/ack');
  /** @param {number} seq */
  const body = (seq) => encode({ domain, ticket, seq });
  /** @param {number} seq */
  const note = (seq) => {
    acked = seq;
    size = 0;
    settle();
  };
  /** Nothing has to be acknowledged before the page leaves, by this. */
  const settle = () => {
    unlisten?.();
    unlisten = undefined;
  };
  /** @param {number} seq */
  const leave = (seq) => {
    if (seq <= acked) return;
    env.beacon(url, body(seq));
    note(seq);
  };
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
      taken = seq;
      if (seq - acked < ACK_PACKETS_MAX && size < ACK_CHARS_MAX && Math.abs(now - ackedAt) < patience) {
        // To log out is to leave for a page whose making ends the session: a page that hides then is too late. Listened to
        // only now, because some browsers do not keep pages that are left while they listen to this.
        if (seq > acked) unlisten ??= env.listen('beforeunload', () => leave(taken));
        return undefined;
      }
      note(seq);
      ackedAt = now;
      const init = /** @type {RequestInit} */ ({ method: 'POST', body: body(seq), mode: 'cors', credentials: 'omit' });
      return (await ask(env, url, init, SITE_TIMEOUT_MS)).status;
    },
    /** The page may not come back: what it has taken shall not come again. @param {number} seq */
    leave,
    settle,
  };
}
