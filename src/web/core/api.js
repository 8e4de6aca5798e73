// What scripts of the page may use: the global `NextIM`.
//
// Owns: the small surface that is promised to sites.
// Must not: give them the core itself, which may change.

/** @typedef {import('./types.js').IM} IM */

/** What the bar shows to the page. @typedef {{toggle: () => void, open: (key: string) => void}} Widget */

/**
 * The page may call at once; what needs the bar waits until it is there.
 * @param {IM} im
 */
export function publicApi(im) {
  /** @type {Widget | null} */
  let widget = null;
  /** @type {((widget: Widget) => void)[]} */
  let waiting = [];
  /** @param {(widget: Widget) => void} run */
  const withWidget = (run) => {
    if (widget) run(widget);
    else waiting.push(run);
  };
  const api = Object.freeze({
    /** Opens a chat with a user. @param {string | number} id */
    open: (id) => withWidget((it) => it.open(`u/${id}`)),
    /** Opens a room's chat. @param {string | number} id */
    openRoom: (id) => withWidget((it) => it.open(`r/${id}`)),
    /** Shows the bar, or takes it away. */
    toggle: () => withWidget((it) => it.toggle()),
    /** Says something to a user. @param {string | number} id @param {string} body */
    send: (id, body) => withWidget(() => im.send(`u/${id}`, body)),
    online: () => withWidget(() => im.goOnline()),
    offline: () => withWidget(() => im.goOffline()),
    /** @param {string} show @param {string} [status] */
    presence: (show, status) => withWidget(() => im.setPresence(show, status)),
    /** The page's own entries, after the site's. @param {import('./types.js').MenuEntry[]} entries */
    menu: (entries) => im.addMenu(entries),
    /** @param {string} event @param {(detail: any) => void} listener */
    on: (event, listener) => im.on(event, (detail) => listener(event === 'ready' ? api : detail)),
    get user() {
      return im.me && { ...im.me };
    },
    get unread() {
      return im.unread;
    },
    get state() {
      return im.state;
    },
  });
  /** @param {Widget} made */
  const attach = (made) => {
    widget = made;
    for (const run of waiting) run(made);
    waiting = [];
  };
  return { api, attach };
}
