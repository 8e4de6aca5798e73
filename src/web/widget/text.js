// What a message's text is made of.
//
// Owns: which parts of a text are links and emoticons, and which links are safe to follow. Must not: touch the page.

/** Where a URL may begin; it ends at white space, quotes, and whatever is Chinese, Japanese or full-width. */
const LINK = /\b(?:https?:\/\/|mailto:|www\.)[^\s<>"'`\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]+/gi;
const SAFE = new Set(['http:', 'https:', 'mailto:']);
/** A body of so few emoji and nothing else is shown large. */
const BIG_EMOJI_MAX = 3;

/** @type {Record<string, string>} */
const EMOTICONS = {
  ':)': '🙂', ':-)': '🙂', ':(': '🙁', ':-(': '🙁', ':D': '😃', ':-D': '😃', ';)': '😉', ';-)': '😉', ':P': '😛', ':-P': '😛', ':p': '😛',
  ':O': '😮', ':o': '😮', ":'(": '😢', ':*': '😘', ':|': '😐', ':/': '😕', '8)': '😎', 'B)': '😎', '<3': '❤️', ':@': '😠', ':$': '😳',
};
const CODES = Object.keys(EMOTICONS).map((code) => code.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).sort((a, b) => b.length - a.length);
const EMOTICON = new RegExp(`(?<=^|\\s)(?:${CODES.join('|')})(?=$|[\\s.,!?])`, 'g');

/** @typedef {{kind: 'text' | 'link' | 'emoji', text: string, href?: string}} Token */

/**
 * A URL that may be followed, or nothing. What is relative is the page's own.
 * @param {string | undefined} url
 * @param {string} [base]
 */
export function safeUrl(url, base) {
  try {
    const parsed = new URL(url || 'about:blank', base);
    return SAFE.has(parsed.protocol) ? parsed.href : '';
  } catch {
    return '';
  }
}

/** What ends a sentence or closes a bracket that was opened before the URL is not the URL's. @param {string} url */
function trimUrl(url) {
  for (;;) {
    const last = url.at(-1) ?? '';
    const open = { ')': '(', ']': '[', '}': '{' }[last];
    const extra = open ? url.split(last).length > url.split(open).length : '.,;:!?*_~'.includes(last);
    if (!last || !extra) return url;
    url = url.slice(0, -1);
  }
}

/** @param {string} text @param {Token[]} tokens those before it */
function pushText(text, tokens) {
  let from = 0;
  const glued = tokens.length > 0;
  for (const match of text.matchAll(EMOTICON)) {
    if (glued && match.index === 0) continue;
    if (match.index > from) tokens.push({ kind: 'text', text: text.slice(from, match.index) });
    tokens.push({ kind: 'emoji', text: /** @type {string} */ (EMOTICONS[match[0]]) });
    from = match.index + match[0].length;
  }
  if (from < text.length) tokens.push({ kind: 'text', text: text.slice(from) });
}

/**
 * Cuts a text into plain text, links and emoji.
 * @param {string} body
 * @returns {Token[]}
 */
export function tokenise(body) {
  /** @type {Token[]} */
  const tokens = [];
  let from = 0;
  for (const match of body.matchAll(LINK)) {
    const text = trimUrl(match[0]);
    const href = safeUrl(/^www\./i.test(text) ? `https://${text}` : text);
    if (!href || !/[\w\d]/.test(text.replace(/^(https?:\/\/|mailto:|www\.)/i, ''))) continue;
    pushText(body.slice(from, match.index), tokens);
    tokens.push({ kind: 'link', text, href });
    from = match.index + text.length;
  }
  pushText(body.slice(from), tokens);
  return tokens;
}

/** Whether tokens are a few emoji and nothing else. @param {Token[]} tokens */
export function isBigEmoji(tokens) {
  const text = tokens.map((token) => token.text).join('').replace(/\s/g, '');
  const rest = text.replace(/\p{Extended_Pictographic}(\p{Emoji_Modifier}|\ufe0f|\u200d\p{Extended_Pictographic})*/gu, '');
  const count = text.match(/(?<!\u200d)\p{Extended_Pictographic}/gu)?.length ?? 0;
  return rest === '' && count > 0 && count <= BIG_EMOJI_MAX;
}
