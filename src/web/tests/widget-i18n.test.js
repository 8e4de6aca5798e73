// The languages.
//
// Owns: that every language says the same things. Must not: judge how they say them.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { dayName } from '../widget/dates.js';
import { LANGUAGES, learn, pickLanguage, speak, t } from '../widget/i18n.js';
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
  speak('en');
  assert.equal(t('{} of {} online', 4, 1204), '4 of 1,204 online');
  assert.equal(t('Chat with {}', '{}$&'), 'Chat with {}$&');
  speak('zh-TW');
  assert.equal(t('Chat with {}', 'Bob'), 'Chat with Bob', 'English until the words are there');
  learn(WORDS);
  assert.equal(t('Chat with {}', 'Bob'), '與 Bob 聊天');
  assert.equal(t('no such text'), 'no such text');
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
  const now = new Date(2011, 10, 22, 12).getTime();
  speak('zh-CN');
  assert.equal(dayName(now - 86_400_000, now), '昨天');
  speak('en');
  assert.equal(dayName(now, now), 'Today');
  assert.match(dayName(now - 86_400_000 * 400, now), /2010/);
});
