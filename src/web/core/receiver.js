// Where packets come from: the message server's stream or, where none comes through, polls.
//
// Owns: which of the two brings the next answer, and for how long a site is polled because something between it and the
// message server holds streams back. Must not: decide what comes next; link.js does.

import { createAcks } from './acks.js';
import { POLLS_MS } from './limits.js';
import { PACKETS, poll } from './poll.js';
import { openStream } from './stream.js';

/**
 * @typedef {import('./types.js').Connection} Connection
 * @typedef {import('./poll.js').Polled} Polled
 */

/**
 * A stream, and what is acknowledged of it.
 * @param {import('./browser.js').Env} env
 * @param {Connection} session
 * @param {number} from all up to it is taken
 * @param {{misses: number}} tally acknowledgements in a row that did not come through
 * @param {(seq: number) => void} acked all up to it is acknowledged
 */
function openLine(env, session, from, tally, acked) {
  const acks = createAcks(env, session, from);
  const stream = openStream(env, session, from, acks.came);
  return {
    ...stream,
    /** What has come is acknowledged, if it is time. If that fails, a poll acknowledges it, and sees why. @param {number} seq */
    async acknowledge(seq) {
      const status = await acks.take(seq);
      if (status === undefined) return;
      tally.misses = status === 200 ? 0 : tally.misses + 1;
      if (status === 200) acked(seq);
      if (tally.misses) stream.refuse(status === 404 || tally.misses > 1);
    },
  };
}

/**
 * Whether streams come through to this site.
 * @param {import('./browser.js').Env} env
 * @param {import('./store.js').Store} store
 */
function createWay(env, store) {
  let breaks = 0; // streams in a row that did not work for a while
  const bar = () => store.pollUntil(env.now() + POLLS_MS);
  return {
    /** It is polled for a day. */
    bar,
    /**
     * What a stream's end says, now that a poll has gone the same way. That one broke off may be chance.
     * @param {ReturnType<import('./stream.js').Stream['verdict']>} verdict
     * @param {boolean} isAnswered
     */
    judge(verdict, isAnswered) {
      if (!isAnswered) return store.pollUntil(0);
      breaks = verdict === 'good' ? 0 : breaks + 1;
      return verdict === 'barred' || breaks > 1 ? bar() : undefined;
    },
  };
}

/**
 * @param {import('./browser.js').Env} env
 * @param {import('./store.js').Store} store
 * @param {(session: Connection, seq: number) => void} acked all up to this number is acknowledged
 */
export function createReceiver(env, store, acked) {
  const tally = { misses: 0 };
  /** @type {ReturnType<typeof openLine> | undefined} */
  let line; // while it is open
  let isSilent = false; // the message server has not answered the last poll
  let halts = 0;
  const way = createWay(env, store);

  /** @param {Connection} session */
  const canStream = ({ server, jsonp }) =>
    env.hasStreams && !isSilent && !jsonp && PACKETS.test(server) && !store.isPolled();
  const close = () => {
    line?.end();
    line = undefined;
  };
  /** The stream of this session. @param {Connection} session @param {number} seq */
  const opened = (session, seq) => {
    if (line?.ticket === session.ticket) return line;
    close();
    return (line = openLine(env, session, seq, tally, (upTo) => acked(session, upTo)));
  };

  return {
    /**
     * The next answer. While the message server does not answer, polls ask for it, and after a stream that has ended
     * without an event that says so: a poll sees why. If a poll is answered although the stream brought nothing or could
     * not be acknowledged, or two in a row broke off soon, the site is polled for a day.
     * @param {Connection} session
     * @param {number} seq all up to it is taken, and posted to the other tabs
     * @param {AbortController} controller
     * @returns {Promise<Polled>}
     */
    async next(session, seq, controller) {
      const { signal } = controller;
      const before = halts;
      let verdict;
      if (canStream(session)) {
        const it = opened(session, seq);
        void it.acknowledge(seq);
        const event = await it.next(signal);
        if (event || signal.aborted) return event ?? { kind: 'silent', after: 0, blind: false };
        // At once: if the page leaves before the poll is answered, the next one need not wait again.
        if (it.isHeldUp()) way.bar();
        verdict = it.verdict();
        close();
      }
      const polled = await poll(env, session, seq, controller);
      if (halts > before) return polled; // which says nothing of the server
      isSilent = polled.kind === 'silent';
      if (polled.kind === 'answer') acked(session, seq);
      if (verdict) way.judge(verdict, polled.kind === 'answer');
      return polled;
    },
    /** The browser has lost the network, but not the stream: a poll sees it. */
    cut: () => line?.end(),
    /** Nobody waits any more. */
    halt() {
      halts += 1;
      close();
    },
  };
}
