// Messages on their way to the site.
//
// Owns: the order of what is said in one chat, which holds if the site takes no more for a while, and what the site's answer
// makes of each message.
// Must not: draw or keep anything; it publishes events.

import { BODY_BYTES_MAX, HOLDS_MAX, HOLD_MS, LEAVING_MS } from './limits.js';
import { parseKey } from './model/chats.js';
import { isLeft, isOwn } from './outbox.js';
import { bytesOf, read } from './shape.js';

/**
 * @typedef {import('./model/world.js').Pending} Pending
 * @typedef {import('./model/apply.js').Event} Event
 * @typedef {import('./im.js').Core} Core
 */

/** The reason where the site was not asked. */
export const TOO_LONG = 'too long';

/** The site has had too many, and takes more later. */
const TOO_MANY = 429;

/** One message's way, and what became of it. @param {Core} core @param {Pending} pending @returns {Promise<Event>} */
async function deliver({ env, site, world, publish }, { key, cid, body, style, meta }) {
  /** @param {string} peer */
  const isThere = (peer) => world.state === 'online' && world.contacts.get(peer)?.presence === 'online';
  const { kind, id } = parseKey(key) ?? { kind: 'user', id: '' };
  /** @param {string} reason @returns {Event} */
  const failed = (reason) => ({ t: 'fate', key, cid, news: { state: 'failed', reason } });
  if (bytesOf(body) > BODY_BYTES_MAX) return failed(TOO_LONG);
  const ask = () =>
    site.post('message', {
      type: kind === 'room' ? 'multicast' : 'unicast',
      to: id,
      body,
      style,
      meta: meta && JSON.stringify(meta),
      ticket: world.session?.ticket ?? '',
      cid,
      offline: kind === 'user' && !isThere(id),
    });
  let answer = await ask();
  for (let holds = 0; answer.status === TOO_MANY && holds < HOLDS_MAX; holds += 1) {
    const wait = answer.after || HOLD_MS;
    publish({ t: 'held', key, until: env.now() + wait });
    publish({ t: 'fate', key, cid, news: { state: 'sending', adopted: false } }); // it was answered, so it may be adopted again
    await new Promise((resolve) => env.after(wait, () => resolve(null)));
    answer = await ask();
    publish({ t: 'held', key, until: 0 });
  }
  if (!answer.ok && answer.kind === 'refused' && kind === 'user') publish({ t: 'unsure', id });
  // Browsers end a page's calls before `pagehide`. Such a call has not failed: the next page makes it again.
  if (!answer.status) await new Promise((resolve) => env.after(LEAVING_MS, () => resolve(null)));
  if (!answer.ok) return failed(answer.text);
  const { id: made, timestamp, arrived } = read(answer.data, 'id? timestamp@ arrived!');
  return {
    t: 'fate',
    key,
    cid,
    news: {
      state: 'sent',
      ...(made && { id: made }),
      ...(timestamp && { time: timestamp }),
      ...(arrived && { arrived }),
    },
  };
}

/** @param {Core} core */
export function createSender(core) {
  const { world, tabs, inTurn, publish } = core;

  /** @param {Pending} pending @param {boolean} [adopted] once its turn has come: what only waited for it was not tried */
  const queue = (pending, adopted = false) =>
    inTurn(pending.key, async () => {
      const { key, cid } = pending;
      if (adopted) publish({ t: 'fate', key, cid, news: { state: 'sending', adopted } });
      publish(await deliver(core, pending));
    });

  /** @param {Pending} pending @param {boolean} [adopted] */
  function again(pending, adopted) {
    const { key, cid } = pending;
    publish({ t: 'fate', key, cid, news: { state: 'sending', tab: tabs.id, adopted: false } });
    queue(pending, adopted);
  }

  // What was written before this part was here.
  for (const pending of world.outbox.values()) if (isOwn(core, pending)) queue(pending);

  return {
    queue,
    /** @param {string} cid */
    retry(cid) {
      const pending = world.outbox.get(cid);
      if (pending?.state === 'failed') again(pending);
    },
    /** Sends once more what was left unanswered by tabs that have gone. */
    adopt() {
      for (const pending of [...world.outbox.values()]) {
        if (!isLeft(core, pending)) continue;
        if (pending.adopted) publish({ t: 'fate', key: pending.key, cid: pending.cid, news: { state: 'failed' } });
        else again(pending, true);
      }
    },
  };
}

/** @typedef {ReturnType<typeof createSender>} Sender */
