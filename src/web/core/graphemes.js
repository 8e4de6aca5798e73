// Letters as people see them.
//
// Owns: where a text may be cut, and the letter that stands for a name. Must not: know what is cut.

/** Where the browser cannot tell: a flag, or a code point with its marks and with what is joined to it. */
const CLUSTER = /(?:\p{Regional_Indicator}{2}|[^])(?:[\p{M}\p{Emoji_Modifier}\u200c\u{e0020}-\u{e007f}]|\u200d[^])*/gu;
/** What can be seen and is no mark of punctuation. */
const LETTER = /[\p{L}\p{N}\p{S}]/u;

const segmenter = typeof Intl.Segmenter === 'function' ? new Intl.Segmenter() : null;

/** @param {string} text @returns {Iterable<string>} */
export function* graphemes(text, cutter = segmenter) {
  if (cutter) for (const { segment } of cutter.segment(text)) yield segment;
  else yield* text.match(CLUSTER) ?? [];
}

/** The beginning of a text, whole letters of it. One letter longer than all that is cut by its code points. @param {string} text @param {number} max code units */
export function clip(text, max, cutter = segmenter) {
  if (text.length <= max) return text;
  let end = 0;
  // One unit more shows whether the last letter ends where it must.
  for (const part of graphemes(text.slice(0, max + 1), cutter)) {
    if (end + part.length > max) break;
    end += part.length;
  }
  for (const part of end ? '' : text) {
    if (end + part.length > max) break;
    end += part.length;
  }
  return text.slice(0, end);
}

/** The letter or the emoji that stands for a name; of a name of marks alone the first. @param {string} name */
export function initialOf(name, cutter = segmenter) {
  let first = '';
  for (const part of graphemes(name, cutter)) {
    if (LETTER.test(part)) return part.toUpperCase();
    first ||= /[\p{P}]/u.test(part) ? part : '';
  }
  return first;
}
