// The languages.
//
// Owns: that every table says the same things. Must not: judge how they say them.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import en from '../widget/i18n/en.js';
import zhCN from '../widget/i18n/zh-CN.js';
import zhTW from '../widget/i18n/zh-TW.js';
import { fill, pickLanguage, wordsOf } from '../widget/i18n.js';

const placeholders = (text) => (text.match(/\{\w+\}/g) ?? []).sort().join();

for (const [lang, table] of Object.entries({ 'zh-CN': zhCN, 'zh-TW': zhTW })) {
  test(`${lang} has the keys and placeholders of English`, () => {
    assert.deepEqual(Object.keys(table), Object.keys(en));
    for (const key of Object.keys(en)) {
      assert.equal(placeholders(table[key]), placeholders(en[key]), key);
      assert.notEqual(table[key].trim(), '', key);
    }
  });

  test(`${lang} has no half-width punctuation after Chinese letters`, () => {
    for (const [key, text] of Object.entries(table)) assert.doesNotMatch(text, /[\u4e00-\u9fff}][,:?!]/, key);
  });
}

test('every key is said somewhere', () => {
  const folder = new URL('../widget/', import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith('.js')).map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  const words = new Set(sources.match(/'\w+'|view\.t\(\w+/g)?.map((word) => word.replaceAll("'", '')));
  // Said by names that come from elsewhere: the kinds of trouble, and the states of a message.
  for (const made of ['sent', 'delivered', 'refused', 'site', 'server', 'replaced', 'ended', 'limit', 'network']) words.add(made);
  assert.deepEqual(Object.keys(en).filter((key) => !words.has(key)), []);
});

test('the first language we speak at all is spoken', () => {
  const table = [
    [['', 'zh-TW', 'en'], 'zh-TW'], [['fr', 'zh'], 'zh-CN'], [['zh-Hant-HK'], 'zh-TW'], [['zh_CN'], 'zh-CN'], [['zh-HK'], 'zh-TW'], [['zh-Hans-SG'], 'zh-CN'], [['de', undefined, null], 'en'], [['en-GB', 'zh'], 'en'],
  ];
  for (const [wishes, lang] of table) assert.equal(pickLanguage(wishes), lang);
});

test('days are named as people name them', () => {
  const now = new Date(2011, 10, 22, 12).getTime();
  assert.equal(wordsOf('en').day(now, now), 'Today');
  assert.equal(wordsOf('zh-CN').day(now - 86_400_000, now), '昨天');
  assert.match(wordsOf('en').day(now - 86_400_000 * 400, now), /2010/);
  assert.equal(fill('{n} of {all} {x}', { n: 1, all: 2 }), '1 of 2 {x}');
});
