// What the user does in what is opened.
//
// Owns: that the core's part of it comes with this chunk, and not with every page. Must not: hold code of the core's.

import { createActs } from '../core/acts.js';
import { im } from './share.js';

export const acts = im.equip(createActs);
