// The lints of this project's own.
//
// Owns: what each of them refuses and lets pass. Must not: look at the sources.

import { test } from 'node:test';
import { RuleTester } from 'eslint';

import { noAny } from '../lint/no-any.js';

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
