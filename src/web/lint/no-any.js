// The type `any`, which says that nothing is checked.
//
// Owns: the lint that finds it where this project writes its types, in comments.
// Must not: read code; what code lacks, the type checker finds.

/** Tags that are followed by a type. */
const TYPED =
  /@(?:type|typedef|param|property|prop|returns|return|template|this|satisfies|implements|extends|callback|throws)\s*\{/g;

/** The types that a comment writes, each with its place. A type may have braces of its own. @param {string} comment */
function typesIn(comment) {
  return [...comment.matchAll(TYPED)].map((tag) => {
    const start = tag.index + tag[0].length;
    let depth = 1;
    let end = start;
    for (; end < comment.length && depth > 0; end += 1) depth += { '{': 1, '}': -1 }[comment[end]] ?? 0;
    return { start, type: comment.slice(start, end - 1) };
  });
}

/** `any` and its other spellings; the word within quotes is a value. @param {string} type */
const hasAny = (type) => /\bany\b|^\s*[*?]\s*$|<\s*\*\s*>|\bFunction\b/.test(type.replace(/'[^']*'|"[^"]*"/g, ''));

/** @type {import('eslint').Rule.RuleModule} */
export const noAny = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { any: 'Say the type, or `unknown` and look at what is there: `{{type}}`.' },
  },
  create: ({ sourceCode, report }) => ({
    Program() {
      for (const comment of sourceCode.getAllComments()) {
        if (comment.type !== 'Block' || !comment.value.startsWith('*')) continue;
        for (const { start, type } of typesIn(comment.value)) {
          const place = sourceCode.getLocFromIndex(comment.range[0] + '/*'.length + start);
          if (hasAny(type)) report({ loc: place, messageId: 'any', data: { type } });
        }
      }
    },
  }),
};
