// Who is in a room.
//
// Owns: when the site is asked, for the room that is looked at: the message server does not tell of all who come and go
// with their sessions. Must not: ask for a room that nobody sees.

import { MEMBERS_A_CALL, ROLL_CALL_MS } from './limits.js';
import { isMuted } from './model/chats.js';
import * as shape from './shape.js';

/** @param {import('./im.js').Core} core */
export function createRooms(core) {
  const { env, world, publish } = core;
  /** The chat of the room that will be asked. */
  let calling = '';

  /** @param {string} room */
  async function members(room) {
    const answer = await core.call('get', 'members', { id: room, ticket: world.session?.ticket });
    if (answer.ok) publish({ t: 'members', room, list: shape.members(answer.data) });
    return world.rooms.get(room)?.members ?? [];
  }

  function rollCall() {
    const { active } = core;
    const isShown = core.isOpen && core.state === 'online' && active.startsWith('r/') && env.isVisible();
    if (calling === active || !isShown) return;
    calling = active;
    // A room of thousands is a long answer: it is asked for as seldom as it is long.
    const pace = Math.max(1, (world.rooms.get(active.slice(2))?.count ?? 0) / MEMBERS_A_CALL);
    env.after(ROLL_CALL_MS * pace, () => {
      if (calling !== active) return;
      calling = '';
      if (active === core.active && !isMuted(world, active.slice(2))) void members(active.slice(2));
    });
  }

  core.rollCall = rollCall;
  core.emitter.on('presence', rollCall);
  rollCall();
  return { members };
}
