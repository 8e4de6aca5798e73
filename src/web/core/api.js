// What scripts of the page may use: the global `NextIM`.
//
// Owns: the small surface that is promised to sites.
// Must not: give them the core itself, which may change.

/** @typedef {import('./types.js').IM} IM */

/** What the bar shows to the page. @typedef {{toggle: () => void, open: (key: string) => void}} Widget */

/** Gives the api what it speaks for: the core, and the bar when it is there. @typedef {(im: IM, widget?: Widget) => void} Attach */

/** Runs at once if it can, or as soon as it can; in the order it was asked for. */
function createGate() {
  /** @type {(() => void)[]} */
  const waiting = [];
  let isOpen = false;
  return {
    /** @param {() => void} run */
    pass: (run) => void (isOpen ? run() : waiting.push(run)),
    open() {
      isOpen = true;
      for (const run of waiting.splice(0)) run();
    },
  };
}

/** The page may call at once; what needs the core or the bar waits until it is there. */
export function publicApi() {
  /** @type {IM | undefined} */
  let core;
  /** @type {Widget | undefined} */
  let bar;
  const [atCore, atBar] = [createGate(), createGate()];
  /** @param {(im: IM) => void} run */
  const withCore = (run) => atCore.pass(() => run(/** @type {IM} */ (core)));
  /** @param {(widget: Widget, im: IM) => void} run */
  const withBar = (run) => atBar.pass(() => run(/** @type {Widget} */ (bar), /** @type {IM} */ (core)));
  const api = Object.freeze({
    /** Opens a chat with a user. @param {string | number} id */
    open: (id) => withBar((it) => it.open(`u/${id}`)),
    /** Opens a room's chat. @param {string | number} id */
    openRoom: (id) => withBar((it) => it.open(`r/${id}`)),
    /** Shows the bar, or takes it away. */
    toggle: () => withBar((it) => it.toggle()),
    /** Says something to a user. @param {string | number} id @param {string} body */
    send: (id, body) => withBar((_, im) => im.send(`u/${id}`, body)),
    online: () => withBar((_, im) => im.goOnline()),
    offline: () => withBar((_, im) => im.goOffline()),
    /** @param {string} show @param {string} [status] */
    presence: (show, status) => withBar((_, im) => im.setPresence(show, status)),
    /** The page's own entries, after the site's. @param {import('./types.js').MenuEntry[]} entries */
    menu: (entries) => withCore((im) => im.addMenu(entries)),
    /** @param {string} event @param {(detail: any) => void} listener */
    on(event, listener) {
      let off = () => {};
      let isWanted = true;
      withCore((im) => {
        if (isWanted) off = im.on(event, (detail) => listener(event === 'ready' ? api : detail));
      });
      return () => {
        isWanted = false;
        off();
      };
    },
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
  /** @type {Attach} */
  const attach = (im, widget) => {
    core = im;
    atCore.open();
    if (!widget) return;
    bar = widget;
    atBar.open();
  };
  return { api, attach };
}
