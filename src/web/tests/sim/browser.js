// A browser with tabs, for tests under node.
//
// Owns: storage with its events, the channel between tabs, locks, pages that hide and come back.
// Must not: know what the tabs do.

import { createActs } from '../../core/acts.js';
import { createIM } from '../../core/im.js';
import { createReport } from '../../core/page.js';
import { createStrangers } from '../../core/strangers.js';

class Area {
  map = new Map();
  broken = false;
  onwrite = () => {};
  get length() {
    return this.map.size;
  }
  key(at) {
    return [...this.map.keys()][at] ?? null;
  }
  getItem(key) {
    return this.map.get(key) ?? null;
  }
  setItem(key, value) {
    if (this.broken) throw new Error('quota');
    this.map.set(key, String(value));
    this.onwrite(key, String(value));
  }
  removeItem(key) {
    if (this.map.delete(key)) this.onwrite(key, null);
  }
}

/** Locks that queue, and pass on when their holder is gone. */
class Locks {
  queue = [];
  request(name, { signal }, run) {
    return new Promise((resolve, reject) => {
      const entry = { run, resolve, tab: this.asking };
      this.queue.push(entry);
      signal.addEventListener('abort', () => {
        if (this.queue[0] === entry) return;
        this.queue = this.queue.filter((it) => it !== entry);
        reject(new Error('aborted'));
      });
      setImmediate(() => this.turn());
    });
  }
  turn() {
    const entry = this.queue[0];
    if (!entry || entry.granted) return;
    entry.granted = true;
    Promise.resolve(entry.run()).then(() => {
      this.queue = this.queue.filter((it) => it !== entry);
      entry.resolve();
      this.turn();
    });
  }
  forget(tab) {
    this.queue = this.queue.filter((it) => it.tab !== tab);
    this.turn();
  }
}

export class Browser {
  local = new Area();
  locks = new Locks();
  tabs = [];
  jar = { user: null }; // the site's cookie

  constructor(clock, random, net, { withLocks = true, withLocal = true, withStreams = false } = {}) {
    Object.assign(this, { clock, random, net, withLocks, withLocal, withStreams });
  }

  /** Opens a page; `session` is what an earlier page of the same tab left. */
  open(options = {}, session = new Area()) {
    const tab = new Tab(this, session, options);
    this.tabs.push(tab);
    return tab;
  }

  get live() {
    return this.tabs.filter((tab) => tab.alive);
  }
}

export class Tab {
  alive = true;
  visible = true;
  focused = false;
  online = true;
  listeners = new Map();
  wires = new Set();
  said = []; // every event the page heard
  isMute = false; // what it tells is lost
  isWireBroken = false; // what it tells is refused
  lag = 0; // ms by which it hears the other tabs later

  constructor(browser, session, { start = true, isEquipped = true, ...options }) {
    this.browser = browser;
    this.session = session;
    this.im = createIM({ site: '/webim', ...options }, this.env());
    if (isEquipped) this.equip();
    for (const event of [
      'message',
      'online',
      'offline',
      'notice',
      'unread',
      'error',
      'ready',
      'missing',
      'change',
      'status',
      'signal',
      'presence',
    ]) {
      this.im.on(event, (detail) =>
        this.said.push({ event, detail: event === 'ready' ? null : structuredClone(detail) }),
      );
    }
    if (start) this.im.start();
  }

  /** The parts that a bar loads when they are needed. */
  equip() {
    this.acts = this.im.equip(createActs);
    this.strangers = this.im.equip(createStrangers);
  }

  env() {
    const { clock, random, net, locks } = this.browser;
    const tab = this;
    return {
      now: () => clock.now,
      random,
      after: (ms, run) => clock.after(ms, () => this.alive && !this.frozen && run()),
      request: (url, init) => net.request(this, url, init),
      jsonp: (url, signal) => net.jsonp(this, url, signal),
      hasStreams: this.browser.withStreams,
      stream: (url, hear) => net.stream(this, url, hear),
      beacon: (url, params) => net.beacon(this, url, params),
      local: this.browser.withLocal ? this.area(this.browser.local) : null,
      session: this.session,
      locks: this.browser.withLocks
        ? {
            request(...args) {
              locks.asking = tab;
              return locks.request(...args);
            },
          }
        : null,
      channel: (name, hear) => this.channel(hear),
      listen: (event, run) => {
        const set = this.listeners.get(event) ?? new Set();
        this.listeners.set(event, set.add(run));
        return () => set.delete(run);
      },
      isVisible: () => this.visible,
      isFocused: () => this.focused,
      hasNetwork: () => this.online,
      report: createReport(),
    };
  }

  /** The shared storage as this tab writes it: the other tabs hear of it. */
  area(shared) {
    const { clock, tabs } = this.browser;
    const tell = (key, newValue) => {
      for (const tab of tabs)
        if (tab !== this && tab.alive) clock.after(1, () => tab.fire('storage', { key, newValue }));
    };
    return {
      get length() {
        return shared.length;
      },
      key: (at) => shared.key(at),
      getItem: (key) => shared.getItem(key),
      setItem(key, value) {
        shared.setItem(key, value);
        tell(key, value);
      },
      removeItem(key) {
        if (shared.getItem(key) === null) return;
        shared.removeItem(key);
        tell(key, null);
      },
    };
  }

  /** What is posted arrives in order, later, and not at the sender. */
  channel(hear) {
    const wire = { hear, last: 0 };
    this.wires.add(wire);
    const { clock, random } = this.browser;
    return {
      post: (data) => {
        if (this.isWireBroken) throw new Error('no channel');
        if (this.isMute) return;
        const copy = structuredClone(data);
        for (const tab of this.browser.live) {
          if (tab === this) continue;
          for (const other of tab.wires) {
            this.lastPost = Math.max(this.lastPost ?? 0, clock.now + random() * 5 + (tab.lag ?? 0));
            clock.after(
              this.lastPost - clock.now,
              () => tab.alive && tab.wires.has(other) && other.hear(structuredClone(copy)),
            );
          }
        }
      },
      close: () => this.wires.delete(wire),
    };
  }

  fire(event, detail = {}) {
    if (!this.alive) return;
    for (const run of [...(this.listeners.get(event) ?? [])]) run(detail);
  }

  look(focused, visible = true) {
    Object.assign(this, { focused, visible });
    this.fire('visibilitychange');
    this.fire(focused ? 'focus' : 'blur');
  }

  /** The user goes away; answers what the next page of this tab begins with. */
  close() {
    this.fire('pagehide', { persisted: false });
    this.crash();
    return this.session;
  }

  crash() {
    this.alive = false;
    this.browser.locks.forget(this);
    this.browser.net.cut(this);
  }

  told(event) {
    return this.said.filter((it) => it.event === event).map((it) => it.detail);
  }
}
