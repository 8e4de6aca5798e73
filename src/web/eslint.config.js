// What the browser module's sources must keep to beyond their types.
//
// Owns: the lints and their reasons.
// Must not: say how lines are laid out; prettier does.

import js from '@eslint/js';
import globals from 'globals';

import { MAX_LINES } from './lint/limits.js';
import { noAny } from './lint/no-any.js';
import { noGlobalState } from './lint/no-global-state.js';

/** What a page has of its own. */
const PAGE_GLOBALS = [
  'document',
  'window',
  'self',
  'top',
  'parent',
  'frames',
  'navigator',
  'location',
  'localStorage',
  'sessionStorage',
  'addEventListener',
  'removeEventListener',
  'getComputedStyle',
  'innerWidth',
  'innerHeight',
  'scrollX',
  'scrollY',
  'visualViewport',
  'matchMedia',
  'requestAnimationFrame',
  'requestIdleCallback',
  'fetch',
  'reportError',
  'Notification',
  'AudioContext',
  'HTMLElement',
  'HTMLScriptElement',
  'CSSStyleSheet',
];

export default [
  { ignores: ['dist/', 'node_modules/'] },
  js.configs.recommended,
  {
    plugins: { nextim: { rules: { 'no-any': noAny, 'no-global-state': noGlobalState } } },
    rules: {
      'nextim/no-any': 'error',
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-console': 'error', // a page's console is the page's
      'no-shadow': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }], // what a signature must have and a body need not
      'no-implicit-globals': 'error',
      'no-throw-literal': 'error',
      'default-case-last': 'error',
      'no-else-return': 'error',
      'object-shorthand': 'error',
      'max-lines': MAX_LINES,
      'max-lines-per-function': ['error', { max: 70 }],
    },
  },
  {
    files: ['main.js', 'start.js', 'loader.js', 'jsonp.js', 'core/**/*.js', 'widget/**/*.js'],
    languageOptions: {
      globals: { ...globals.browser, BUILD: 'readonly', STYLE: 'readonly', START: 'readonly', ARRIVAL: 'readonly' },
    },
  },
  {
    files: ['main.js', 'start.js', 'loader.js', 'jsonp.js', 'core/**/*.js', 'widget/**/*.js'],
    rules: {
      // What a bar keeps ends with it, when another build takes the page over. The page itself is there to be changed.
      'nextim/no-global-state': ['error', { page: ['window', 'document'] }],
      'no-restricted-properties': [
        'error',
        // What a user typed is never HTML.
        { property: 'innerHTML' },
        { property: 'outerHTML' },
        { property: 'insertAdjacentHTML' },
        { object: 'document', property: 'write' },
      ],
      // The page's window and document are not always this script's, and elements of the page can stand in their place.
      'no-restricted-globals': [
        'error',
        ...PAGE_GLOBALS.map((name) => ({ name, message: 'The page’s are in core/page.js.' })),
      ],
    },
  },
  {
    files: ['*.mjs', 'eslint.config.js', 'lint/**', 'bench/**', 'tests/**'],
    languageOptions: { globals: globals.node },
    rules: { 'no-console': 'off', 'max-lines-per-function': 'off' },
  },
];
