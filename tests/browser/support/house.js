// A site with its message server, and a browser, for the tests of one file.
//
// Owns: when they start and end, and the people who come. Must not: call anything of a page.

import { after, afterEach, before, beforeEach } from 'node:test';

import { Person, allLeave, launch } from './people.js';
import { Community, MessageServer } from './servers.js';

/** @typedef {NonNullable<Parameters<typeof Person.arrive>[3]>} PersonOptions */

/**
 * What a house has other than the usual.
 * @typedef {object} Plan
 * @property {Parameters<typeof launch>[0]} [browser] its switches
 * @property {Parameters<typeof MessageServer.start>[0]} [server] of a message server that runs beside the community
 * @property {string[]} [args] of the community
 * @property {boolean} [isPerTest] each test has a community of its own
 * @property {boolean} [hasSite] whether there is a community, as there mostly is
 * @property {PersonOptions} [people] options of all who come
 */

export class House {
  /** @type {import('playwright-core').Browser} */
  browser;
  /** @type {Community} */
  community;
  /** @type {MessageServer} where the plan has one */
  server;
  /** @type {PersonOptions} */
  #people;

  /** @param {PersonOptions} [people] options of all who come */
  constructor(people) {
    this.#people = people ?? {};
  }

  get url() {
    return this.community.url;
  }

  /** Somebody at the site. @param {string} id @param {PersonOptions} [options] */
  arrive(id, options) {
    return Person.arrive(this.browser, this.url, id, { ...this.#people, ...options });
  }

  /** Somebody who is logged in, with an empty page. @param {string} id @param {PersonOptions} [options] */
  async known(id, options) {
    const person = await Person.come(this.browser, this.url, id, { ...this.#people, ...options });
    await person.logIn();
    return person;
  }

  /** Somebody with an empty page whom no site knows. @param {PersonOptions} [options] */
  stranger(options) {
    return Person.come(this.browser, this.community?.url ?? '', '', { ...this.#people, ...options });
  }

  /** Several, all of them online. @param {string[]} ids */
  async gather(...ids) {
    const people = await Promise.all(ids.map((id) => this.arrive(id)));
    await Promise.all(people.map((person) => person.bar.online()));
    return people;
  }
}

/**
 * Opens a house before the tests of the file that calls this, sends everybody away after each, and closes it after the last.
 * @param {Plan} [plan]
 */
export function openHouse({ browser, server, args, isPerTest, hasSite = true, people } = {}) {
  const house = new House(people);
  const settle = async () => (house.community = await Community.start({ im: house.server?.url, args }));
  // One hook: those of a file do not wait for one another.
  before(async () => {
    house.browser = await launch(browser);
    if (server) house.server = await MessageServer.start(server);
    if (hasSite && !isPerTest) await settle();
  });
  if (isPerTest) beforeEach(settle);
  afterEach(() => allLeave(house.browser));
  if (isPerTest) afterEach(() => house.community.end());
  after(async () => {
    await house.browser?.close();
    if (!isPerTest) await house.community?.end();
    await house.server?.end();
  });
  return house;
}
