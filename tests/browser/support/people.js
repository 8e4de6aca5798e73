// People with browsers: what somebody does at the site, in the words of a user.
//
// Owns: the browser, and where on a page things are, by their roles and names. Must not: look at what a user cannot see,
// other than errors on a page.

import assert from 'node:assert/strict';

import { chromium } from 'playwright-core';

import { PATIENCE_MS } from './eyes.js';

/** The password of each user that the community starts with. */
export const PASSWORD = 'nextim';

/** What the browser does beside the pages under test. */
const DISABLED_FEATURES = [
  // Each window loads pages of its own for the address bar and for tabs to come, which takes longer than a page of ours.
  ...[
    'WebUIOmniboxPopup',
    'WebUIOmniboxAimPopup',
    'WebUIOmniboxFullPopup',
    'PreloadTopChromeWebUI',
    'SpareRendererForSitePerProcess',
  ],
  // An answer that a test has changed seems to come from elsewhere, from where the browser lets no page reach this machine.
  'LocalNetworkAccessChecks',
  // These are Playwright's own, which this list replaces.
  ...[
    'AvoidUnnecessaryBeforeUnloadCheckSync',
    'AvoidCorsURLLoaderRestartOnRedirect',
    'DestroyProfileOnBrowserClose',
    'PaintHolding',
    'ThirdPartyStoragePartitioning',
  ],
  ...[
    'HttpsUpgrades',
    'HttpsFirstBalancedModeAutoEnable',
    'LensOverlay',
    'MediaRouter',
    'OptimizationHints',
    'NetworkTimeServiceQuerying',
    'AimEnabled',
    'PreconnectToSearch',
  ],
];

/** The browser as people have it; what stands around its pages takes two fifths of the processor's time. */
const WHOLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** The same engine with nothing around its pages. */
const SHELL = process.env.CHROMIUM_SHELL ?? process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell';

const LAUNCH = {
  args: [
    ...['--no-sandbox', '--disable-gpu', '--disable-quic', `--disable-features=${DISABLED_FEATURES}`],
    // To start a process for each page takes longer than what the page does. People never share one.
    '--renderer-process-limit=1',
  ],
};

/** Each page in a process of its own, as it is with users who have the memory for it. */
export const PROCESS_PER_PAGE = '--renderer-process-limit=100';

/** Without movement: the frames between two states take a quarter of the processor, and clicks wait for their end. */
const USUAL = /** @type {const} */ ({
  viewport: { width: 1200, height: 800 },
  locale: 'en-US',
  reducedMotion: 'reduce',
});

/** A pattern for this name as it stands, with all its letters. @param {string} name */
const literal = (name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/**
 * A browser for one file of tests: `isWhole` for what pages do not have by themselves, such as the cache of left pages.
 * @param {{isWhole?: boolean, args?: string[], ignoreDefaultArgs?: string[]}} [more]
 */
export const launch = ({ isWhole = false, args = [], ...more } = {}) =>
  chromium.launch({ executablePath: isWhole ? WHOLE : SHELL, args: [...LAUNCH.args, ...args], ...more });

/** A browser with settings of its own. @param {string} folder of its profile */
export const launchProfile = (folder) =>
  chromium.launchPersistentContext(folder, { ...LAUNCH, executablePath: WHOLE, locale: 'en-US' });

/** Answers that a test gives in place of a server may still be under way: they end with the pages, and are no error. @param {import('playwright-core').BrowserContext} context */
async function close(context) {
  const pages = context.pages();
  await Promise.all([context, ...pages].map((it) => it.unrouteAll({ behavior: 'ignoreErrors' })));
  await Promise.all(pages.map(leave));
  await context.close();
}

/**
 * A browser that is closed lets its pages say that they leave; a context that is closed does not, and its connections may
 * stay open for a while. What they say is on its way when the page is another one, and has arrived when that one has
 * been answered.
 * @param {import('playwright-core').Page} page
 */
async function leave(page) {
  const url = page.url();
  try {
    await page.goto('about:blank', { timeout: 5_000 });
    await page.evaluate((site) => fetch(site, { mode: 'no-cors', signal: AbortSignal.timeout(1_000) }), url);
  } catch {
    // The site is down, or the page is gone.
  }
}

/** Sends everybody away from this browser. @param {import('playwright-core').Browser} browser */
export const allLeave = (browser) => Promise.all(browser.contexts().map(close));

/**
 * @typedef {object} Arrival
 * @property {() => void} [init] runs in every page first
 * @property {string} [path] the page to begin with
 */

/**
 * Somebody with a browser context of their own: cookies, storage and tabs are shared with nobody.
 */
export class Person {
  /** @type {import('playwright-core').BrowserContext} */
  context;
  /** @type {import('playwright-core').Page} the first tab */
  page;
  /** @type {string | undefined} the tag of the bar's script on pages that the site makes for this user, once it was read */
  tag;
  /** @type {string[]} errors of scripts and violations of the policy, on all pages */
  complaints = [];

  /** @param {string} site @param {string} id */
  constructor(site, id) {
    this.site = site;
    this.id = id;
  }

  /**
   * Somebody at a page of the site, logged in.
   * @param {import('playwright-core').Browser} browser
   * @param {string} site
   * @param {string} id
   * @param {import('playwright-core').BrowserContextOptions & Arrival} [options]
   */
  static async arrive(browser, site, id, { path = '/', ...options } = {}) {
    const person = await Person.come(browser, site, id, options);
    await person.logIn();
    await person.page.goto(site + path);
    return person;
  }

  /**
   * Somebody with an empty page, not logged in.
   * @param {import('playwright-core').Browser} browser
   * @param {string} site
   * @param {string} id
   * @param {import('playwright-core').BrowserContextOptions & Pick<Arrival, 'init'>} [options]
   */
  static async come(browser, site, id, { init, ...options } = {}) {
    const person = new Person(site, id);
    person.context = await browser.newContext({ ...USUAL, ...options });
    person.context.on('weberror', (error) => person.complaints.push(`${error.error()}`));
    person.context.on('console', (said) => {
      if (/Content Security Policy|Refused to/.test(said.text())) person.complaints.push(said.text());
    });
    person.context.setDefaultTimeout(PATIENCE_MS);
    if (init) await person.context.addInitScript(init);
    person.page = await person.context.newPage();
    return person;
  }

  /** Logs the browser in without a page: one request is what the form comes to. */
  async logIn() {
    const answer = await this.context.request.post(`${this.site}/login`, {
      form: { id: this.id, password: PASSWORD },
      headers: { Origin: this.site },
      maxRedirects: 0,
    });
    assert.equal(answer.status(), 303, 'the site accepts the name and the password');
  }

  /** Logs in by the site's form, and arrives at the page after it. */
  async logInByForm(password = PASSWORD) {
    await this.page.goto(`${this.site}/login`);
    const form = this.page.getByRole('main');
    await form.getByLabel(/^(name|user ?name|id)/i).fill(this.id);
    await form.getByLabel(/password/i).fill(password);
    await form.getByRole('button', { name: /log in/i }).click();
    // A click does not wait for the page it leads to, and a look at the old one would stop the way there.
    await this.page.waitForURL((url) => url.pathname !== '/login');
  }

  /** One more tab of this browser. @param {string} path */
  async tab(path = '/') {
    const page = await this.context.newPage();
    await page.goto(this.site + path);
    return new Tab(page);
  }

  /** The bar of the first tab. */
  get bar() {
    return new Tab(this.page);
  }

  leave() {
    return close(this.context);
  }
}

/**
 * The chat bar of one page.
 */
export class Tab {
  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page;
    this.region = page.getByRole('region', { name: 'Chat', exact: true });
  }

  /** @param {string | RegExp} name */
  button(name) {
    return this.region.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** Waits until it is online. */
  async online() {
    await this.button(/^Contacts, \d+ online$/).waitFor();
    return this;
  }

  /** Opens a panel of the bar: Contacts, Rooms, Notifications, Settings. @param {string} name */
  async panel(name) {
    const panel = this.region.getByRole('region', { name, exact: true });
    if (!(await panel.isVisible()))
      await this.button(new RegExp(`^${name}`))
        .first()
        .click();
    await panel.waitFor();
    return panel;
  }

  /** A contact's row in the panel: `presence` is the text there. @param {string} nick @param {string} presence */
  async contact(nick, presence = '') {
    const panel = await this.panel('Contacts');
    return panel.getByRole('button', { name: new RegExp(`^${literal(nick)}.*${presence}`) });
  }

  /**
   * Records every change of the contacts from now on, and every presence that reaches the bar, while `nick` is there.
   * @param {string} nick
   * @returns {Promise<import('playwright-core').JSHandle<string[]>>}
   */
  async watch(nick) {
    const row = await this.contact(nick, 'Available');
    await row.waitFor();
    return row.evaluateHandle((button) => {
      /** @type {string[]} */
      const seen = [];
      const list = /** @type {Element} */ (button.closest('section'));
      const look = () =>
        [...list.querySelectorAll('li > button:first-child')].map((it) => it.getAttribute('aria-label')).join('; ');
      let last = look();
      new MutationObserver(() => {
        const now = look();
        if (now !== last) seen.push(now);
        last = now;
      }).observe(list, { subtree: true, childList: true, attributes: true });
      // @ts-ignore the page's one global: its events also have what comes and goes between two frames
      globalThis.NextIM.on('presence', (who) => seen.push(`${who.id} ${who.presence}`));
      return seen;
    });
  }

  /** Opens a chat from the contacts. @param {string} nick */
  async chatWith(nick) {
    await (await this.contact(nick)).first().click();
    return this.opened(nick);
  }

  /** Opens a room's chat. @param {string} name */
  async enter(name) {
    const panel = await this.panel('Rooms');
    await panel.getByRole('button', { name: new RegExp(`^${literal(name)}, `) }).click();
    return this.opened(name);
  }

  /** The chat window of this name, as soon as it is there: until then what was open before it is still drawn. @param {string} name */
  async opened(name) {
    const chat = this.chat(name);
    await chat.window.waitFor();
    return chat;
  }

  /** The chat window of this name, open or not. @param {string} name */
  chat(name) {
    return new Chat(this.region.getByRole('region', { name: `Chat with ${name}`, exact: true }), name);
  }
}

/**
 * A chat's window.
 */
export class Chat {
  /** @param {import('playwright-core').Locator} window @param {string} name */
  constructor(window, name) {
    this.window = window;
    this.log = window.getByRole('log', { name: `Conversation with ${name}` });
    this.box = window.getByRole('textbox', { name: `Message to ${name}` });
  }

  /** @param {string} text */
  async say(text) {
    await this.box.fill(text);
    await this.box.press('Enter');
  }

  /** Waits for this line, of either side; the error has what the bar shows instead. @param {string} text */
  async hears(text) {
    try {
      await this.log.getByText(text, { exact: true }).waitFor();
    } catch (error) {
      const shown = await this.window.page().getByRole('region', { name: 'Chat', exact: true }).ariaSnapshot();
      throw new Error(`“${text}” was not heard; the bar shows\n${shown}`, { cause: error });
    }
  }

  /** How often this line stands there. @param {string} text */
  times(text) {
    return this.log.getByText(text, { exact: true }).count();
  }

  /** All lines of this kind, in order. @param {RegExp} kind */
  said(kind) {
    return this.log.getByText(kind).allTextContents();
  }

  /** @param {string | RegExp} name of a button in the window */
  button(name) {
    return this.window.getByRole('button', { name });
  }

  /** Chooses from the window's menu. @param {string} entry */
  async choose(entry) {
    await this.button('Options').click();
    await this.window.page().getByRole('menuitem', { name: entry }).click();
  }
}

let markers = 0;

/**
 * Each of these lines stands in each window once: a second copy would come before the marker that is sent after it.
 * @param {Chat[]} chats the windows of both sides
 * @param {string[]} texts
 */
export async function heardOnce(chats, texts) {
  for (const chat of chats) for (const text of texts) await chat.hears(text);
  for (const from of chats) {
    const marker = `mark ${(markers += 1)}`;
    await from.say(marker);
    for (const chat of chats) await chat.hears(marker);
  }
  for (const chat of chats) for (const text of texts) assert.equal(await chat.times(text), 1, text);
}
