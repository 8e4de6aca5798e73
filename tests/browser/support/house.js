// A site with its message server, and a browser, for the tests of one file.
//
// Owns: when they begin and end, and who comes. Must not: know what is done there.

import { after, afterEach, before } from 'node:test';

import { Person, allLeave, launch } from './people.js';
import { Community } from './servers.js';

export class House {
  /** @type {import('playwright-core').Browser} */
  browser;
  /** @type {Community} */
  community;

  get url() {
    return this.community.url;
  }

  /** Somebody at the site. @param {string} id @param {Parameters<typeof Person.arrive>[3]} [options] */
  arrive(id, options) {
    return Person.arrive(this.browser, this.url, id, options);
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
 * @param {Parameters<typeof launch>[0]} [options] of the browser
 */
export function openHouse(options) {
  const house = new House();
  before(async () => {
    [house.browser, house.community] = await Promise.all([launch(options), Community.start()]);
  });
  afterEach(() => allLeave(house.browser));
  after(async () => {
    await house.browser?.close();
    await house.community?.end();
  });
  return house;
}
