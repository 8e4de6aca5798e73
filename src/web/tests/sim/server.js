// A site and a message server behind a network that loses things, for tests under node.
//
// Owns: the rows the site keeps, the sessions with their numbered packets, and what gets lost on the way.
// Must not: share code with what is tested.

import { stream } from './stream.js';

const UNPOLLED_MS = 8_000;
const IDLE_MS = 75_000;
const LINGER_MS = 8_000;
const HOLD_MS = 25_000;
const ROWS = 30;
const REPEATED = 20; // rows before the last one seen

export class Server {
  rows = [];
  rooms = new Map(); // id to members
  friends = new Map(); // user to users
  sessions = new Map();
  mailboxes = new Map(); // user to what waits while the user lingers
  loss = 0; // how many answers and calls are lost
  calls = []; // every call: {name, params, tab}
  answers = {}; // name to an answer of the test's own
  extra = {}; // more of the answer to `online`
  connection = {}; // more of its `connection`
  present = new Set(); // users who are online elsewhere, of whom no packets tell
  rowsAtOnce = Infinity; // handed over in one answer
  holdsBack = false; // something on the way holds streams back until their end
  passes = Infinity; // or after so many events
  noStreams = false; // or cannot pass them on
  expiresMs = Infinity; // of a session, because the log-in at the site is to be checked again
  #ids = 100;
  #tickets = 0;

  constructor(clock, random) {
    Object.assign(this, { clock, random });
  }

  // ---- The network ----

  request(tab, url, { signal, ...init }) {
    const { pathname, searchParams } = new URL(url, 'http://site');
    const params = Object.fromEntries([...searchParams, ...new URLSearchParams(String(init.body ?? ''))]);
    const name = pathname.split('/').pop();
    const call = { name, params, tab, method: init.method ?? 'GET', init };
    return new Promise((resolve, reject) => {
      let over = false;
      const fail = (why) => {
        if (over) return;
        over = true;
        signal?.removeEventListener('abort', abort);
        call.cut?.();
        if (tab.alive) reject(new Error(why));
      };
      call.fail = fail;
      tab.open = (tab.open ?? new Set()).add(call);
      const abort = () => fail('aborted');
      signal?.addEventListener('abort', abort);
      if (!tab.online) return void this.clock.after(1, () => fail('offline'));
      const answer = (status, data, retryAfter = null) => {
        if (this.random() < this.loss) return void this.clock.after(5, () => fail('lost answer'));
        this.clock.after(1 + this.random() * 20, () => {
          if (over) return;
          over = true;
          signal?.removeEventListener('abort', abort);
          tab.open.delete(call);
          if (tab.alive) resolve({ status, body: typeof data === 'string' ? data : JSON.stringify(data), retryAfter });
        });
      };
      if (this.random() < this.loss) return void this.clock.after(5, () => fail('lost call'));
      this.clock.after(1 + this.random() * 20, () => (init.keepalive || !over) && this.serve(call, answer, () => over));
    });
  }

  async jsonp(tab, url, signal) {
    const { status, body } = await this.request(tab, url, { signal });
    if (status !== 200 && url.includes('/packets')) throw new Error('no script');
    return { ...JSON.parse(body), ...(status !== 200 && { status }) };
  }

  stream(tab, url, hear) {
    return stream(this, tab, url, hear);
  }

  beacon(tab, url, params) {
    const call = { name: url.split('/').pop(), params: Object.fromEntries(params), tab, method: 'POST', beacon: true };
    const lost = this.random() < this.loss;
    if (!lost)
      this.clock.after(1 + this.random() * 20, () =>
        this.serve(
          call,
          () => {},
          () => false,
        ),
      );
  }

  cut(tab) {
    for (const call of tab.open ?? []) this.clock.after(2, () => call.fail('tab gone'));
  }

  serve(call, answer, isOver) {
    this.calls.push(call);
    if (this.down) return this.down(call, answer);
    const own = this.answers[call.name];
    if (own !== undefined) {
      const given = typeof own === 'function' ? own(call) : own;
      if (given) return answer(given.status ?? 200, given.data, given.retryAfter);
    }
    if (call.name === 'packets') return this.packets(call, answer, isOver);
    if (call.name === 'ack') return this.ack(call, answer);
    const user = call.tab.browser.jar.user;
    if (!user) return answer(401, { success: false, error_msg: 'Not Authorized' });
    return answer(200, this[`site_${call.name}`]?.(user, call.params, call) ?? 'ok');
  }

  // ---- The site ----

  site_online(user, params) {
    const since = Number(params.since || 0);
    const mine = (row) => row.to === user || (since && row.from === user);
    const waits = (row) => row.type === 'unicast' && row.to === user && !row.delivered;
    const isMine = (row) => mine(row) || row.type === 'broadcast' || this.inRoom(user, row);
    const { rows: later, more } = this.page(
      this.rows.filter((row) => (since ? row.id > since && isMine(row) : waits(row))),
    );
    const repeated = this.rows.filter((row) => since && row.id <= since && isMine(row)).slice(-REPEATED);
    const fresh = [
      ...new Set([...this.rows.filter((row) => row.id <= since && waits(row)), ...repeated, ...later]),
    ].sort((a, b) => a.id - b.id);
    const news = new Set(fresh.filter((row) => row.from !== user && (waits(row) || row.id > since)));
    const given = (ids) => (ids ? ids.split(',') : []);
    const open = given(params.buddy_ids);
    const ids = new Set([
      ...(this.friends.get(user) ?? []),
      ...open,
      ...given(params.stranger_ids),
      ...fresh.filter((row) => row.type === 'unicast' && row.from !== user).map((row) => row.from),
    ]);
    const embed = new Set([...open, ...fresh.map((row) => row.from)]);
    const ticket = this.begin(user);
    for (const row of fresh) row.delivered = true;
    const rooms = {};
    for (const [id, members] of this.rooms) {
      if (!members.includes(user)) continue;
      rooms[id] = { id, nick: id, count: members.length, all_count: members.length };
      const isLocked = this.extra.setting?.blocked_rooms?.includes(id);
      if (!isLocked && given(params.room_ids).includes(id)) rooms[id].history = this.history(user, 'multicast', id);
    }
    return {
      success: true,
      server_time: this.clock.now + 5_000_000,
      user: { id: user, nick: user.toUpperCase(), show: params.show || 'available', status: params.status || '' },
      connection: { ticket, domain: 'test', server: 'http://im/packets', ...this.connection },
      buddies: [...ids].map((id) => ({
        ...this.buddy(user, id),
        ...(embed.has(id) && { history: this.history(user, 'unicast', id) }),
      })),
      rooms,
      new_messages: fresh.map((row) => ({ ...this.listed(row), ...(news.has(row) && { new: true }) })),
      more,
      ...this.extra,
    };
  }

  /** The first of these rows and, if there are more, the id of the last one. */
  page(rows) {
    const first = rows.slice(0, this.rowsAtOnce);
    return { rows: first, more: first.length < rows.length ? String(first.at(-1).id) : undefined };
  }

  site_missed(user, { since }) {
    const { rows, more } = this.page(
      this.rows.filter((row) => row.id > since && (row.to === user || row.from === user || this.inRoom(user, row))),
    );
    for (const row of rows) row.delivered = true;
    return {
      new_messages: rows.map((row) => ({ ...this.listed(row), ...(row.from !== user && { new: true }) })),
      more,
    };
  }

  buddy(user, id) {
    const online = this.present.has(id) || [...this.sessions.values()].some((session) => session.user === id);
    const group = this.friends.get(user)?.includes(id) ? 'friend' : 'stranger';
    return {
      id,
      nick: id.toUpperCase(),
      presence: online ? 'online' : 'offline',
      show: online ? 'available' : 'unavailable',
      group,
    };
  }

  inRoom(user, row) {
    return row.type === 'multicast' && (this.rooms.get(row.to) ?? []).includes(user);
  }

  site_buddies(user, { ids, stranger_ids }) {
    return [ids, stranger_ids].flatMap((list) => (list ? list.split(',') : [])).map((id) => this.buddy(user, id));
  }

  site_history(user, { type, id, before }) {
    return this.history(user, type, id, before);
  }

  site_notifications() {
    return [];
  }

  site_members(user, { id }) {
    return (this.rooms.get(id) ?? []).map((it) => ({ id: it, nick: it }));
  }

  site_message(user, { to, type, body, cid, style }) {
    const there = this.rows.find((row) => row.cid && row.cid === cid);
    const row = there ?? this.say(user, to, body, { type, cid, style, except: true });
    return { status: 'ok', id: String(row.id), timestamp: row.timestamp };
  }

  site_refresh(user, { ticket }) {
    this.end(ticket);
  }

  site_offline(user, { ticket }) {
    this.end(ticket);
  }

  history(user, type, id, before) {
    const among = (row) =>
      row.type === type &&
      (type === 'multicast'
        ? row.to === id
        : (row.from === id && row.to === user) || (row.from === user && row.to === id));
    return this.rows
      .filter((row) => among(row) && (!before || row.timestamp < Number(before)))
      .slice(-ROWS)
      .map((row) => this.listed(row));
  }

  item({ id, from, to, type, body, timestamp, style = '', more }) {
    return { id: String(id), from, nick: from.toUpperCase(), to, type, body, timestamp, style, ...more };
  }

  /** As the site tells it, which knows under which name it was sent. */
  listed(row) {
    return { ...this.item(row), cid: row.cid };
  }

  /** Somebody says something: stored first, then pushed. */
  say(from, to, body, { type = 'unicast', cid, style, more } = {}) {
    const row = {
      id: (this.#ids += 1),
      from,
      to,
      type,
      body,
      cid,
      style,
      more, // members of the line
      timestamp: this.clock.now + 5_000_000,
      delivered: false,
    };
    this.rows.push(row);
    const users = type === 'unicast' ? [to] : (this.rooms.get(to) ?? []).filter((it) => it !== from);
    for (const user of users)
      row.delivered = this.push(user, { list: 'messages', item: this.item(row), row }) || row.delivered;
    return row;
  }

  /** Something happens to lines after they were said. */
  signal(from, to, name, data, user = to) {
    this.push(user, { list: 'signals', item: { from, to, name, data } });
  }

  // ---- The message server ----

  begin(user) {
    const ticket = `t${(this.#tickets += 1)}`;
    const session = {
      ticket,
      user,
      issued: 0,
      acked: 0,
      answered: 0,
      queue: [],
      parked: null,
      alarm: null,
      began: this.#tickets,
    };
    this.sessions.set(ticket, session);
    this.expire(session, UNPOLLED_MS);
    if (this.expiresMs < Infinity) this.clock.after(this.expiresMs, () => this.end(ticket, 'renew'));
    const box = this.mailboxes.get(user);
    this.mailboxes.delete(user);
    for (const packet of box?.packets ?? []) this.queue(session, packet);
    box?.off();
    return ticket;
  }

  expire(session, ms) {
    session.alarm?.();
    session.alarm = this.clock.after(ms, () => this.end(session.ticket));
  }

  end(ticket, reason = 'offline') {
    const session = this.sessions.get(ticket);
    if (!session) return;
    this.sessions.delete(ticket);
    session.alarm?.();
    session.parked?.({ status: 'stopped', reason, messages: [], presences: [], statuses: [], seq: session.issued });
    const left = session.queue.map((it) => it.packet).filter((it) => it.list === 'messages');
    const others = [...this.sessions.values()]
      .filter((it) => it.user === session.user)
      .sort((a, b) => b.began - a.began);
    if (others[0]) for (const packet of left) this.queue(others[0], packet);
    else {
      const drop = () => {
        const { packets } = this.mailboxes.get(session.user) ?? { packets: [] };
        this.mailboxes.delete(session.user);
        for (const { row } of packets) if (row) row.delivered = false; // the undelivered call
      };
      this.mailboxes.set(session.user, { packets: left, off: this.clock.after(LINGER_MS, drop) });
    }
  }

  restart() {
    for (const session of this.sessions.values()) session.alarm?.();
    for (const session of this.sessions.values()) session.parked = null;
    for (const box of this.mailboxes.values()) box.off();
    this.sessions.clear();
    this.mailboxes.clear();
  }

  push(user, packet) {
    const sessions = [...this.sessions.values()].filter((session) => session.user === user);
    for (const session of sessions) this.queue(session, packet);
    const box = this.mailboxes.get(user);
    if (sessions.length === 0 && box) box.packets.push(packet);
    return sessions.length > 0 || !!box;
  }

  queue(session, packet) {
    session.queue.push({ n: (session.issued += 1), packet });
    session.parked?.(this.take(session));
  }

  take(session, after = 0) {
    const lists = { messages: [], presences: [], statuses: [] };
    for (const { n, packet } of session.queue) if (n > after) (lists[packet.list] ??= []).push(packet.item);
    session.answered = session.issued;
    return { status: 'ok', ...lists, seq: session.issued };
  }

  /** The session that is named, which is heard of; otherwise the status that refuses it. */
  heard({ ticket, seq }) {
    const session = this.sessions.get(ticket);
    if (!session) return 404;
    if (Number(seq) > session.issued) return 400;
    session.queue = session.queue.filter((it) => it.n > Number(seq));
    session.alarm?.();
    return session;
  }

  ack({ params }, answer) {
    const session = this.heard(params);
    if (typeof session === 'number') return answer(session, 'refused');
    this.expire(session, session.parked ? IDLE_MS : UNPOLLED_MS);
    return answer(200, 'ok');
  }

  /** A poll or a stream parks in place of the one before it; answers what happens if it is cut. */
  park(session, parked) {
    session.parked?.({
      status: 'stopped',
      reason: 'replaced',
      messages: [],
      presences: [],
      statuses: [],
      seq: session.issued,
    });
    session.parked = parked;
    return () => {
      if (session.parked !== parked) return;
      session.parked = null;
      if (this.sessions.has(session.ticket)) this.expire(session, UNPOLLED_MS);
    };
  }

  packets({ params, ...rest }, answer, isOver) {
    const session = this.heard(params);
    if (typeof session === 'number') return answer(session, 'refused');
    const reply = (data) => {
      if (session.parked !== reply) return;
      session.parked = null;
      off();
      if (this.sessions.has(session.ticket)) this.expire(session, IDLE_MS);
      answer(200, data);
    };
    const off = this.clock.after(HOLD_MS, () => reply(this.take(session)));
    const cut = this.park(session, reply);
    const call = [...(rest.tab.open ?? [])].find((it) => it.params === params);
    if (call) call.cut = () => cut(off());
    if (isOver()) return cut(off());
    if (session.queue.length > 0) reply(this.take(session));
    return undefined;
  }

  /** Answers what happens if the stream is cut; nothing if it is refused. */
  attach(params, hear) {
    const session = this.heard(params);
    if (typeof session === 'number') return undefined;
    this.expire(session, IDLE_MS);
    let sent = 0; // each packet once
    let off = () => {};
    const send = (data) => {
      if (session.parked !== send) return;
      off();
      if (data.status === 'ok') {
        off = this.clock.after(HOLD_MS, () => send(this.take(session, sent)));
        hear(this.take(session, sent));
        sent = session.issued;
      } else hear(data);
    };
    const cut = this.park(session, send);
    send({ status: 'ok' });
    return () => cut(off());
  }
}
