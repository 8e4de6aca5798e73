// One stream of events from the message server.
//
// Owns: what has come of it and was not taken yet, and how it ends.
// Must not: reconnect, acknowledge, or find out why it has ended: the browser shows no page the status of a stream.

import { POLL_TIMEOUT_MS, POLL_TRUSTED_MS, STREAM_HELD_UP_MS } from './limits.js';
import { read, urlOf } from './poll.js';
import { parse } from './site.js';

/**
 * How long nothing may come.
 * @param {import('./browser.js').Env} env
 * @param {() => void} run then
 */
function createPatience(env, run) {
  let isOver = false;
  let cancel = () => {};
  return {
    /** @param {number} ms */
    begin(ms) {
      const began = env.now();
      cancel();
      cancel = env.after(ms, () => {
        isOver = env.now() - began < 2 * ms; // or it was the page that stood still
        run();
      });
    },
    end: () => cancel(),
    /** Nothing came in time. */
    isOver: () => isOver,
  };
}

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
  let heard = 0; // events
  let isBarred = false; // events cannot be acknowledged
  let isOver = false;
  let wake = () => {};
  let close = () => {};
  /** @param {string} data empty: the end */
  const hear = (data) => {
    const event = read(parse(data));
    if (event) {
      heard += 1;
      events.push({ ...event, isPushed: true });
      came(data.length);
      patience.begin(session.timeout || POLL_TIMEOUT_MS);
    }
    if (event?.answer.status === 'ok') wake();
    else end();
  };
  const end = () => {
    isOver = true;
    patience.end();
    close();
    wake();
  };
  const patience = createPatience(env, end);
  patience.begin(STREAM_HELD_UP_MS);
  try {
    close = env.stream(urlOf(env, session, seq), hear);
  } catch {
    end(); // the page has put something else in its place
  }
  return {
    ticket: session.ticket,
    end,
    /** An event could not be acknowledged. @param {boolean} forGood */
    refuse(forGood) {
      isBarred = forGood;
      end();
    },
    /** Nothing came in time: something on the way waits for the end of the answer. */
    isHeldUp: () => !heard && patience.isOver(),
    /**
     * What its end says of the way: that no stream comes through, that it worked for a while, or neither: it broke off, or
     * what came after its first event was held back. Before the first event the page may have stood still, too.
     * @returns {'barred' | 'good' | 'broken'}
     */
    verdict() {
      const age = Math.abs(env.now() - began);
      if (isBarred || (!heard && age < 2 * STREAM_HELD_UP_MS)) return 'barred';
      return heard > Number(patience.isOver()) && age >= POLL_TRUSTED_MS ? 'good' : 'broken';
    },
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

/** @typedef {ReturnType<typeof openStream>} Stream */
