// What scripts of the page may use: the global `NextIM`.
//
// Owns: the small surface that is promised to sites.
// Must not: give pages the core itself, which may change.

/** @typedef {import('./types.js').IM} IM */
/** @typedef {import('./types.js').MenuEntry} MenuEntry */

/** What the bar shows to the page. @typedef {{toggle: () => void, open: (key: string) => void}} Widget */
/** A listener of the page: how to put it on a core, and how to take it off the core in use. @typedef {{join: (core: IM) => () => void, off: () => void}} Listener */

/** The page's listeners, whichever core is in use. An array holds it, because this may run among a page's own sets. */
function createListeners() {
  /** @type {IM | undefined} */
  let core;
  /** @type {Listener[]} */
  let listeners = [];
  /** @param {Listener} it */
  const move = (it) => {
    it.off();
    if (core) it.off = it.join(core);
  };
  return {
    /** @param {Listener['join']} join */
    add(join) {
      const it = { join, off: () => {} };
      listeners.push(it);
      move(it);
      return () => {
        const others = [];
        for (const other of listeners) if (other !== it) others.push(other);
        listeners = others;
        it.off();
      };
    },
    /** Moves all of them to this core. @param {IM} next */
    use(next) {
      core = next;
      for (const it of listeners) move(it);
    },
  };
}

/** The page may call at once; what needs the bar waits until it is there. */
export function publicApi() {
  /** @type {IM | undefined} none until one is used */
  let core;
  /** @type {Widget | null} */
  let widget = null;
  /** @type {((widget: Widget, im: IM) => void)[]} */
  const waiting = [];
  const listeners = createListeners();
  /** @type {MenuEntry[][]} */
  const menus = [];
  /** @param {(widget: Widget, im: IM) => void} run */
  const withWidget = (run) => {
    if (widget && core) run(widget, core);
    else waiting.push(run);
  };
  const api = Object.freeze({
    /** Opens a chat with a user. @param {string | number} id */
    open: (id) => withWidget((it) => it.open(`u/${id}`)),
    /** Opens a room's chat. @param {string | number} id */
    openRoom: (id) => withWidget((it) => it.open(`r/${id}`)),
    /** Shows the bar, or takes it away. */
    toggle: () => withWidget((it) => it.toggle()),
    /** Sends a message to a user. @param {string | number} id @param {string} body */
    send: (id, body) => withWidget((_, im) => im.send(`u/${id}`, body)),
    online: () => withWidget((_, im) => im.goOnline()),
    offline: () => withWidget((_, im) => im.goOffline()),
    /** @param {string} show @param {string} [status] */
    presence: (show, status) => withWidget((_, im) => im.setPresence(show, status)),
    /** The page's own entries, after the site's. @param {MenuEntry[]} entries */
    menu: (entries) => {
      menus.push(entries);
      core?.addMenu(entries);
    },
    /** @param {keyof import('./types.js').Events} event @param {(detail: unknown) => void} listener */
    on: (event, listener) =>
      listeners.add((im) => im.on(event, (detail) => listener(event === 'ready' ? api : detail))),
    get user() {
      return core?.me ? { ...core.me } : null;
    },
    get unread() {
      return core?.unread ?? 0;
    },
    get state() {
      return core?.state ?? 'offline';
    },
  });
  /** This core is asked from now on; the page's listeners and entries stay. @param {IM} next */
  const use = (next) => {
    core = next;
    widget = null;
    listeners.use(next);
    for (const entries of menus) next.addMenu(entries);
  };
  /** @param {Widget} made */
  const attach = (made) => {
    widget = made;
    for (const run of waiting.splice(0)) withWidget(run);
  };
  return { api, use, attach };
}
