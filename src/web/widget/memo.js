// Descriptions that are kept.
//
// Owns: the last description of each thing in a long list, which is skipped whole if it is the same. Must not: guess what
// a description depends on; the caller says.

import { h } from './share.js';

/** @typedef {import('./state.js').Bar} Bar */
/** @typedef {import('./dom.js').VNode} VNode */

/**
 * The description of `thing` from last time, if `signs`, all that it depends on, are the same.
 * @param {Bar} bar
 * @param {object} thing
 * @param {unknown[]} signs
 * @param {() => VNode} make
 */
export function memo(bar, thing, signs, make) {
  const kept = (bar.late.nodes ??= new WeakMap());
  const sign = signs.join('\n');
  const before = kept.get(thing);
  if (before?.sign === sign) return before.node;
  const node = bar.attempt(make) ?? h('span.none');
  kept.set(thing, { sign, node });
  return node;
}
