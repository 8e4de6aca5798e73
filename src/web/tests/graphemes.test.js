// Letters as people see them.
//
// Owns: where a text is cut, with the browser's help and without. Must not: need a page.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clip, graphemes, initialOf } from '../core/graphemes.js';

const FAMILY = '👩‍👩‍👧';
const SCOTLAND = '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}';

for (const [how, cutter] of [
  ['as the browser tells', new Intl.Segmenter()],
  ['by joiners and flags', null],
]) {
  test(`letters are whole, ${how}`, () => {
    const letters = ['a', 'é', '🇩🇪', '🇫🇷', FAMILY, '👍🏽', '❤️', '1️⃣', SCOTLAND, '好', '\n'];
    assert.deepEqual([...graphemes(letters.join(''), cutter)], letters);
    for (const letter of letters) {
      assert.equal(
        clip(`x${letter}y`, letter.length, cutter),
        letter.length > 1 ? 'x' : `x${letter}`.slice(0, letter.length),
        letter,
      );
      assert.equal(clip(`x${letter}y`, letter.length + 1, cutter), `x${letter}`, letter);
    }
    assert.equal(clip(letters.join(''), 1000, cutter), letters.join(''));
  });

  test(`a name has an initial that can be seen, ${how}`, () => {
    const table = [
      ['bob', 'B'],
      ['🇩🇪 Anna', '🇩🇪'],
      [`${FAMILY}s`, FAMILY],
      ['e\u0301mile', 'E\u0301'],
      ['\u200b\u200e zoe', 'Z'],
      ['[GM]Bob', 'G'],
      ['_x_', 'X'],
      ['!!', '!'],
      ['\u200b', ''],
      ['', ''],
      ['7up', '7'],
      ['👍🏽', '👍🏽'],
    ];
    for (const [name, initial] of table) assert.equal(initialOf(name, cutter), initial, name);
  });
}

test('a letter without end is cut by its code points', () => {
  const tall = `a${'\u0301'.repeat(500)}`;
  assert.equal(clip(tall, 160), tall.slice(0, 160));
  assert.equal(clip(`😀${'\u{1f3fd}'.repeat(500)}`, 161).length, 160);
});
