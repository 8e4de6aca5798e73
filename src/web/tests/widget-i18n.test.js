// The languages.
//
// Owns: that every language says the same things. Must not: judge how they say them.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { dayName } from '../widget/dates.js';
import { LANGUAGES, Words, pickLanguage } from '../widget/i18n.js';
import { WORDS } from '../widget/words.js';

const folder = new URL('../widget/', import.meta.url);
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.js') && name !== 'words.js')
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');

test('every text is there once, in every language, with the same values', () => {
  assert.equal(new Set(WORDS.map(([english]) => english)).size, WORDS.length);
  for (const row of WORDS) {
    assert.equal(row.length, LANGUAGES.length, row[0]);
    for (const text of row) {
      assert.notEqual(text.trim(), '', row[0]);
      assert.equal(text.split('{}').length, row[0].split('{}').length, text);
    }
  }
});

test('there is no half-width punctuation after Chinese letters', () => {
  for (const [, ...texts] of WORDS) for (const text of texts) assert.doesNotMatch(text, /[\u4e00-\u9fff}][,:?!]/);
});

test('every text is said somewhere, and what is said is there', () => {
  const texts = new Set(WORDS.map(([english]) => english));
  const literals = new Set([...sources.matchAll(/'([^'\n]*)'/g)].map(([, literal]) => literal));
  assert.deepEqual(
    [...texts].filter((text) => !literals.has(text)),
    [],
  );
  const said = [...sources.matchAll(/\bt\((?:[^'()]*\? )?'([^'\n]+)'(?: : '([^'\n]+)')?/g)].flatMap(([, ...found]) =>
    found.filter(Boolean),
  );
  assert.ok(said.length > 60);
  assert.deepEqual(
    said.filter((text) => !texts.has(text)),
    [],
  );
});

test('values come in their places, numbers as the language writes them', () => {
  const words = new Words();
  words.lang = 'en';
  assert.equal(words.t('{} of {} online', 4, 1204), '4 of 1,204 online');
  assert.equal(words.t('Chat with {}', '{}$&'), 'Chat with {}$&');
  words.lang = 'zh-TW';
  assert.equal(words.t('Chat with {}', 'Bob'), 'Chat with Bob', 'English until the words are there');
  words.learn(WORDS);
  assert.equal(words.t('Chat with {}', 'Bob'), '與 Bob 聊天');
  assert.equal(words.t('no such text'), 'no such text');
});

test('the first language we speak at all is spoken', () => {
  const table = [
    [['', 'zh-TW', 'en'], 'zh-TW'],
    [['fr', 'zh'], 'zh-CN'],
    [['zh-Hant-HK'], 'zh-TW'],
    [['zh_CN'], 'zh-CN'],
    [['zh-HK'], 'zh-TW'],
    [['zh-Hans-SG'], 'zh-CN'],
    [['de', undefined, null], 'en'],
    [['en-GB', 'zh'], 'en'],
  ];
  for (const [wishes, lang] of table) assert.equal(pickLanguage(wishes), lang);
});

test('days are named as people name them', () => {
  const words = new Words();
  const now = new Date(2011, 10, 22, 12).getTime();
  words.lang = 'zh-CN';
  assert.equal(dayName({ words }, now - 86_400_000, now), '昨天');
  words.lang = 'en';
  assert.equal(dayName({ words }, now, now), 'Today');
  assert.match(dayName({ words }, now - 86_400_000 * 400, now), /2010/);
});
