// What can be seen of a page beyond its words: where the focus is, what colour something has, and where it stands.
//
// Owns: waiting for such a thing with a deadline. Must not: name an element of the site or of the bar.

/** How long a test waits for what must happen; the machine may have much else to do. */
export const PATIENCE_MS = 60_000;
const LOOK_MS = 20;

/**
 * Asks again until the answer is true, and returns it.
 * @template T
 * @param {string} what the test waits for
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

/** Waits until this has the focus, within a shadow root too. @param {import('playwright-core').Locator} locator */
export function focused(locator) {
  return locator.and(locator.page().locator(':focus')).waitFor();
}

/** A computed property. It is empty of an element that has just left the page. @param {import('playwright-core').Locator} locator @param {string} property */
export function look(locator, property) {
  return until(`there is a ${property}`, () =>
    locator.evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property),
  );
}

/** Where it stands. An element that is not drawn, or has just left the page, has no box. @param {import('playwright-core').Locator} locator */
export async function boxOf(locator) {
  const found = await until(`${locator} has a box`, () => locator.boundingBox());
  return { ...found, right: found.x + found.width, bottom: found.y + found.height };
}

/** What has the focus, in words. @param {import('playwright-core').Page} page */
export function focusName(page) {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
  });
}
