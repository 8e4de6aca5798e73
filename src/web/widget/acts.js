// What the user does in what is opened.
//
// Owns: that the core's part of it comes with this chunk, and not with every page. Must not: hold code of the core's.

import { createActs } from '../core/acts.js';

/** @param {import('./state.js').Bar} bar */
export const acts = ({ im, late }) => (late.acts ??= im.equip(createActs));
