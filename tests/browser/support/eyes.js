// What can be seen of a page beyond its words: where the focus is, what colour something has, what went wrong.
//
// Owns: waiting for such a thing with a deadline. Must not: know the site or the bar.

/** How long one waits for what must happen; the machine may have much else to do. */
export const PATIENCE_MS = 60_000;
const LOOK_MS = 20;

/**
 * Waits until the question is answered with something true, and answers that.
 * @template T
 * @param {string} what is waited for
 * @param {() => Promise<T> | T} ask
 * @returns {Promise<T>}
 */
export async function until(what, ask) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Waits until this has the focus, be it within a shadow root. @param {import('playwright-core').Locator} locator */
export function focused(locator) {
  return locator.and(locator.page().locator(':focus')).waitFor();
}

/** A computed property, which is empty only of what has just been taken out of the page. @param {import('playwright-core').Locator} locator @param {string} property */
export function look(locator, property) {
  return until(`there is a ${property}`, () => locator.evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property));
}

/** What has the focus, in words. @param {import('playwright-core').Page} page */
export function focusName(page) {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
  });
}
