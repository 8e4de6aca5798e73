// The lints of the scripts around the browser module: tests in a browser, and the reference community's.
//
// Owns: how long such a script may be. Must not: say how lines are laid out; prettier does.

import { MAX_LINES } from './limits.js';

export default [{ files: ['**/*.js'], rules: { 'max-lines': MAX_LINES } }];
