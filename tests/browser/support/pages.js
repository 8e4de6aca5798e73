// Pages at the site's address that are made by a test, for what the site's own pages are not: badly styled, or written from right to left.
//
// Owns: how such pages and their delays are put before the browser. Must not: start or stop a server.

import assert from 'node:assert/strict';

/** The tag of the bar's script as the site's pages carry it for this user. @param {import('playwright-core').Page} page @param {string} site */
export async function scriptTag(page, site) {
  const answer = await page.request.get(`${site}/forum`);
  const tag = /<script [^>]*webim\.js"[^>]*><\/script>/.exec(await answer.text());
  assert.ok(tag, 'the page carries the bar');
  return tag[0];
}

/** Goes to a page of this content. @param {import('playwright-core').Page} page @param {string} site @param {string} html from the body on @param {string} [attributes] of the root */
export async function serve(page, site, html, attributes = 'lang="en"') {
  const address = `${site}/made-for-this-test`;
  // The browser does not know that such a page is as local as the servers it asks.
  await page.route(address, (route) =>
    route.fulfill({
      contentType: 'text/html; charset=utf-8',
      body: `<!doctype html><html ${attributes}>${html}</html>`,
    }),
  );
  await page.goto(address);
}

/**
 * Holds back requests of the page to this address, until the function that is returned is called.
 * @param {import('playwright-core').Page} page
 * @param {string | RegExp} url
 * @returns {Promise<() => void>}
 */
export async function holdBack(page, url) {
  /** @type {() => void} */
  let release = () => {};
  const held = new Promise((resolve) => (release = () => resolve(undefined)));
  await page.route(url, async (route) => {
    await held;
    await route.continue();
  });
  return release;
}
