// What a message's text and style are made of.
//
// Owns: links, emoticons, the style's allow-list, legible colours. Must not: need a page.

import assert from 'node:assert/strict';
import { test } from 'node:test';

// What the browser knows of colours, as far as these tests ask for it.
const COLORS = {
  '#d0342c': '#d0342c',
  '#1a7f37': '#1a7f37',
  '#ff0': '#ffff00',
  'rgb(0, 0, 128)': '#000080',
  black: '#000000',
};
globalThis.OffscreenCanvas = class {
  getContext() {
    let color = '#000000';
    return {
      get fillStyle() {
        return color;
      },
      set fillStyle(text) {
        color = text === 'transparent' ? 'rgba(0, 0, 0, 0)' : (COLORS[text] ?? color);
      },
    };
  }
};

import { Palette, contrast, legible, readStyle, writeStyle } from '../widget/style.js';
import { isBigEmoji, safeUrl, tokenise } from '../widget/text.js';

const palette = () => new Palette();

const links = (body) =>
  tokenise(body)
    .filter((token) => token.href)
    .map((token) => [token.text, token.href]);
const whole = (body) =>
  tokenise(body)
    .map((token) => token.text)
    .join('');

test('links end where the URL ends, not where the sentence does', () => {
  const table = [
    ['see https://a.example/x?y=1#z.', [['https://a.example/x?y=1#z', 'https://a.example/x?y=1#z']]],
    ['(http://a.example/b_(c))', [['http://a.example/b_(c)', 'http://a.example/b_(c)']]],
    ['看http://a.example/路径。好', [['http://a.example/', 'http://a.example/']]],
    [
      'www.a.example, and HTTPS://B.example',
      [
        ['www.a.example', 'https://www.a.example/'],
        ['HTTPS://B.example', 'https://b.example/'],
      ],
    ],
    ['mailto:a@b.example!', [['mailto:a@b.example', 'mailto:a@b.example']]],
    ['http:// and https://', []],
    ['"https://a.example"', [['https://a.example', 'https://a.example/']]],
  ];
  for (const [body, expected] of table) assert.deepEqual(links(body), expected, body);
  assert.deepEqual(links('https://a.example/[b]]]}.)?'), [['https://a.example/[b]', 'https://a.example/[b]']]);
});

test('a URL with very many brackets behind it takes no longer than another', () => {
  // Minutes, if all were counted again for each.
  assert.equal(links(`http://a.example/()${')'.repeat(200_000)}`)[0][0], 'http://a.example/()');
});

test('no scheme but http, https and mailto becomes a link', () => {
  for (const body of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'ftp://a.example', 'vbscript:x'])
    assert.deepEqual(links(body), [], body);
  for (const url of ['javascript:alert(1)', ' java\nscript:alert(1)', 'data:text/html,x', '', 'blob:x'])
    assert.equal(safeUrl(url), '', url);
  assert.equal(safeUrl('https://site.example/u/1'), 'https://site.example/u/1');
});

test('markup stays text and no letter is lost', () => {
  const body = '<b>x</b> & https://a.example/?a=<b> :( &amp;';
  assert.equal(whole(body), body.replace(':(', '🙁'));
});

test('emoticons are codes that stand alone', () => {
  assert.equal(whole(":) ;) :D <3 :'("), '🙂 😉 😃 ❤️ 😢');
  assert.equal(whole('B-) 8-) ok :) B-)!'), '😎 😎 ok 🙂 😎!');
  assert.equal(whole('thanks <3\nand love <3!'), 'thanks ❤️\nand love ❤️!');
  for (const body of [
    'A) tea B) coffee',
    '8)',
    '7) x 8) y',
    'B) 8)',
    'x <3 then',
    'if x <3',
    '2 <3',
    'n <3.5',
    '<3.5',
    'a<3',
    'count <3 or more',
  ])
    assert.equal(whole(body), body);
  for (const body of ['a:)b', 'https://x.example:80/:)', '12:3', 'C:/', '(8)']) assert.equal(whole(body), body);
});

test('a few emoji alone are large', () => {
  const table = [
    ['🎉', true],
    ['👍🏽 ❤️ 😀', true],
    ['👩‍👩‍👧', true],
    ['😀😀😀😀', false],
    ['ok 😀', false],
    ['', false],
    ['12', false],
  ];
  for (const [body, big] of table) assert.equal(isBigEmoji(tokenise(body)), big, body);
});

test('only listed declarations pass, within bounds', () => {
  const table = [
    [
      'font-weight:bold; font-style: italic;text-decoration:underline',
      { 'font-weight': 'bold', 'font-style': 'italic', 'text-decoration': 'underline' },
    ],
    ['font-size:200px', { 'font-size': '22px' }],
    ['font-size:1px', { 'font-size': '11px' }],
    ['font-size:12pt', { 'font-size': '16px' }],
    ['font-size:50vw;font-size:calc(1px)', {}],
    ['position:fixed;background:url(http://x);display:none;--x:1', {}],
    ['color:url(x);color:expression(1);color:var(--y)', {}],
    ['font-weight:bold}body{color:red', {}],
    [undefined, {}],
  ];
  for (const [text, expected] of table) assert.deepEqual(readStyle(text, false, palette), expected, text);
});

test('every colour can be read in both themes', () => {
  const backgrounds = [
    [[214, 226, 246], false],
    [[255, 255, 255], false],
    [[54, 66, 88], true],
    [[29, 32, 38], true],
  ];
  for (const rgb of [
    [255, 255, 0],
    [0, 0, 0],
    [255, 255, 255],
    [128, 128, 128],
    [255, 0, 0],
    [0, 0, 128],
    [0, 255, 0],
  ]) {
    for (const [background, dark] of backgrounds)
      assert.ok(contrast(legible(rgb, dark), background) >= 4.5, `${rgb} on ${background}`);
  }
  assert.equal(readStyle('color:#FF0', true, palette).color, 'rgb(255, 255, 0)');
  assert.equal(readStyle('color: rgb(0, 0, 128)', false, palette).color, 'rgb(0, 0, 128)');
  assert.equal(readStyle('color:black', true, palette).color === 'rgb(0, 0, 0)', false);
});

test('what the composer writes is what a reader takes', () => {
  const text = writeStyle({ bold: true, italic: true, underline: true, size: 18, color: '#1a7f37' });
  assert.deepEqual(Object.keys(readStyle(text, false, palette)).sort(), [
    'color',
    'font-size',
    'font-style',
    'font-weight',
    'text-decoration',
  ]);
  assert.equal(writeStyle({ bold: false, italic: false, underline: false, size: 0, color: '' }), '');
});
