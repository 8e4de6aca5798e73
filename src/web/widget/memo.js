// Descriptions that are kept.
//
// Owns: the last description of each thing in a long list, which is skipped whole if it is the same. Must not: guess what
// a description depends on; the caller says.

import { attempt, h } from './share.js';

/** @typedef {import('./dom.js').VNode} VNode */

/** @type {WeakMap<object, {sign: string, node: VNode}>} */
const kept = new WeakMap();

/**
 * The description of `thing` from last time, if `signs`, all that it depends on, are the same.
 * @param {object} thing
 * @param {unknown[]} signs
 * @param {() => VNode} make
 */
export function memo(thing, signs, make) {
  const sign = signs.join('\n');
  const before = kept.get(thing);
  if (before?.sign === sign) return before.node;
  const node = attempt(make) ?? h('span.none');
  kept.set(thing, { sign, node });
  return node;
}
