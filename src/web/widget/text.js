// What a message's text is made of.
//
// Owns: which parts of a text are links and emoticons, and which links are safe to follow. Must not: touch the page.

/** Where a URL may begin; it ends at white space, quotes, and whatever is Chinese, Japanese or full-width. */
const LINK = /\b(?:https?:\/\/|mailto:|www\.)[^\s<>"'`\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]+/gi;
const SAFE = new Set(['http:', 'https:', 'mailto:']);
/** A body of at most three emoji and nothing else is shown large. */
const BIG_EMOJI = /^(\p{Extended_Pictographic}(\p{Emoji_Modifier}|\ufe0f|\u200d\p{Extended_Pictographic})*){1,3}$/u;

/** By the code without its nose, in capitals. @type {Record<string, string>} */
const EMOTICONS = {
  ':)': '🙂',
  ':(': '🙁',
  ':D': '😃',
  ';)': '😉',
  ':P': '😛',
  ':O': '😮',
  ":'(": '😢',
  ':*': '😘',
  ':|': '😐',
  ':/': '😕',
  '8)': '😎',
  'B)': '😎',
  '<3': '❤️',
  ':@': '😠',
  ':$': '😳',
};
/** They stand alone. Without a nose 8) and B) are marks of a list. */
const FACE = /(?<=^|\s)(?::-?[)(DPpOo*|/@$]|;-?\)|:'\(|[8B]-\))(?=$|[\s.,!?])/g;
/** Behind a number or a single letter, and where the sentence goes on, <3 is a comparison. */
const HEART = /(?<=^|\s)(?<!(?:^|\s)(?:\p{L}|[\p{N}.,]+)\s+)<3(?=[.,!?]*(?:\s*$|\n|\s+[:;<\p{S}]))/gu;

/** A piece of text; a link if there is somewhere it leads. @typedef {{text: string, href?: string}} Token */

/** A whole URL that may be followed, or nothing. @param {string | undefined} url */
export function safeUrl(url) {
  try {
    const parsed = new URL(url ?? '');
    return SAFE.has(parsed.protocol) ? parsed.href : '';
  } catch {
    return '';
  }
}

/** What ends a sentence or closes a bracket that was opened before the URL is not the URL's. @param {string} url */
function trimUrl(url) {
  /** @type {Record<string, number>} */
  const spare = {};
  for (const [open, close] of ['()', '[]', '{}']) spare[close] = url.split(close).length - url.split(open).length;
  let end = url.length;
  while (end && (spare[url[end - 1]]-- > 0 || '.,;:!?*_~'.includes(url[end - 1]))) end -= 1;
  return url.slice(0, end);
}

/**
 * Cuts a text into plain text and links; emoticons become emoji, but not one that is glued to a link.
 * @param {string} body
 * @returns {Token[]}
 */
export function tokenise(body) {
  /** @type {Token[]} */
  const tokens = [];
  let from = 0;
  const plain = (/** @type {number} */ to) => {
    const glued = from > 0;
    const drawn = (/** @type {string} */ code, /** @type {number} */ at) =>
      glued && at === 0 ? code : (EMOTICONS[code.replace('-', '').toUpperCase()] ?? code);
    const text = body.slice(from, to).replace(HEART, drawn).replace(FACE, drawn);
    if (text) tokens.push({ text });
  };
  for (const { 0: url, index } of body.matchAll(LINK)) {
    const text = trimUrl(url);
    const href = safeUrl(/^www\./i.test(text) ? `https://${text}` : text);
    if (!href || !/\w/.test(text.replace(/^(https?:\/\/|mailto:|www\.)/i, ''))) continue;
    plain(index);
    tokens.push({ text, href });
    from = index + text.length;
  }
  plain(body.length);
  return tokens;
}

/** Whether tokens are a few emoji and nothing else. @param {Token[]} tokens */
export const isBigEmoji = (tokens) =>
  BIG_EMOJI.test(
    tokens
      .map(({ text }) => text)
      .join('')
      .replace(/\s/g, ''),
  );
