// Keys that stay with the bar, without a page.
//
// Owns: that a handler of the bar's that fails gives no key away. Must not: need a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

/** @type {Map<string, (event: Event) => void>} */
const heard = new Map();
/** @type {unknown[]} */
const reported = [];
class Field {
  get nodeType() {
    return 1;
  }
  matches() {
    return this.isField;
  }
}
Object.assign(globalThis, {
  Node: { ELEMENT_NODE: 1 },
  addEventListener: (type, run) => heard.set(type, run),
});
const { guardKeys } = await import('../widget/guard.js');
const giveKeys = guardKeys(new AbortController().signal, (error) => reported.push(String(error)));

/** An event of an element in the bar: whether the page sees it. @param {string} type @param {object} target */
function isSeen(type, target) {
  let seen = true;
  heard.get(type)?.({
    type,
    key: 'x',
    code: 'KeyX',
    composedPath: () => [target],
    stopImmediatePropagation: () => (seen = false),
  });
  return seen;
}

test('A key or a text is kept from the page, though the handler of the bar or of its field fails', () => {
  const fail = (what) => () => {
    throw new Error(what);
  };
  const field = Object.assign(new Field(), { isField: true, onkeydown: fail('field'), oninput: fail('text') });
  const button = Object.assign(new Field(), { isField: false });
  giveKeys({ contains: () => true }, fail('bar'));
  const seen = [
    ['keydown', field],
    ['keyup', field],
    ['input', field],
    ['keydown', button],
    ['keyup', button],
  ].map(([type, target]) => isSeen(type, target));
  assert.deepEqual(seen, [false, false, false, false, false]);
  assert.deepEqual(reported, ['Error: field', 'Error: bar', 'Error: text', 'Error: bar'], 'each error is reported');
  giveKeys({ contains: () => true }, () => false);
  assert.equal(isSeen('keydown', button), true, 'a key that the bar has no use for');
});
