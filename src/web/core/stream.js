// One stream of events from the message server.
//
// Owns: what has come of it and was not taken yet, and how it ends.
// Must not: reconnect, acknowledge, or find out why it has ended: the browser shows no page the status of a stream.

import { POLL_TIMEOUT_MS, POLL_TRUSTED_MS, STREAM_HELD_UP_MS } from './limits.js';
import { read, urlOf } from './poll.js';
import { parse } from './site.js';

/**
 * @param {import('./browser.js').Env} env
 * @param {import('./types.js').Connection} session
 * @param {number} seq all up to it is taken
 * @param {(chars: number) => void} came an event has come
 */
export function openStream(env, session, seq, came) {
  const began = env.now();
  /** @type {import('./poll.js').Answered[]} */
  const events = [];
  let hasBegun = false;
  /** @type {boolean | undefined} set once an event could not be acknowledged: whether that is for good */
  let isBad;
  let isOver = false;
  let wake = () => {};
  /** @param {string} data empty: the end */
  const hear = (data) => {
    const event = read(parse(data));
    if (event) {
      hasBegun = true;
      events.push({ ...event, isPushed: true });
      came(data.length);
      cancel();
      cancel = env.after(session.timeout || POLL_TIMEOUT_MS, end);
    }
    if (event?.answer.status === 'ok') wake();
    else end();
  };
  const end = () => {
    isOver = true;
    cancel();
    close();
    wake();
  };
  let cancel = env.after(STREAM_HELD_UP_MS, end);
  const close = env.stream(urlOf(env, session, seq), hear);
  return {
    ticket: session.ticket,
    end,
    /** An event could not be acknowledged. @param {boolean} forGood */
    refuse(forGood) {
      isBad = forGood;
      end();
    },
    /** Nothing came in time: something on the way waits for the end of the answer. */
    isHeldUp: () => !hasBegun && env.now() - began >= STREAM_HELD_UP_MS,
    /** It has worked for a while. */
    isGood: () => hasBegun && !(isBad ?? env.now() - began < POLL_TRUSTED_MS),
    /** The next event; `undefined` if the stream is over. @param {AbortSignal} signal */
    async next(signal) {
      if (!events.length && !isOver && !signal.aborted) {
        await new Promise((resolve) => {
          wake = () => resolve(undefined);
          signal.addEventListener('abort', wake);
        });
      }
      return events.shift();
    },
  };
}
