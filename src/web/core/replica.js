// One tab's copy of what all tabs of the browser know.
//
// Owns: how an event changes the copy, and which of its changes the page hears.
// Must not: touch `Tabs`, `Store` or `Site`.

import { apply, everything } from './model/apply.js';
import { emptyWorld } from './model/world.js';
import { remember } from './ring.js';

/**
 * @typedef {import('./model/apply.js').Event} Event
 * @typedef {import('./model/world.js').World} World
 * @typedef {import('./model/world.js').Out} Out
 */

/**
 * What was so before an event.
 * @typedef {Pick<World, 'state' | 'owner'>} Before
 */

/**
 * @param {import('./emitter.js').Emitter} emitter
 * @param {(event: Event, before: Before) => void} follow what an event has as its consequences in this tab
 * @param {(error: unknown) => void} report gets what an event that cannot be applied throws
 */
export function createReplica(emitter, follow, report) {
  const world = emptyWorld();
  /** @type {Set<string>} ids of the messages and notices that the page has got */
  const given = new Set();
  /** @type {Out} */
  const out = {
    change: (what, key) => emitter.emit('change', { what, key }),
    tell(event, detail) {
      // Another tab's copy may be behind what this page has got.
      const isKnown =
        (event === 'message' || event === 'notice') && remember(given, /** @type {{id: string}} */ (detail).id);
      if (!isKnown) emitter.emit(event, detail);
    },
  };
  return {
    world,
    out,
    /** @param {Event} event */
    apply(event) {
      const { state, owner } = world;
      try {
        apply(world, event, out);
      } catch (error) {
        report(error); // its changes are lost; the events after it are not
      }
      follow(event, { state, owner });
    },
    /** The page draws all of it again. */
    renew: () => everything(world, out),
  };
}

/** @typedef {ReturnType<typeof createReplica>} Replica */
