// The bar's place until it is drawn.
//
// Owns: nothing.
// Must not: do anything.

/** @typedef {import('../core/types.js').IM} IM */

/**
 * How the bar is set up, from the attributes of the script's tag.
 * @typedef {object} WidgetOptions
 * @property {string} stylesheet its URL
 * @property {string} lang empty: as the page
 * @property {string} theme empty: as the user's settings say
 * @property {string[]} userLinks regular expressions whose first group is a uid or an id; empty: the usual ones
 */

/**
 * @param {IM} im
 * @param {WidgetOptions} options
 */
export function createWidget(im, options) {
  void options;
  return {
    toggle() {},
    /** @param {string} key */
    open(key) {
      im.open(key);
    },
  };
}
