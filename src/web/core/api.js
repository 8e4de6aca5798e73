// What scripts of the page may use: the global `NextIM`.
//
// Owns: the small surface that is promised to sites.
// Must not: give them the core itself, which may change.

/** @typedef {import('./types.js').IM} IM */
/** @typedef {import('./types.js').MenuEntry} MenuEntry */

/** What the bar shows to the page. @typedef {{toggle: () => void, open: (key: string) => void}} Widget */
/** Somebody who listens, and how the core in use is told to stop. @typedef {{event: string, hear: (detail: any) => void, off: () => void}} Listener */

/** The page may call at once; what needs the bar waits until it is there. */
export function publicApi() {
  /** @type {IM} */
  let im;
  /** @type {Widget | null} */
  let widget = null;
  /** @type {((widget: Widget) => void)[]} */
  let waiting = [];
  /** @type {Set<Listener>} */
  const listeners = new Set();
  /** @type {MenuEntry[][]} */
  const menus = [];
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
    /** The page's own entries, after the site's. @param {MenuEntry[]} entries */
    menu: (entries) => {
      menus.push(entries);
      im.addMenu(entries);
    },
    /** @param {string} event @param {(detail: any) => void} listener */
    on: (event, listener) => {
      const it = { event, hear: (/** @type {any} */ detail) => listener(event === 'ready' ? api : detail), off: () => {} };
      listeners.add(it);
      it.off = im.on(event, it.hear);
      return () => {
        listeners.delete(it);
        it.off();
      };
    },
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
  /** This core is asked from now on; the page's listeners and entries stay. @param {IM} next */
  const use = (next) => {
    im = next;
    widget = null;
    for (const it of listeners) it.off = im.on(it.event, it.hear);
    for (const entries of menus) im.addMenu(entries);
  };
  /** @param {Widget} made */
  const attach = (made) => {
    widget = made;
    for (const run of waiting) run(made);
    waiting = [];
  };
  return { api, use, attach };
}
