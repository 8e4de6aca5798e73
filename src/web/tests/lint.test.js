// The lints of this project's own.
//
// Owns: what each of them refuses and lets pass. Must not: look at the sources.

import { test } from 'node:test';
import { RuleTester } from 'eslint';

import { noAny } from '../lint/no-any.js';
import { noGlobalState } from '../lint/no-global-state.js';

const tester = new RuleTester({ languageOptions: { ecmaVersion: 2022, sourceType: 'module' } });
const refuse = (/** @type {string} */ code) => ({ code, errors: 1 });

test('A type that says nothing is refused wherever a comment writes one', () => {
  tester.run('no-any', noAny, {
    valid: [
      '/** @type {unknown} */ let a;',
      '/** Not any more. @param {string} any how it is called */ export const f = (any) => any;',
      "/** @type {'any' | 'all'} */ let which;",
      '// @type {any} is no comment with types\nlet a;',
    ],
    invalid: [
      refuse('/** @type {any} */ let a;'),
      refuse('/** @param {{one: {two: any}}} a */ export const f = (a) => a;'),
      refuse('let a = /** @type {Record<string, any>} */ ({});'),
      refuse('/** @returns {*} */ export const f = () => 0;'),
      refuse('/** @typedef {() => Promise<any[]>} Call */'),
      refuse('/**\n * @typedef {object} A\n * @property {Function} run\n */'),
    ],
  });
});

test('A module that keeps something is refused, and its constants pass', () => {
  tester.run('no-global-state', noGlobalState, {
    valid: [
      "const NAMES = ['a', 'b'];\nexport const has = (name) => NAMES.includes(name);",
      "const KINDS = new Map([['away', 1]]);\nexport const kindOf = (name) => KINDS.get(name);",
      "const LETTERS = new Intl.Segmenter('en');",
      'export const PLAIN = { bold: false };\nexport const format = () => ({ ...PLAIN });',
      'export function createShelf() {\n  let count = 0;\n  const seen = new Map();\n  return () => seen.set(count += 1, true);\n}',
      'export class Words {\n  lang = "en";\n  #table = new Map();\n}',
      "import { ui } from './state.js';\nexport const show = (ui) => (ui.panel = '');",
      { code: "import { document } from './page.js';\ndocument.title = 'x';", options: [{ page: ['document'] }] },
      'const of = { a: 1 };\nexport const copy = () => Object.assign({}, of);',
    ],
    invalid: [
      'let count = 0;',
      'var count = 0;',
      "export let lang = 'en';",
      'const seen = new Map();',
      'export const kept = new WeakMap();',
      'const ending = new AbortController();',
      'const ui = { closed: new Set() };',
      "const shelf = createShelf('x');",
      'class Words {\n  static table = {};\n}',
      "const ui = { panel: '' };\nexport const open = (panel) => (ui.panel = panel);",
      'const counts = { all: 0 };\nexport const more = () => (counts.all += 1);',
      'const counts = { all: 0 };\nexport const more = () => counts.all++;',
      'const names = [];\nexport const keep = (name) => names.push(name);',
      "const KINDS = new Map([['away', 1]]);\nexport const learn = (name) => KINDS.set(name, 1);",
      'const names = { of: {} };\nexport const drop = (name) => delete names.of[name];',
      "import { LINES } from './icons.js';\nObject.assign(LINES, { x: '' });",
      "import { ui } from './state.js';\nexport const show = () => (ui.panel = '');",
    ].map(refuse),
  });
});
