// What the bar gives to a page as new.
//
// Owns: the list of it in the page. Must not: look at what a user sees.

/** Notes the messages that reach the page's scripts. */
export function listen() {
  /** @type {any} */
  const page = window;
  page.heard = [];
  const waiting = setInterval(() => {
    if (!page.NextIM) return;
    clearInterval(waiting);
    page.NextIM.on('message', (/** @type {any} */ { body }) => page.heard.push(body));
  }, 1);
}

/** @param {import('./support/people.js').Person} person @returns {Promise<string[]>} */
export const heard = (person) => /** @type {any} */ (person.page).evaluate(() => /** @type {any} */ (window).heard);
