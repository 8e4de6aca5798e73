// What the page's script shares with the chunks it loads.
//
// Owns: the list of the modules that are there once a page, because they hold a state or are in every page anyway;
// `build.mjs` reads it. Must not: list what only one chunk uses.

import * as page from '../core/page.js';
import * as alerts from './alerts.js';
import * as dom from './dom.js';
import * as guard from './guard.js';
import * as i18n from './i18n.js';
import * as icons from './icons.js';
import * as longlist from './longlist.js';
import * as parts from './parts.js';
import * as state from './state.js';

/** By the path a chunk asks for. @type {Record<string, object>} */
export const SHARED = {
  'core/page.js': page,
  'widget/alerts.js': alerts,
  'widget/dom.js': dom,
  'widget/guard.js': guard,
  'widget/i18n.js': i18n,
  'widget/icons.js': icons,
  'widget/longlist.js': longlist,
  'widget/parts.js': parts,
  'widget/state.js': state,
};
