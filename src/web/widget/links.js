// Which links of a page lead to a user.
//
// Owns: the patterns, and how a user is read from a link. Must not: touch the page.

/** The usual addresses of a user's page; the first group is the uid, or the id. */
export const USER_LINKS = [/space\.php\?(?:.*&)?uid=(\d+)/, /space-uid-(\d+)\.html/, /[?&]mod=space&(?:.*&)?uid=(\d+)/];

/**
 * Patterns as they stand in the script's tag; what is no regular expression is left out.
 * @param {string[]} sources
 */
export function compile(sources) {
  if (!sources.length) return USER_LINKS;
  return sources.flatMap((source) => {
    try {
      return new RegExp(source);
    } catch {
      return [];
    }
  });
}

/**
 * @param {string} href as it stands in the page
 * @param {RegExp[]} patterns
 * @returns {string} the user, or nothing
 */
export function userOf(href, patterns) {
  for (const pattern of patterns) {
    const found = pattern.exec(href)?.[1];
    if (found) return safeDecode(found);
  }
  return '';
}

/** @param {string} text */
function safeDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
